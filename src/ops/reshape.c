/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/numeric.h"
#include "src/dnn/emit.h"
#include "src/ops/gradient.h"
#include "src/ops/private.h"

/* What moves no element: the output is the input's bytes under another shape. */

static gboolean
eval_copy (const LatentEval *eval, GError **error)
{
  gsize size = eval->src[0].n * latent_data_type_get_size (eval->src[0].type);

  if (size > 0 && eval->dst[0].data != eval->src[0].data)
    memcpy (eval->dst[0].data, eval->src[0].data, size);
  return TRUE;
}

/* The mask is of the data's type up to opset 9, and of bools later. */
static gboolean
infer_dropout (const LatentNode *node, GError **error)
{
  const LatentShape *shape = latent_op_get_shape (node, 0);
  LatentDataType mask = node->opset < 10 ? latent_op_get_type (node, 0) : LATENT_DATA_TYPE_BOOL;
  gint64 training = 0;
  double ratio = 0.5;
  guint n = 0;

  if (latent_node_get_input (node, 2) != NULL &&
      !latent_op_get_constant_ints (node, 2, "training_mode", 1, &training, &n, error))
    return FALSE;
  if (training != 0 && latent_node_get_input (node, 1) != NULL &&
      !latent_op_get_constant_doubles (node, 1, "ratio", 1, &ratio, &n, error))
    return FALSE;
  if (training != 0 && ratio != 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "training_mode is set: numbers would be dropped at random");
    return FALSE;
  }
  return latent_infer_same (node, error) && latent_op_set_output (node, 1, mask, shape, error);
}

static gboolean
eval_dropout (const LatentEval *eval, GError **error)
{
  const double one = 1;

  if (eval->n_dst > 1 && eval->dst[1].data != NULL)
    for (gsize i = 0; i < eval->dst[1].n; i++)
      latent_store_doubles (eval->dst[1].type, eval->dst[1].data, i, 1, &one);
  return eval->dst[0].data == NULL || eval_copy (eval, error);
}

/* One size may be -1: what is left. Sizes of 0 are copied from the input unless allowzero is set.
 */
static gboolean
resolve_sizes (const LatentNode *node, LatentShape *dst, gint *open, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  gboolean allow_zero = latent_node_get_int (node, "allowzero", 0) != 0;

  *open = -1;
  for (guint i = 0; i < dst->n; i++) {
    if (dst->dims[i] == 0 && !allow_zero && i < src->n)
      dst->dims[i] = src->dims[i];
    else if (dst->dims[i] == 0 && !allow_zero)
      return FALSE;
    if (dst->dims[i] != -1)
      continue;
    if (*open >= 0)
      return FALSE;
    *open = (gint)i;
    dst->dims[i] = 1;
  }
  return latent_shape_count (dst, latent_op_get_type (node, 0), NULL, NULL, error);
}

static gboolean
infer_reshape (const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  gsize n = latent_shape_product (src, 0, src->n);
  LatentShape dst = {0};
  LatentShape wanted;
  gint open = -1;

  if (!latent_op_get_constant_ints (node, 1, "shape", LATENT_MAX_DIMS, dst.dims, &dst.n, error))
    return FALSE;
  wanted = dst;
  if (resolve_sizes (node, &dst, &open, error)) {
    gsize rest = latent_shape_product (&dst, 0, dst.n);
    if (open >= 0 && rest > 0)
      dst.dims[open] = (gint64)(n / rest);
    if (latent_shape_product (&dst, 0, dst.n) == n)
      return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
  }
  if (error == NULL || *error == NULL) {
    g_autofree char *text = latent_shape_to_string (&wanted);
    g_autofree char *what = g_strdup_printf ("shape %s", text);
    latent_op_set_shape_error (error, what, "as many elements in the input", src);
  }
  return FALSE;
}

static gboolean
infer_flatten (const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  guint axis = src->n; /* which is one more than an axis can be else */
  LatentShape dst = {2, {0}};

  if (latent_node_get_int (node, "axis", 1) != (gint64)src->n &&
      !latent_op_get_axis (node, "axis", 1, src->n, &axis, error))
    return FALSE;
  dst.dims[0] = (gint64)latent_shape_product (src, 0, axis);
  dst.dims[1] = (gint64)latent_shape_product (src, axis, src->n);
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

/* Without axes all dimensions of 1 go. */
static gboolean
infer_squeeze (const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  gint64 axes[LATENT_MAX_DIMS];
  gboolean present = FALSE;
  guint n = 0;
  guint32 mask = 0;
  LatentShape dst = {0};

  if (!latent_op_get_list (node, "axes", 1, LATENT_MAX_DIMS, axes, &n, &present, error) ||
      !latent_op_get_axes_mask (axes, n, src->n, &mask, error))
    return FALSE;
  for (guint i = 0; i < src->n; i++) {
    gboolean goes = present ? (mask & 1u << i) != 0 : src->dims[i] == 1;
    if (goes && src->dims[i] != 1) {
      g_autofree char *what = g_strdup_printf ("axis %u", i);
      latent_op_set_shape_error (error, what, "a size of 1", src);
      return FALSE;
    }
    if (!goes)
      dst.dims[dst.n++] = src->dims[i];
  }
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

/* Axes count in the output's dimensions. */
static gboolean
infer_unsqueeze (const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  gint64 axes[LATENT_MAX_DIMS];
  gboolean present = FALSE;
  guint n = 0;
  guint32 mask = 0;
  LatentShape dst = {0};

  if (!latent_op_get_list (node, "axes", 1, LATENT_MAX_DIMS - src->n, axes, &n, &present, error) ||
      !latent_op_get_axes_mask (axes, n, src->n + n, &mask, error))
    return FALSE;
  for (guint i = 0; dst.n < src->n + n; dst.n++)
    dst.dims[dst.n] = mask & 1u << dst.n ? 1 : src->dims[i++];
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

/* The way back is under the input's shape. */
static gboolean
derive_reshape (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *x = latent_node_get_input (node, 0);
  LatentValue *dy = latent_gradient_get (self, latent_node_get_output (node, 0));
  LatentValue *dx = latent_gradient_reshape (self, dy, &x->shape, error);

  latent_gradient_add (self, x, dx);
  return dx != NULL;
}

#define ROW(name, since, last, max_inputs, attributes, infer)                                      \
  {                                                                                                \
    name, "", since, last, 1, max_inputs, 1, 1, LATENT_TYPES_ALL, attributes, infer, eval_copy,    \
        NULL, latent_dnn_alias, .gradient = derive_reshape                                         \
  }
#define DROPOUT(since, last, max_inputs, attributes)                                               \
  {                                                                                                \
    "Dropout", "", since, last, 1, max_inputs, 1, 2, LATENT_TYPES_REAL, attributes, infer_dropout, \
        eval_dropout, .gradient = derive_reshape                                                   \
  }

const LatentOp latent_ops_reshape[] = {
    ROW ("Identity", 6, LATENT_OPSET_MAX, 1, "", latent_infer_same),
    DROPOUT (6, 6, 1, "is_test:i ratio:f"),
    DROPOUT (7, 11, 1, "ratio:f"),
    DROPOUT (12, LATENT_OPSET_MAX, 3, "seed:i"),
    ROW ("Reshape", 6, 13, 2, "", infer_reshape),
    ROW ("Reshape", 14, LATENT_OPSET_MAX, 2, "allowzero:i", infer_reshape),
    ROW ("Flatten", 6, LATENT_OPSET_MAX, 1, "axis:i", infer_flatten),
    ROW ("Squeeze", 6, 12, 1, "axes:I", infer_squeeze),
    ROW ("Squeeze", 13, LATENT_OPSET_MAX, 2, "", infer_squeeze),
    ROW ("Unsqueeze", 6, 12, 1, "axes:I", infer_unsqueeze),
    ROW ("Unsqueeze", 13, LATENT_OPSET_MAX, 2, "", infer_unsqueeze),
    {0},
};
