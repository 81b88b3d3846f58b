/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/op.h"

/* What the families share. Each family's file ends in its rows, an array that ends with an empty
 * one; table.c lists the families. */

#define LATENT_TYPES_INT                                                                           \
  (LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT8) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT16) |            \
      LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT32) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT64))
#define LATENT_TYPES_UINT                                                                          \
  (LATENT_TYPE_BIT (LATENT_DATA_TYPE_UINT8) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_UINT16) |          \
      LATENT_TYPE_BIT (LATENT_DATA_TYPE_UINT32) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_UINT64))
#define LATENT_TYPES_REAL                                                                          \
  (LATENT_TYPE_BIT (LATENT_DATA_TYPE_FLOAT16) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_BFLOAT16) |      \
      LATENT_TYPE_BIT (LATENT_DATA_TYPE_FLOAT32) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_FLOAT64))
#define LATENT_TYPES_F32  LATENT_TYPE_BIT (LATENT_DATA_TYPE_FLOAT32)
#define LATENT_TYPES_BOOL LATENT_TYPE_BIT (LATENT_DATA_TYPE_BOOL)
#define LATENT_TYPES_INDEX                                                                         \
  (LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT32) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_INT64))
#define LATENT_TYPES_INTEGER (LATENT_TYPES_INT | LATENT_TYPES_UINT)
#define LATENT_TYPES_NUMERIC (LATENT_TYPES_INTEGER | LATENT_TYPES_REAL)
#define LATENT_TYPES_ALL     (LATENT_TYPES_NUMERIC | LATENT_TYPES_BOOL)

extern const LatentOp latent_ops_arithmetic[];
extern const LatentOp latent_ops_batch_norm[];
extern const LatentOp latent_ops_batch_norm_gradient[];
extern const LatentOp latent_ops_binary_gradient[];
extern const LatentOp latent_ops_cast[];
extern const LatentOp latent_ops_constant[];
extern const LatentOp latent_ops_conv[];
extern const LatentOp latent_ops_conv_gradient[];
extern const LatentOp latent_ops_conv_transpose[];
extern const LatentOp latent_ops_einsum[];
extern const LatentOp latent_ops_gather[];
extern const LatentOp latent_ops_integer[];
extern const LatentOp latent_ops_layout[];
extern const LatentOp latent_ops_loss_class[];
extern const LatentOp latent_ops_loss_element[];
extern const LatentOp latent_ops_loss_latent[];
extern const LatentOp latent_ops_loss_rate[];
extern const LatentOp latent_ops_loss_spectrum[];
extern const LatentOp latent_ops_loss_sum[];
extern const LatentOp latent_ops_lrn[];
extern const LatentOp latent_ops_matmul[];
extern const LatentOp latent_ops_normalize[];
extern const LatentOp latent_ops_normalize_gradient[];
extern const LatentOp latent_ops_overlap[];
extern const LatentOp latent_ops_pad[];
extern const LatentOp latent_ops_pool[];
extern const LatentOp latent_ops_pool_gradient[];
extern const LatentOp latent_ops_quantize[];
extern const LatentOp latent_ops_quantize_gradient[];
extern const LatentOp latent_ops_recurrent[];
extern const LatentOp latent_ops_reduce[];
extern const LatentOp latent_ops_resample_gradient[];
extern const LatentOp latent_ops_reshape[];
extern const LatentOp latent_ops_resize[];
extern const LatentOp latent_ops_resize_gradient[];
extern const LatentOp latent_ops_scan[];
extern const LatentOp latent_ops_scatter[];
extern const LatentOp latent_ops_slice[];
extern const LatentOp latent_ops_softmax[];
extern const LatentOp latent_ops_softmax_gradient[];
extern const LatentOp latent_ops_unary[];
extern const LatentOp latent_ops_unary_gradient[];
extern const LatentOp latent_ops_variadic[];

/* The rows of a name, in the order of opsets. */
const LatentOp *const *latent_op_get_rows (const char *name, const char *domain, guint *n);

/* Rules that many rows have. */
gboolean latent_infer_same (const LatentNode *node, GError **error); /* output 0 is as input 0 */

/* Sets type and shape of output i; nothing where the node leaves it out. FALSE where a size is
 * negative or the tensor exceeds LATENT_LIMIT_TENSOR_BYTES, so that no product of dimensions that
 * infer() let pass overflows. */
gboolean latent_op_set_output (
    const LatentNode *node, guint i, LatentDataType type, const LatentShape *shape, GError **error);

/* Type and shape of input i, which is there: min_inputs of the row, or checked before. */
LatentDataType latent_op_get_type (const LatentNode *node, guint i);
const LatentShape *latent_op_get_shape (const LatentNode *node, guint i);

/* Whether input i's type is in the mask; `what` names the input in the message. */
gboolean latent_op_check_type (
    const LatentNode *node, guint i, const char *what, guint32 types, GError **error);
/* Whether input i's type is that of input 0. */
gboolean latent_op_check_same_type (const LatentNode *node, guint i, GError **error);
gboolean latent_op_check_rank (
    const LatentNode *node, guint i, const char *what, guint min, guint max, GError **error);
/* Whether input i has input 0's type and the shape `wanted`. */
gboolean latent_op_check_shape (
    const LatentNode *node, guint i, const char *what, const LatentShape *wanted, GError **error);
/* Whether input i (or, below, attribute) is there at all. */
gboolean latent_op_check_input (const LatentNode *node, guint i, const char *what, GError **error);
gboolean latent_op_check_attribute (const LatentNode *node, const char *name, GError **error);

/* Attribute `name` as an axis of a tensor of `rank` dimensions: in [0, rank). */
gboolean latent_op_get_axis (const LatentNode *node, const char *name, gint64 fallback, guint rank,
    guint *axis, GError **error);

/* The elements of input i, which decides a shape and so must be a constant. `max` entries fit in
 * values; more are an error. FALSE names the value that must be bound where it is no constant. A
 * scalar counts as one entry. */
gboolean latent_op_get_constant_ints (const LatentNode *node, guint i, const char *what, guint max,
    gint64 *values, guint *n, GError **error);
/* The same for numbers of any type, as doubles. */
gboolean latent_op_get_constant_doubles (const LatentNode *node, guint i, const char *what,
    guint max, double *values, guint *n, GError **error);

/* A list that is attribute `name` where the node has it, else constant input i, else absent (n = 0,
 * present = FALSE): axes, pads and the like moved from one to the other between opsets. */
gboolean latent_op_get_list (const LatentNode *node, const char *name, guint i, guint max,
    gint64 *values, guint *n, gboolean *present, GError **error);

/* List attribute `name` as a shape; FALSE where it is none or too long. */
gboolean latent_op_get_shape_attribute (
    const LatentNode *node, const char *name, LatentShape *shape, GError **error);

/* Axes in any order, each in [-rank, rank) and named once, as a mask of bits. */
gboolean latent_op_get_axes_mask (
    const gint64 *axes, guint n, guint rank, guint32 *mask, GError **error);

/* LATENT_ERROR_SHAPE: `what` wants `wanted`, and got `offered`'s shape. */
void latent_op_set_shape_error (
    GError **error, const char *what, const char *wanted, const LatentShape *offered);

/* One of `names` (NULL-terminated) that string attribute `name` is: its index. */
gboolean latent_op_get_choice (const LatentNode *node, const char *name, const char *fallback,
    const char *const *names, guint *index, GError **error);

/* Multiplies counts of multiply-adds; G_MAXUINT64 where the product is more. */
guint64 latent_macs_multiply (guint64 a, guint64 b);
