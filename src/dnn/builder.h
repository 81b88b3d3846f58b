/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/schedule.h"

/* A program under construction: an operator's emit() appends steps to it. The builder knows where
 * each value lies in memory, in one layout or in several, and adds a reorder where a step wants
 * another one. */
typedef struct _LatentBuilder LatentBuilder;

typedef enum {
  LATENT_EMIT_FAILED, /* error is set */
  LATENT_EMIT_DONE,
  LATENT_EMIT_FALLBACK, /* oneDNN has nothing for this case: plain loops */
} LatentEmit;

LatentBuilder *latent_builder_new (void);
void latent_builder_free (LatentBuilder *self);
LatentSchedule *latent_builder_finish (LatentBuilder *self);

/* An input of the program: its layout is settled by the first step that reads it. */
void latent_builder_add_input (LatentBuilder *self, const LatentValue *value);

/* Where `value` can be read in `layout` (NULL: in whatever layout it has). `layout` may have
 * another shape of as many elements in the same row-major order. A reorder is added once per value
 * and layout; constants are reordered here and now. */
gboolean latent_builder_get (LatentBuilder *self, const LatentValue *value, LatentLayout *layout,
    LatentOperand *operand, GError **error);
gboolean latent_builder_get_row_major (
    LatentBuilder *self, const LatentValue *value, LatentOperand *operand, GError **error);
/* The row-major elements of `value` seen through `view`, as in transposed, and from there in
 * `layout` (NULL: as `view` has them). */
gboolean latent_builder_get_view (LatentBuilder *self, const LatentValue *value, LatentLayout *view,
    LatentLayout *layout, LatentOperand *operand, GError **error);
/* A constant seen through `view`, in `layout`; it becomes no value's home. */
gboolean latent_builder_get_tensor (LatentBuilder *self, LatentTensor *tensor, LatentLayout *view,
    LatentLayout *layout, LatentOperand *operand, GError **error);
/* As it is where it has its value's shape and no gaps between elements, else row-major. */
gboolean latent_builder_get_compact (
    LatentBuilder *self, const LatentValue *value, LatentOperand *operand, GError **error);
/* With plain strides of any kind; channels-last where its layout is oneDNN's own. */
gboolean latent_builder_get_strided (
    LatentBuilder *self, const LatentValue *value, LatentOperand *operand, GError **error);
/* The same with elements of `type`, which a float32 may be kept as. */
gboolean latent_builder_get_compact_as (LatentBuilder *self, const LatentValue *value,
    LatentDataType type, LatentOperand *operand, GError **error);
gboolean latent_builder_get_strided_as (LatentBuilder *self, const LatentValue *value,
    LatentDataType type, LatentOperand *operand, GError **error);
/* What the value's elements are where it lies. */
LatentDataType latent_builder_get_type (LatentBuilder *self, const LatentValue *value);
/* Whether a value's data stays what it is, so that it can be reordered once for all runs. Where a
 * value with data is marked as a parameter, its tensor may be written to between runs. */
gboolean latent_value_is_constant (const LatentValue *value);
/* Whether `value` is an input of which no step has settled the layout. */
gboolean latent_builder_is_open (LatentBuilder *self, const LatentValue *value);
/* The layout that get() with NULL would give. */
const LatentLayout *latent_builder_get_layout (LatentBuilder *self, const LatentValue *value);

/* A new buffer for a value that the step under construction writes. */
LatentOperand latent_builder_define (
    LatentBuilder *self, const LatentValue *value, LatentLayout *layout);
LatentOperand latent_builder_define_row_major (LatentBuilder *self, const LatentValue *value);
/* A new buffer that is no value's: what one step hands on to the next. */
LatentOperand latent_builder_new_operand (LatentBuilder *self, LatentLayout *layout);
/* Adds the step that brings `src` into row-major order, as `value`: its row-major elements seen
 * through `view` are those of `src`. */
gboolean latent_builder_define_view (LatentBuilder *self, const LatentValue *value,
    LatentLayout *view, const LatentOperand *src, GError **error);
/* Adds the steps that copy `src` into new memory of another layout. */
gboolean latent_builder_reorder (LatentBuilder *self, const LatentOperand *src,
    LatentLayout *layout, LatentOperand *dst, GError **error);
/* `value` lies at `operand`, in memory that another value has too: no step is needed. Takes the
 * operand. */
void latent_builder_alias (LatentBuilder *self, const LatentValue *value, LatentOperand operand);

/* Takes the step. */
void latent_builder_add_step (LatentBuilder *self, LatentStep *step);

/* All steps of a node were added; the last is the one that does its multiply-adds. */
void latent_builder_end_node (LatentBuilder *self, const LatentNode *node, guint64 macs);
/* Whether nobody but `node`, whose steps are being added, will read what is in the memory of
 * `operand`, so that it may be overwritten. */
gboolean latent_builder_dies (
    LatentBuilder *self, const LatentOperand *operand, const LatentNode *node);

/* Where an output of the program can be read once it ran: strided, in memory of its own kind (see
 * LatentBuffer.kept), never that of a persistent buffer. */
gboolean latent_builder_get_output (
    LatentBuilder *self, const LatentValue *value, LatentOperand *operand, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentBuilder, latent_builder_free)
