/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/numeric.h"
#include "src/ops/private.h"

gboolean
latent_infer_same (const LatentNode *node, GError **error)
{
  return latent_op_set_output (
      node, 0, latent_op_get_type (node, 0), latent_op_get_shape (node, 0), error);
}

gboolean
latent_op_set_output (
    const LatentNode *node, guint i, LatentDataType type, const LatentShape *shape, GError **error)
{
  LatentValue *value = latent_node_get_output (node, i);

  if (!latent_shape_count (shape, type, NULL, NULL, error))
    return FALSE;
  if (value == NULL)
    return TRUE;
  value->type = type;
  value->shape = *shape;
  value->has_shape = TRUE;
  return TRUE;
}

LatentDataType
latent_op_get_type (const LatentNode *node, guint i)
{
  return latent_node_get_input (node, i)->type;
}

const LatentShape *
latent_op_get_shape (const LatentNode *node, guint i)
{
  return &latent_node_get_input (node, i)->shape;
}

gboolean
latent_op_check_type (
    const LatentNode *node, guint i, const char *what, guint32 types, GError **error)
{
  LatentDataType type = latent_op_get_type (node, i);

  if (types & LATENT_TYPE_BIT (type))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "%s %s is not supported",
      latent_data_type_get_name (type), what);
  return FALSE;
}

/* Integers that stand for reals are reals to the nodes around them. */
static LatentDataType
get_meaning (const LatentNode *node, guint i)
{
  return latent_value_is_integer (latent_node_get_input (node, i)) ? LATENT_DATA_TYPE_FLOAT32
                                                                   : latent_op_get_type (node, i);
}

gboolean
latent_op_check_same_type (const LatentNode *node, guint i, GError **error)
{
  LatentDataType wanted = latent_op_get_type (node, 0);
  LatentDataType offered = latent_op_get_type (node, i);

  if (wanted == offered || get_meaning (node, 0) == get_meaning (node, i))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "input %u is %s where input 0 is %s", i,
      latent_data_type_get_name (offered), latent_data_type_get_name (wanted));
  return FALSE;
}

gboolean
latent_op_check_rank (
    const LatentNode *node, guint i, const char *what, guint min, guint max, GError **error)
{
  const LatentShape *shape = latent_op_get_shape (node, i);
  g_autofree char *wanted = NULL;

  if (shape->n >= min && shape->n <= max)
    return TRUE;
  wanted = min == max ? g_strdup_printf ("%u dimensions", min)
                      : g_strdup_printf ("%u to %u dimensions", min, max);
  latent_op_set_shape_error (error, what, wanted, shape);
  return FALSE;
}

gboolean
latent_op_check_shape (
    const LatentNode *node, guint i, const char *what, const LatentShape *wanted, GError **error)
{
  g_autofree char *text = NULL;

  if (!latent_op_check_same_type (node, i, error))
    return FALSE;
  if (latent_shape_equal (wanted, latent_op_get_shape (node, i)))
    return TRUE;
  text = latent_shape_to_string (wanted);
  latent_op_set_shape_error (error, what, text, latent_op_get_shape (node, i));
  return FALSE;
}

gboolean
latent_op_check_input (const LatentNode *node, guint i, const char *what, GError **error)
{
  if (latent_node_get_input (node, i) != NULL)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "input %u ('%s') is left out", i, what);
  return FALSE;
}

gboolean
latent_op_check_attribute (const LatentNode *node, const char *name, GError **error)
{
  if (latent_node_find_attribute (node, name) != NULL)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "attribute '%s' is missing", name);
  return FALSE;
}

gboolean
latent_op_get_axis (const LatentNode *node, const char *name, gint64 fallback, guint rank,
    guint *axis, GError **error)
{
  gint64 value = latent_node_get_int (node, name, fallback);
  gint normal = latent_axis_normalize (value, rank);

  if (normal < 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "%s %" G_GINT64_FORMAT " is outside the %u dimensions of the input", name, value, rank);
    return FALSE;
  }
  *axis = (guint)normal;
  return TRUE;
}

/* Input i as a constant of at most `max` entries, NULL with an error else. */
static const LatentTensor *
get_constant (const LatentNode *node, guint i, const char *what, guint max, GError **error)
{
  const LatentValue *value = NULL;

  if (!latent_op_check_input (node, i, what, error))
    return NULL;
  value = latent_node_get_input (node, i);
  if (value->data == NULL)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "'%s' decides a shape (%s): it must be a constant, or an input bound to its value",
        value->name, what);
  else if (value->data->shape.n > 1)
    latent_op_set_shape_error (error, what, "at most one dimension", &value->data->shape);
  else if (value->data->n_elements > max)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE, "%s wants %u entries at most, has %zu",
        what, max, value->data->n_elements);
  else
    return value->data;
  return NULL;
}

gboolean
latent_op_get_constant_ints (const LatentNode *node, guint i, const char *what, guint max,
    gint64 *values, guint *n, GError **error)
{
  const LatentTensor *tensor = get_constant (node, i, what, max, error);

  if (tensor == NULL ||
      !latent_op_check_type (node, i, what, LATENT_TYPES_INTEGER | LATENT_TYPES_BOOL, error))
    return FALSE;
  *n = (guint)tensor->n_elements;
  latent_load_ints (tensor->type, tensor->data, 0, *n, values);
  return TRUE;
}

gboolean
latent_op_get_constant_doubles (const LatentNode *node, guint i, const char *what, guint max,
    double *values, guint *n, GError **error)
{
  const LatentTensor *tensor = get_constant (node, i, what, max, error);

  if (tensor == NULL)
    return FALSE;
  *n = (guint)tensor->n_elements;
  latent_load_doubles (tensor->type, tensor->data, 0, *n, values);
  return TRUE;
}

gboolean
latent_op_get_list (const LatentNode *node, const char *name, guint i, guint max, gint64 *values,
    guint *n, gboolean *present, GError **error)
{
  guint count = 0;
  const gint64 *list = latent_node_get_ints (node, name, &count);

  *n = 0;
  *present = latent_node_find_attribute (node, name) != NULL;
  if (!*present) {
    *present = latent_node_get_input (node, i) != NULL;
    return !*present || latent_op_get_constant_ints (node, i, name, max, values, n, error);
  }
  if (count > max) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE, "%s wants %u entries at most, has %u",
        name, max, count);
    return FALSE;
  }
  for (*n = 0; *n < count; ++*n)
    values[*n] = list[*n];
  return TRUE;
}

gboolean
latent_op_get_shape_attribute (
    const LatentNode *node, const char *name, LatentShape *shape, GError **error)
{
  guint n = 0;
  const gint64 *dims = latent_node_get_ints (node, name, &n);

  shape->n = MIN (n, LATENT_MAX_DIMS);
  for (guint i = 0; i < shape->n; i++)
    shape->dims[i] = dims[i];
  if (n <= LATENT_MAX_DIMS &&
      latent_shape_count (shape, LATENT_DATA_TYPE_FLOAT32, NULL, NULL, NULL))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE, "attribute '%s' is no shape", name);
  return FALSE;
}

gboolean
latent_op_get_axes_mask (const gint64 *axes, guint n, guint rank, guint32 *mask, GError **error)
{
  *mask = 0;
  for (guint i = 0; i < n; i++) {
    gint axis = latent_axis_normalize (axes[i], rank);
    if (axis < 0 || *mask & 1u << axis) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
          axis < 0 ? "axis %" G_GINT64_FORMAT " is outside of %u dimensions"
                   : "axis %" G_GINT64_FORMAT " (of %u dimensions) is named twice",
          axes[i], rank);
      return FALSE;
    }
    *mask |= 1u << axis;
  }
  return TRUE;
}

void
latent_op_set_shape_error (
    GError **error, const char *what, const char *wanted, const LatentShape *offered)
{
  g_autofree char *text = latent_shape_to_string (offered);

  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_SHAPE, "%s wants %s, is offered %s", what, wanted, text);
}

gboolean
latent_op_get_choice (const LatentNode *node, const char *name, const char *fallback,
    const char *const *names, guint *index, GError **error)
{
  const char *value = latent_node_get_string (node, name, fallback);
  g_autofree char *list = NULL;

  for (*index = 0; names[*index] != NULL; ++*index)
    if (g_str_equal (names[*index], value))
      return TRUE;
  list = g_strjoinv (", ", (char **)names);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED, "%s '%s' is not one of: %s", name,
      value, list);
  return FALSE;
}

guint64
latent_macs_multiply (guint64 a, guint64 b)
{
  guint64 product = 0;

  return g_uint64_checked_mul (&product, a, b) ? product : G_MAXUINT64;
}
