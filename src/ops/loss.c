/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/loss.h"

#include <math.h>

/* One float in input i, where it is there. */
static gboolean
check_count (const LatentNode *node, guint i, GError **error)
{
  const LatentValue *count = latent_node_get_input (node, i);

  if (count == NULL)
    return TRUE;
  if (!latent_op_check_type (node, i, "count", LATENT_TYPES_F32, error))
    return FALSE;
  if (latent_shape_product (&count->shape, 0, count->shape.n) == 1)
    return TRUE;
  latent_op_set_shape_error (error, "count", "one element", &count->shape);
  return FALSE;
}

/* So many elements. */
static gboolean
check_elements (const LatentNode *node, guint i, const char *what, gsize wanted, GError **error)
{
  const LatentShape *shape = latent_op_get_shape (node, i);
  g_autofree char *text = NULL;

  if (latent_shape_product (shape, 0, shape->n) == wanted)
    return TRUE;
  text = g_strdup_printf ("%zu elements", wanted);
  latent_op_set_shape_error (error, what, text, shape);
  return FALSE;
}

/* Whether elements [begin, end) of a sample of `size` can be looked at, and as many of the target,
 * shifted. */
static gboolean
check_range (const LatentNode *node, gsize size, gsize target_size, GError **error)
{
  gint64 end = latent_node_get_int (node, "end", (gint64)size);
  gint64 begin = latent_node_get_int (node, "begin", 0);
  gint64 shift = latent_node_get_int (node, "shift", 0);

  if (0 <= begin && begin <= end && end <= (gint64)size && 0 <= shift &&
      end <= (gint64)target_size && shift <= (gint64)target_size - end)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "elements %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ", shifted by %" G_GINT64_FORMAT
      ", are outside of the %zu elements of a sample of y or the %zu of the target",
      begin, end, shift, size, target_size);
  return FALSE;
}

/* Elements of a sample of the target. */
static gboolean
get_target_size (const LatentNode *node, guint i, gsize batch, gsize *size, GError **error)
{
  const LatentShape *shape = latent_op_get_shape (node, i);
  g_autofree char *text = NULL;

  if (shape->n >= 1 && shape->dims[0] == (gint64)batch) {
    *size = latent_shape_product (shape, 1, shape->n);
    return TRUE;
  }
  text = g_strdup_printf ("%zu samples", batch);
  latent_op_set_shape_error (error, "target", text, shape);
  return FALSE;
}

gboolean
latent_loss_check (const LatentNode *node, guint first, guint32 targets, GError **error)
{
  const LatentShape *y = NULL;
  gsize size, target_size;

  if (!latent_op_check_input (node, first, "y", error) ||
      !latent_op_check_input (node, first + 1, "target", error) ||
      !latent_op_check_type (node, first, "y", LATENT_TYPES_F32, error) ||
      !latent_op_check_rank (node, first, "y", 1, LATENT_MAX_DIMS, error) ||
      !latent_op_check_type (node, first + 1, "target", targets, error))
    return FALSE;
  y = latent_op_get_shape (node, first);
  size = target_size = latent_shape_product (y, 1, y->n);
  if (latent_op_get_type (node, first + 1) == LATENT_DATA_TYPE_FLOAT32 &&
      !get_target_size (node, first + 1, (gsize)y->dims[0], &target_size, error))
    return FALSE;
  if (latent_node_get_input (node, first + 2) != NULL &&
      (!latent_op_check_type (node, first + 2, "weights", LATENT_TYPES_F32, error) ||
          !check_elements (node, first + 2, "weights", (gsize)y->dims[0] * target_size, error)))
    return FALSE;
  return check_count (node, first + 3, error) && check_range (node, size, target_size, error);
}

gsize
latent_loss_get_count (const LatentView *count, gsize batch)
{
  float n = count != NULL ? *(const float *)count->data : 0;

  return n >= 1 && n < (float)batch ? (gsize)n : batch;
}

LatentLossRange
latent_loss_get_range (const LatentNode *node, guint first, const LatentView *count)
{
  const LatentShape *y = latent_op_get_shape (node, first);
  const LatentShape *target = latent_op_get_shape (node, first + 1);
  LatentLossRange range = {
      .batch = (gsize)y->dims[0],
      .samples = latent_loss_get_count (count, (gsize)y->dims[0]),
      .size = latent_shape_product (y, 1, y->n),
      .begin = (gsize)latent_node_get_int (node, "begin", 0),
      .shift = (gsize)latent_node_get_int (node, "shift", 0),
  };

  range.end = (gsize)latent_node_get_int (node, "end", (gint64)range.size);
  range.target_size = latent_op_get_type (node, first + 1) == LATENT_DATA_TYPE_FLOAT32
                          ? latent_shape_product (target, 1, target->n)
                          : range.size;
  range.scale = latent_node_get_float (node, "scale", 1) / (double)MAX (range.samples, 1);
  return range;
}

const LatentView *
latent_loss_get_view (const LatentEval *eval, guint i)
{
  return i < eval->n_src && eval->src[i].data != NULL ? &eval->src[i] : NULL;
}

double
latent_loss_get_slope (const LatentEval *eval)
{
  return *(const float *)eval->src[0].data;
}

double
latent_loss_sum (const double *sums, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += sums[i];
  return sum;
}

gboolean
latent_loss_set_scalar (const LatentNode *node, guint i, GError **error)
{
  static const LatentShape scalar = {0, {0}};

  return latent_op_set_output (node, i, LATENT_DATA_TYPE_FLOAT32, &scalar, error);
}

gboolean
latent_loss_infer (const LatentNode *node, GError **error)
{
  return latent_loss_check (node, 0, LATENT_TYPES_F32, error) &&
         latent_loss_set_scalar (node, 0, error);
}

gboolean
latent_loss_infer_grad (const LatentNode *node, GError **error)
{
  return latent_loss_check (node, 1, LATENT_TYPES_F32, error) &&
         latent_op_set_output (
             node, 0, LATENT_DATA_TYPE_FLOAT32, latent_op_get_shape (node, 1), error);
}

LatentNode *
latent_loss_grad_node (LatentGradient *gradient, const LatentNode *node)
{
  g_autofree char *name = g_strconcat (node->op_type, "Grad", NULL);
  LatentNode *grad = latent_gradient_node (gradient, name, LATENT_DOMAIN_TRAINING);

  for (guint i = 0; i < node->attributes->len; i++)
    latent_node_take_attribute (grad, latent_attribute_copy (node->attributes->pdata[i]));
  latent_node_add_input (grad, latent_gradient_get (gradient, latent_node_get_output (node, 0)));
  for (guint i = 0; i < node->inputs->len; i++)
    latent_node_add_input (grad, latent_node_get_input (node, i));
  return grad;
}

gboolean
latent_loss_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *y = latent_node_get_input (node, 0);
  LatentValue *derivative;

  if (!latent_gradient_wants (gradient, y))
    return TRUE;
  derivative = latent_gradient_finish (gradient, latent_loss_grad_node (gradient, node), 1, error);
  latent_gradient_add (gradient, y, derivative);
  return derivative != NULL;
}
