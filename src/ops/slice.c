/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/emit.h"
#include "src/ops/private.h"
#include "src/ops/walk.h"

/* Slice, Split, Concat: parts of tensors. */

typedef struct {
  gint64 start, count, step; /* of each dimension of the input; steps of 1 where count is below 2 */
} Part;

/* What [start:end:step] takes out of n elements, as Python clamps it. */
static Part
clamp_part (gint64 start, gint64 end, gint64 step, gint64 n)
{
  gint64 low = step > 0 ? 0 : -1; /* where a walk of this direction can end before the elements */
  gint64 high = step > 0 ? n : n - 1;
  gint64 size = step > 0 ? step : step == G_MININT64 ? G_MAXINT64 : -step;
  Part part = {0, 0, 1};

  start = CLAMP (start < 0 ? start + n : start, low, high);
  end = CLAMP (end < 0 ? end + n : end, low, high);
  if (n == 0 || (step > 0 ? end <= start : end >= start))
    return part;
  part.start = start;
  part.count = ((step > 0 ? end - start : start - end) - 1) / size + 1;
  if (part.count > 1)
    part.step = step;
  return part;
}

/* Attributes to opset 9, inputs from 10 on; axes are all from the first on by default, steps 1. */
static gboolean
get_parts (const LatentNode *node, Part parts[LATENT_MAX_DIMS], GError **error)
{
  static const char *const names[] = {"starts", "ends", "axes", "steps"};
  const LatentShape *src = latent_op_get_shape (node, 0);
  gint64 lists[4][LATENT_MAX_DIMS];
  guint n[4] = {0};
  gboolean present[4];
  guint32 mask = 0;

  for (guint i = 0; i < 4; i++)
    if (!latent_op_get_list (
            node, names[i], i + 1, LATENT_MAX_DIMS, lists[i], &n[i], &present[i], error))
      return FALSE;
  for (guint k = 0; k < LATENT_MAX_DIMS; k++) {
    lists[2][k] = present[2] ? lists[2][k] : k;
    lists[3][k] = present[3] ? lists[3][k] : 1;
  }
  if (!present[0] || n[0] != n[1] || (present[2] && n[2] != n[0]) || (present[3] && n[3] != n[0])) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "starts, ends, axes and steps have %u, %u, %u and %u entries", n[0], n[1], n[2], n[3]);
    return FALSE;
  }
  if (!latent_op_get_axes_mask (lists[2], n[0], src->n, &mask, error))
    return FALSE;
  for (guint d = 0; d < src->n; d++)
    parts[d] = (Part){0, src->dims[d], 1};
  for (guint k = 0; k < n[0]; k++) {
    guint d = (guint)latent_axis_normalize (lists[2][k], src->n);
    if (lists[3][k] == 0) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "the step along axis %u is 0", d);
      return FALSE;
    }
    parts[d] = clamp_part (lists[0][k], lists[1][k], lists[3][k], src->dims[d]);
  }
  return TRUE;
}

static gboolean
infer_slice (const LatentNode *node, GError **error)
{
  LatentShape dst = *latent_op_get_shape (node, 0);
  Part parts[LATENT_MAX_DIMS];

  if (!get_parts (node, parts, error))
    return FALSE;
  for (guint d = 0; d < dst.n; d++)
    dst.dims[d] = parts[d].count;
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static gboolean
eval_slice (const LatentEval *eval, GError **error)
{
  const LatentView *src = &eval->src[0];
  const LatentView *dst = &eval->dst[0];
  Part parts[LATENT_MAX_DIMS];
  gint64 src_strides[LATENT_MAX_DIMS], dst_strides[LATENT_MAX_DIMS];
  gsize size = latent_data_type_get_size (dst->type);
  gint64 offset = 0;
  LatentWalk walk = {0};

  if (!get_parts (eval->node, parts, error))
    return FALSE;
  if (dst->n == 0)
    return TRUE;
  latent_shape_get_strides (&src->shape, src_strides);
  latent_shape_get_strides (&dst->shape, dst_strides);
  for (guint d = 0; d < src->shape.n; d++) {
    offset += parts[d].start * src_strides[d];
    latent_walk_add (&walk, parts[d].count, dst_strides[d], parts[d].step * src_strides[d]);
  }
  latent_walk_copy (
      &walk, size, dst->data, (guint8 *)src->data + (gsize)offset * size, eval->threads);
  return TRUE;
}

static gboolean
check_split_count (const LatentNode *node, gboolean given, guint n, GError **error)
{
  gint64 wanted = latent_node_get_int (node, "num_outputs", n);

  if ((!given && latent_node_find_attribute (node, "num_outputs") == NULL) ||
      wanted == (gint64)node->outputs->len)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "%s asks for %" G_GINT64_FORMAT " outputs of %u", given ? "split" : "num_outputs", wanted,
      node->outputs->len);
  return FALSE;
}

/* The constant list of sizes where there is one, else NULL; it is in the node and lives as long. */
static gboolean
find_split (const LatentNode *node, const gint64 **list, GError **error)
{
  const LatentValue *value = latent_node_get_input (node, 1);
  guint n = 0;

  *list = latent_node_get_ints (node, "split", &n);
  if (value == NULL)
    return check_split_count (node, *list != NULL, n, error);
  if (value->type != LATENT_DATA_TYPE_INT64 || value->shape.n != 1) {
    latent_op_set_shape_error (error, "split", "one dimension of int64", &value->shape);
    return FALSE;
  }
  if (value->data == NULL) {
    gint64 none;
    return latent_op_get_constant_ints (node, 1, "split", 0, &none, &n, error);
  }
  *list = value->data->data;
  return check_split_count (node, TRUE, (guint)value->data->n_elements, error);
}

/* Size of output i along the axis: as listed, or equal ones; from opset 18 on the last may be
 * smaller. */
static gint64
get_part_size (const LatentNode *node, const gint64 *list, guint i, gint64 dim)
{
  gint64 n = node->outputs->len;
  gint64 chunk = dim / n + (node->opset >= 18 && dim % n != 0);

  return list != NULL ? list[i] : CLAMP (dim - chunk * i, 0, chunk);
}

static gboolean
infer_split (const LatentNode *node, GError **error)
{
  LatentShape dst = *latent_op_get_shape (node, 0);
  const gint64 *list = NULL;
  gint64 dim = 0, left = 0;
  guint axis = 0;

  if (!latent_op_get_axis (node, "axis", 0, dst.n, &axis, error) ||
      !find_split (node, &list, error))
    return FALSE;
  dim = left = dst.dims[axis];
  for (guint i = 0; i < node->outputs->len; i++) {
    dst.dims[axis] = get_part_size (node, list, i, dim);
    if (dst.dims[axis] > left)
      break;
    if (!latent_op_set_output (node, i, latent_op_get_type (node, 0), &dst, error))
      return FALSE;
    left -= dst.dims[axis];
    if (i + 1 == node->outputs->len && left == 0)
      return TRUE;
  }
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "%" G_GINT64_FORMAT " elements do not split into the sizes that %s", dim,
      list != NULL ? "split lists" : "as many equal parts have");
  return FALSE;
}

/* Copies between `part` and the place of it in `whole` that begins at `begin` along the axis. */
static void
copy_part (const LatentView *part, const LatentView *whole, guint axis, gint64 begin,
    gboolean into_whole, guint threads)
{
  gsize size = latent_data_type_get_size (part->type);
  gint64 outer = (gint64)latent_shape_product (&part->shape, 0, axis);
  gint64 inner = (gint64)latent_shape_product (&part->shape, axis + 1, part->shape.n);
  gint64 row = part->shape.dims[axis] * inner;
  gint64 whole_row = whole->shape.dims[axis] * inner;
  guint8 *place = (guint8 *)whole->data + (gsize)(begin * inner) * size;
  LatentWalk walk = {0};

  latent_walk_add (&walk, outer, into_whole ? whole_row : row, into_whole ? row : whole_row);
  latent_walk_add (&walk, row, 1, 1);
  latent_walk_copy (
      &walk, size, into_whole ? place : part->data, into_whole ? part->data : place, threads);
}

static gboolean
eval_split (const LatentEval *eval, GError **error)
{
  const LatentShape *src = &eval->src[0].shape;
  const gint64 *list = NULL;
  guint axis = 0;
  gint64 begin = 0;

  if (!latent_op_get_axis (eval->node, "axis", 0, src->n, &axis, error) ||
      !find_split (eval->node, &list, error))
    return FALSE;
  for (guint i = 0; i < eval->n_dst; i++) {
    const LatentView *dst = &eval->dst[i];
    if (dst->data != NULL && dst->n > 0)
      copy_part (dst, &eval->src[0], axis, begin, FALSE, eval->threads);
    begin += get_part_size (eval->node, list, i, src->dims[axis]);
  }
  return TRUE;
}

static gboolean
infer_concat (const LatentNode *node, GError **error)
{
  LatentShape dst = *latent_op_get_shape (node, 0);
  guint axis = 0;

  if (!latent_op_check_attribute (node, "axis", error) ||
      !latent_op_get_axis (node, "axis", 0, dst.n, &axis, error))
    return FALSE;
  for (guint i = 1; i < node->inputs->len; i++) {
    LatentShape src;
    gint64 size = 0;
    if (!latent_op_check_input (node, i, "data", error) ||
        !latent_op_check_same_type (node, i, error))
      return FALSE;
    src = *latent_op_get_shape (node, i);
    size = axis < src.n ? src.dims[axis] : 0;
    src.dims[axis] = dst.dims[axis];
    if (!latent_shape_equal (&src, &dst)) {
      g_autofree char *what = g_strdup_printf ("input %u, but for axis %u,", i, axis);
      g_autofree char *wanted = latent_shape_to_string (&dst);
      latent_op_set_shape_error (error, what, wanted, latent_op_get_shape (node, i));
      return FALSE;
    }
    dst.dims[axis] += size; /* of at most LATENT_LIMIT_NODE_ARGUMENTS tensors that are limited */
  }
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static gboolean
eval_concat (const LatentEval *eval, GError **error)
{
  guint axis = 0;
  gint64 begin = 0;

  if (!latent_op_get_axis (eval->node, "axis", 0, eval->dst[0].shape.n, &axis, error))
    return FALSE;
  for (guint i = 0; i < eval->n_src; i++) {
    if (eval->src[i].n > 0)
      copy_part (&eval->src[i], &eval->dst[0], axis, begin, TRUE, eval->threads);
    begin += eval->src[i].shape.dims[axis];
  }
  return TRUE;
}

static LatentEmit
emit_slice (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  Part parts[LATENT_MAX_DIMS];
  gint64 begins[LATENT_MAX_DIMS], steps[LATENT_MAX_DIMS];

  if (!get_parts (node, parts, error))
    return LATENT_EMIT_FAILED;
  for (guint d = 0; d < latent_op_get_shape (node, 0)->n; d++) {
    begins[d] = parts[d].start;
    steps[d] = parts[d].step;
  }
  return latent_dnn_slice (builder, node, 0, begins, steps, error);
}

static LatentEmit
emit_split (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  gint64 begins[LATENT_MAX_DIMS] = {0}, steps[LATENT_MAX_DIMS];
  const gint64 *list = NULL;
  LatentEmit result = LATENT_EMIT_DONE;
  guint axis = 0;

  if (!latent_op_get_axis (node, "axis", 0, src->n, &axis, error) ||
      !find_split (node, &list, error))
    return LATENT_EMIT_FAILED;
  for (guint d = 0; d < src->n; d++)
    steps[d] = 1;
  for (guint i = 0; i < node->outputs->len && result == LATENT_EMIT_DONE; i++) {
    result = latent_dnn_slice (builder, node, i, begins, steps, error);
    begins[axis] += get_part_size (node, list, i, src->dims[axis]);
  }
  return result;
}

static LatentEmit
emit_concat (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  guint axis = 0;

  return latent_op_get_axis (
             node, "axis", 1, latent_node_get_output (node, 0)->shape.n, &axis, error)
             ? latent_dnn_concat (builder, node, axis, error)
             : LATENT_EMIT_FAILED;
}

#define SLICE(since, last, max_inputs, attributes)                                                 \
  {                                                                                                \
    "Slice", "", since, last, max_inputs == 1 ? 1 : 3, max_inputs, 1, 1, LATENT_TYPES_ALL,         \
        attributes, infer_slice, eval_slice, NULL, emit_slice                                      \
  }
#define SPLIT(since, last, max_inputs, attributes)                                                 \
  {                                                                                                \
    "Split", "", since, last, 1, max_inputs, 1, -1, LATENT_TYPES_ALL, attributes, infer_split,     \
        eval_split, NULL, emit_split                                                               \
  }

const LatentOp latent_ops_slice[] = {
    SLICE (6, 9, 1, "axes:I ends:I starts:I"),
    SLICE (10, LATENT_OPSET_MAX, 5, ""),
    SPLIT (6, 12, 1, "axis:i split:I"),
    SPLIT (13, 17, 2, "axis:i"),
    SPLIT (18, LATENT_OPSET_MAX, 2, "axis:i num_outputs:i"),
    {"Concat", "", 6, LATENT_OPSET_MAX, 1, -1, 1, 1, LATENT_TYPES_ALL, "axis:i", infer_concat,
                                                        eval_concat, NULL, emit_concat},
    {0      },
};
