/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/builder.h"
#include "src/dnn/dnnl.h"
#include "src/dnn/emit.h"

/* Private to src/dnn: steps that execute a oneDNN primitive. */

/* An attr with a user scratchpad and nothing else. */
dnnl_primitive_attr_t latent_attr_new (void);

/* Makes the primitive of a descriptor; arguments are added then. NULL: error is set. */
LatentStep *latent_primitive_step_new (
    const LatentNode *node, const_dnnl_primitive_desc_t pd, GError **error);

/* What the roof of a step is measured with: its primitive without what is fused into it. Takes the
 * descriptor. */
void latent_primitive_step_set_bare (LatentStep *self, dnnl_primitive_desc_t bare);
const_dnnl_primitive_desc_t latent_primitive_step_get_bare (const LatentStep *self); /* or NULL */

/* Takes the operand, whose layout must be the one that the descriptor has for the argument. Returns
 * its index. */
guint latent_primitive_step_add (
    LatentStep *self, int argument, LatentOperand operand, LatentAccess access);

/* The layout that a descriptor has for an argument, as in (pd, dnnl_query_src_md, 0). */
LatentLayout *latent_pd_get_layout (const_dnnl_primitive_desc_t pd, dnnl_query_t what, int index);
const char *latent_pd_get_kernel (const_dnnl_primitive_desc_t pd);

/* What a product multiplies, and what it makes of the sums, which are float32, or of 8-bit integers
 * int32; biases are float32. */
typedef struct {
  LatentDataType src;
  LatentDataType weights;
  LatentDataType dst;
} LatentProductTypes;

extern const LatentProductTypes latent_product_floats;
LatentProductTypes latent_product_get_types (const LatentNode *node);
/* latent_pd_is_worth_fusing(), and no reference implementation for other types than float32. */
gboolean latent_pd_is_worth_its_types (
    const_dnnl_primitive_desc_t pd, const LatentNode *node, const LatentProductTypes *types);

/* FALSE where something is fused into the node and nothing but a reference implementation, which is
 * slower than one primitive after the other, can do it all. */
gboolean latent_pd_is_worth_fusing (const_dnnl_primitive_desc_t pd, const LatentNode *node);

/* Reads `value` in the layout that the descriptor has for `what`. */
gboolean latent_primitive_step_read (LatentStep *self, LatentBuilder *builder,
    const_dnnl_primitive_desc_t pd, int argument, dnnl_query_t what, int index,
    const LatentValue *value, GError **error);
/* Defines `value` in the layout that the descriptor has for its destination. */
guint latent_primitive_step_write (LatentStep *self, LatentBuilder *builder,
    const_dnnl_primitive_desc_t pd, int argument, dnnl_query_t what, int index,
    const LatentValue *value);

/* Copies between any two layouts of one shape. Takes the operands. */
LatentStep *latent_reorder_step_new (
    const LatentNode *node, LatentOperand src, LatentOperand dst, GError **error);
gboolean latent_reorder_now (LatentLayout *src_layout, gconstpointer src, LatentLayout *dst_layout,
    gpointer dst, GError **error);

/* FALSE for a window that oneDNN has not. */
gboolean latent_dnnl_set_window (LatentDnnlWindow *to, const LatentStencil *from);
