/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/builder.h"
#include "src/dnn/dnnl.h"

/* Private to src/dnn: steps that execute a oneDNN primitive. */

/* An attr with a user scratchpad and nothing else. */
dnnl_primitive_attr_t latent_attr_new (void);

/* Makes the primitive of a descriptor; arguments are added then. NULL: error is set. */
LatentStep *latent_primitive_step_new (
    const LatentNode *node, dnnl_primitive_desc_t pd, GError **error);

/* Takes the operand, whose layout must be the one that the descriptor has for the argument. Returns
 * its index. */
guint latent_primitive_step_add (
    LatentStep *self, int argument, LatentOperand operand, LatentAccess access);

/* The layout that a descriptor has for an argument, as in (pd, dnnl_query_src_md, 0). */
LatentLayout *latent_pd_get_layout (const_dnnl_primitive_desc_t pd, dnnl_query_t what, int index);
const char *latent_pd_get_kernel (const_dnnl_primitive_desc_t pd);

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
