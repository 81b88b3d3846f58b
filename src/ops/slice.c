/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/dnn/emit.h"
#include "src/ops/gradient.h"
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

/* Along one axis, [begin, begin + size) of `value`. */
static LatentValue *
take_part (
    LatentGradient *self, LatentValue *value, guint axis, gint64 begin, gint64 size, GError **error)
{
  LatentNode *slice = latent_gradient_node (self, "Slice", NULL);
  const gint64 lists[] = {begin, begin + size, axis};

  latent_node_add_input (slice, value);
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    latent_node_add_input (slice, latent_gradient_ints (self, &lists[i], 1));
  return latent_gradient_finish (self, slice, 1, error);
}

static gboolean
derive_concat (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *y = latent_node_get_output (node, 0);
  gint64 begin = 0;
  guint axis = 0;

  if (!latent_op_get_axis (node, "axis", 0, y->shape.n, &axis, error))
    return FALSE;
  for (guint i = 0; i < node->inputs->len; i++) {
    LatentValue *x = latent_node_get_input (node, i);
    gint64 size = x->shape.dims[axis];
    if (latent_gradient_wants (self, x)) {
      LatentValue *dx = take_part (self, latent_gradient_get (self, y), axis, begin, size, error);
      if (dx == NULL)
        return FALSE;
      latent_gradient_add (self, x, dx);
    }
    begin += size;
  }
  return TRUE;
}

static LatentValue *
make_zeros (LatentGradient *self, const LatentShape *shape, GError **error)
{
  return latent_gradient_apply (
      self, "ConstantOfShape", latent_gradient_ints (self, shape->dims, shape->n), NULL, error);
}

/* The parts together again, with zeros for those that the loss does not depend on. */
static gboolean
derive_split (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentNode *concat = latent_gradient_node (self, "Concat", NULL);
  LatentValue *x = latent_node_get_input (node, 0), *dx;
  LatentShape part = x->shape;
  const gint64 *list = NULL;
  guint axis = 0;

  if (!latent_op_get_axis (node, "axis", 0, x->shape.n, &axis, error) ||
      !find_split (node, &list, error))
    return FALSE;
  for (guint i = 0; i < node->outputs->len; i++) {
    LatentValue *dy = latent_gradient_get (self, latent_node_get_output (node, i));
    part.dims[axis] = get_part_size (node, list, i, x->shape.dims[axis]);
    if (dy == NULL)
      dy = make_zeros (self, &part, error);
    if (dy == NULL)
      return FALSE;
    latent_node_add_input (concat, dy);
  }
  latent_node_set_int (concat, "axis", axis);
  dx = latent_gradient_finish (self, concat, 1, error);
  latent_gradient_add (self, x, dx);
  return dx != NULL;
}

/* The part in its place among zeros. */
static gboolean
derive_slice (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentNode *place = latent_gradient_node (self, "SliceGradient", LATENT_DOMAIN_TRAINING);
  LatentValue *x = latent_node_get_input (node, 0), *dx;
  gint64 starts[LATENT_MAX_DIMS], steps[LATENT_MAX_DIMS];
  Part parts[LATENT_MAX_DIMS];

  if (!get_parts (node, parts, error))
    return FALSE;
  for (guint d = 0; d < x->shape.n; d++) {
    starts[d] = parts[d].start;
    steps[d] = parts[d].step;
  }
  latent_node_add_input (place, latent_gradient_get (self, latent_node_get_output (node, 0)));
  latent_node_set_ints (place, "shape", x->shape.dims, x->shape.n);
  latent_node_set_ints (place, "starts", starts, x->shape.n);
  latent_node_set_ints (place, "steps", steps, x->shape.n);
  dx = latent_gradient_finish (self, place, 1, error);
  latent_gradient_add (self, x, dx);
  return dx != NULL;
}

/* `shape` is that of what was sliced; starts and steps have an entry for each dimension. */
static gboolean
infer_slice_gradient (const LatentNode *node, GError **error)
{
  const LatentShape *dy = latent_op_get_shape (node, 0);
  guint n_starts = 0, n_steps = 0;
  const gint64 *starts = latent_node_get_ints (node, "starts", &n_starts);
  const gint64 *steps = latent_node_get_ints (node, "steps", &n_steps);
  gboolean good;
  LatentShape dst;

  if (!latent_op_get_shape_attribute (node, "shape", &dst, error))
    return FALSE;
  good = dy->n == dst.n && n_starts == dst.n && n_steps == dst.n;
  for (guint d = 0; good && d < dst.n; d++) {
    gint64 last = 0;
    good = dy->dims[d] == 0 ||
           (starts[d] >= 0 && starts[d] < dst.dims[d] &&
               !__builtin_mul_overflow (dy->dims[d] - 1, steps[d], &last) &&
               !__builtin_add_overflow (last, starts[d], &last) && last >= 0 && last < dst.dims[d]);
  }
  if (good)
    return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
  latent_op_set_shape_error (error, "derivative", "what is sliced from 'shape'", dy);
  return FALSE;
}

static gboolean
eval_slice_gradient (const LatentEval *eval, GError **error)
{
  const LatentView *src = &eval->src[0];
  const LatentView *dst = &eval->dst[0];
  guint n = 0;
  const gint64 *starts = latent_node_get_ints (eval->node, "starts", &n);
  const gint64 *steps = latent_node_get_ints (eval->node, "steps", &n);
  gint64 src_strides[LATENT_MAX_DIMS], dst_strides[LATENT_MAX_DIMS], offset = 0;
  LatentWalk walk = {0};

  if (dst->n > 0)
    memset (dst->data, 0, dst->n * sizeof (float));
  if (src->n == 0)
    return TRUE;
  latent_shape_get_strides (&src->shape, src_strides);
  latent_shape_get_strides (&dst->shape, dst_strides);
  for (guint d = 0; d < n; d++) {
    offset += starts[d] * dst_strides[d];
    latent_walk_add (&walk, src->shape.dims[d], steps[d] * dst_strides[d], src_strides[d]);
  }
  latent_walk_copy (&walk, sizeof (float), (float *)dst->data + offset, src->data, eval->threads);
  return TRUE;
}

#define SLICE(since, last, max_inputs, attributes)                                                 \
  {                                                                                                \
    "Slice", "", since, last, max_inputs == 1 ? 1 : 3, max_inputs, 1, 1, LATENT_TYPES_ALL,         \
        attributes, infer_slice, eval_slice, NULL, emit_slice, .gradient = derive_slice            \
  }
#define SPLIT(since, last, max_inputs, attributes)                                                 \
  {                                                                                                \
    "Split", "", since, last, 1, max_inputs, 1, -1, LATENT_TYPES_ALL, attributes, infer_split,     \
        eval_split, NULL, emit_split, .gradient = derive_split                                     \
  }

/* clang-format off */
const LatentOp latent_ops_slice[] = {
    SLICE (6, 9, 1, "axes:I ends:I starts:I"),
    SLICE (10, LATENT_OPSET_MAX, 5, ""),
    {"SliceGradient", LATENT_DOMAIN_TRAINING, 1, 1, 1, 1, 1, 1, LATENT_TYPES_F32,
     "shape:I starts:I steps:I", infer_slice_gradient, eval_slice_gradient},
    SPLIT (6, 12, 1, "axis:i split:I"),
    SPLIT (13, 17, 2, "axis:i"),
    SPLIT (18, LATENT_OPSET_MAX, 2, "axis:i num_outputs:i"),
    {"Concat", "", 6, LATENT_OPSET_MAX, 1, -1, 1, 1, LATENT_TYPES_ALL, "axis:i", infer_concat,
     eval_concat, NULL, emit_concat, .gradient = derive_concat},
    {0},
};
/* clang-format on */
