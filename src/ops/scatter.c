/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/ops/binary.h"
#include "src/ops/gradient.h"
#include "src/ops/indices.h"
#include "src/ops/private.h"

/* A copy of the data into which updates are written by index, one after the other. */

static const char *const reductions[] = {"none", "add", "mul", "max", "min", NULL};
static const LatentBinary *const binaries[] = {
    NULL, &latent_binary_add, &latent_binary_mul, &latent_binary_max, &latent_binary_min};

static gboolean
check_scatter (const LatentNode *node, GError **error)
{
  guint choice = 0;

  if (!latent_op_get_choice (node, "reduction", "none", reductions, &choice, error) ||
      !latent_op_check_type (node, 1, "indices", LATENT_TYPES_INDEX, error))
    return FALSE;
  if (latent_op_get_type (node, 2) == latent_op_get_type (node, 0))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "updates are %s where data are %s",
      latent_data_type_get_name (latent_op_get_type (node, 2)),
      latent_data_type_get_name (latent_op_get_type (node, 0)));
  return FALSE;
}

static gboolean
check_updates (const LatentNode *node, const LatentShape *wanted, GError **error)
{
  const LatentShape *updates = latent_op_get_shape (node, 2);
  g_autofree char *text = NULL;

  if (latent_shape_equal (updates, wanted))
    return TRUE;
  text = latent_shape_to_string (wanted);
  latent_op_set_shape_error (error, "updates", text, updates);
  return FALSE;
}

static gboolean
infer_scatter_elements (const LatentNode *node, GError **error)
{
  const LatentShape *data = latent_op_get_shape (node, 0);
  const LatentShape *indices = latent_op_get_shape (node, 1);
  guint axis = 0;

  if (!check_scatter (node, error) ||
      !latent_op_check_rank (node, 1, "indices", data->n, data->n, error) ||
      !latent_op_get_axis (node, "axis", 0, data->n, &axis, error) ||
      !check_updates (node, indices, error))
    return FALSE;
  for (guint d = 0; d < data->n; d++) {
    if (d == axis || indices->dims[d] <= data->dims[d])
      continue;
    g_autofree char *wanted = latent_shape_to_string (data);
    latent_op_set_shape_error (
        error, "indices, within the data's sizes but for the axis,", wanted, indices);
    return FALSE;
  }
  return latent_infer_same (node, error);
}

/* Copies the data; gives the function by which updates combine with them, NULL where they replace
 * them. */
static const LatentBinary *
begin_scatter (const LatentEval *eval)
{
  const LatentView *dst = &eval->dst[0];
  guint choice = 0;

  if (dst->n > 0)
    memcpy (dst->data, eval->src[0].data, dst->n * latent_data_type_get_size (dst->type));
  latent_op_get_choice (eval->node, "reduction", "none", reductions, &choice, NULL);
  return binaries[choice];
}

/* n updates, from the one at `from` on, go to the elements at `to`. */
static void
write_updates (const LatentEval *eval, const LatentBinary *binary, gsize to, gsize from, gsize n)
{
  LatentView dst = eval->dst[0];
  LatentView updates = eval->src[2];
  gsize size = latent_data_type_get_size (dst.type);

  dst.shape = updates.shape = (LatentShape){1, {(gint64)n}};
  dst.n = updates.n = n;
  dst.data = (guint8 *)dst.data + to * size;
  updates.data = (guint8 *)updates.data + from * size;
  if (binary != NULL)
    latent_binary_run (binary, &dst, &dst, &updates, 1);
  else
    memcpy (dst.data, updates.data, n * size);
}

static gboolean
eval_scatter_elements (const LatentEval *eval, GError **error)
{
  const LatentShape *data = &eval->src[0].shape;
  const LatentView *indices = &eval->src[1];
  const LatentBinary *binary = NULL;
  guint axis = 0;

  if (!latent_op_get_axis (eval->node, "axis", 0, data->n, &axis, error) ||
      !latent_indices_check (indices, data->dims[axis], error))
    return FALSE;
  binary = begin_scatter (eval);
  for (gsize i = 0; i < indices->n; i++)
    write_updates (eval, binary, latent_indices_find_element (indices, i, data, axis), i, 1);
  return TRUE;
}

/* The indices' innermost dimension counts the coordinates of a slice of the data. */
static gboolean
infer_scatter_nd (const LatentNode *node, GError **error)
{
  const LatentShape *data = latent_op_get_shape (node, 0);
  const LatentShape *indices = latent_op_get_shape (node, 1);
  LatentShape updates = {0};
  gint64 coordinates = 0;

  if (!check_scatter (node, error) ||
      !latent_op_check_rank (node, 1, "indices", 1, LATENT_MAX_DIMS, error))
    return FALSE;
  coordinates = indices->dims[indices->n - 1];
  if (coordinates > (gint64)data->n ||
      indices->n - 1 + data->n - (guint)coordinates > LATENT_MAX_DIMS) {
    g_autofree char *wanted = latent_shape_to_string (data);
    latent_op_set_shape_error (error, "indices of slices of", wanted, indices);
    return FALSE;
  }
  for (guint d = 0; d + 1 < indices->n; d++)
    updates.dims[updates.n++] = indices->dims[d];
  for (guint d = (guint)coordinates; d < data->n; d++)
    updates.dims[updates.n++] = data->dims[d];
  return check_updates (node, &updates, error) && latent_infer_same (node, error);
}

static gboolean
eval_scatter_nd (const LatentEval *eval, GError **error)
{
  const LatentShape *data = &eval->src[0].shape;
  const LatentView *indices = &eval->src[1];
  guint last = indices->shape.n - 1;
  gsize slice = latent_shape_product (data, (guint)indices->shape.dims[last], data->n);
  const LatentBinary *binary = begin_scatter (eval);

  for (gsize i = 0; i * slice < eval->src[2].n; i++) {
    gsize element = 0;
    if (!latent_indices_find_slice (indices, i, data, 0, &element, error))
      return FALSE;
    write_updates (eval, binary, element, i * slice, slice);
  }
  return TRUE;
}

/* What `op_type` gathers of dy, or what it scatters into dy. */
static LatentValue *
apply_by_index (LatentGradient *self, const LatentNode *node, const char *op_type,
    LatentValue *updates, GError **error)
{
  LatentNode *result = latent_gradient_node (self, op_type, NULL);

  latent_node_add_input (result, latent_gradient_get (self, latent_node_get_output (node, 0)));
  latent_node_add_input (result, latent_node_get_input (node, 1));
  if (updates != NULL)
    latent_node_add_input (result, updates);
  if (latent_node_find_attribute (node, "axis") != NULL)
    latent_node_set_int (result, "axis", latent_node_get_int (node, "axis", 0));
  return latent_gradient_finish (self, result, 1, error);
}

/* Updates get what stands where they went; the data get all but that, or, where updates were added,
 * all. */
static gboolean
derive_scatter (LatentGradient *self, const LatentNode *node, const char *scatter,
    const char *gather, GError **error)
{
  const char *reduction = latent_node_get_string (node, "reduction", "none");
  gboolean adds = g_str_equal (reduction, "add");
  LatentValue *x = latent_node_get_input (node, 0), *updates = latent_node_get_input (node, 2);
  LatentValue *dx = latent_gradient_get (self, latent_node_get_output (node, 0));

  if (!adds && !g_str_equal (reduction, "none")) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "training with reduction '%s' is not supported", reduction);
    return FALSE;
  }
  if (latent_gradient_wants (self, x) && !adds) {
    LatentValue *zeros = latent_gradient_apply (self, "ConstantOfShape",
        latent_gradient_ints (self, updates->shape.dims, updates->shape.n), NULL, error);
    dx = zeros != NULL ? apply_by_index (self, node, scatter, zeros, error) : NULL;
  }
  latent_gradient_add (self, x, dx);
  return dx != NULL && (!latent_gradient_wants (self, updates) ||
                           latent_gradient_add_unbroadcast (self, updates,
                               apply_by_index (self, node, gather, NULL, error), NULL, error));
}

static gboolean
derive_scatter_elements (LatentGradient *self, const LatentNode *node, GError **error)
{
  return derive_scatter (self, node, "ScatterElements", "GatherElements", error);
}

static gboolean
derive_scatter_nd (LatentGradient *self, const LatentNode *node, GError **error)
{
  return derive_scatter (self, node, "ScatterND", "GatherND", error);
}

#define ROW(name, since, last, types, attributes, infer, eval, derive)                             \
  {                                                                                                \
    name, "", since, last, 3, 3, 1, 1, types, attributes, infer, eval, .gradient = derive          \
  }
#define ELEMENTS(name, since, last, types, attributes)                                             \
  ROW (name, since, last, types, attributes, infer_scatter_elements, eval_scatter_elements,        \
      derive_scatter_elements)
#define SLICES(since, last, types, attributes)                                                     \
  ROW ("ScatterND", since, last, types, attributes, infer_scatter_nd, eval_scatter_nd,             \
      derive_scatter_nd)

const LatentOp latent_ops_scatter[] = {
    ELEMENTS ("Scatter", 9, 10, LATENT_TYPES_ALL, "axis:i"),
    ELEMENTS ("ScatterElements", 11, 15, LATENT_TYPES_ALL, "axis:i"),
    ELEMENTS ("ScatterElements", 16, LATENT_OPSET_MAX, LATENT_TYPES_ALL, "axis:i reduction:s"),
    SLICES (11, 15, LATENT_TYPES_ALL, ""),
    SLICES (16, LATENT_OPSET_MAX, LATENT_TYPES_ALL, "reduction:s"),
    {0},
};
