/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/dnn/emit.h"
#include "src/ops/gradient.h"
#include "src/ops/private.h"
#include "src/ops/walk.h"

/* What brings elements into another order, or repeats them: walks over the source by strides. */

static void
copy (const LatentEval *eval, const LatentWalk *walk)
{
  gsize size = latent_data_type_get_size (eval->dst[0].type);

  if (eval->dst[0].n > 0)
    latent_walk_copy (walk, size, eval->dst[0].data, eval->src[0].data, eval->threads);
}

/* perm[i] is the input's dimension that becomes the output's i-th; all of them in reverse by
 * default. */
static gboolean
get_permutation (const LatentNode *node, guint perm[LATENT_MAX_DIMS], GError **error)
{
  guint rank = latent_op_get_shape (node, 0)->n;
  guint n = 0;
  const gint64 *list = latent_node_get_ints (node, "perm", &n);
  guint32 seen = 0;

  for (guint i = 0; list == NULL && i < rank; i++)
    perm[i] = rank - 1 - i;
  if (list == NULL)
    return TRUE;
  if (n != rank) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE, "perm wants %u entries, has %u", rank, n);
    return FALSE;
  }
  if (!latent_op_get_axes_mask (list, n, rank, &seen, error)) {
    g_prefix_error (error, "perm is no permutation: ");
    return FALSE;
  }
  for (guint i = 0; i < rank; i++)
    perm[i] = (guint)latent_axis_normalize (list[i], rank);
  return TRUE;
}

static gboolean
infer_transpose (const LatentNode *node, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  guint perm[LATENT_MAX_DIMS];
  LatentShape dst = {src->n, {0}};

  if (!get_permutation (node, perm, error))
    return FALSE;
  for (guint i = 0; i < src->n; i++)
    dst.dims[i] = src->dims[perm[i]];
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static gboolean
eval_transpose (const LatentEval *eval, GError **error)
{
  guint perm[LATENT_MAX_DIMS];
  gint64 src[LATENT_MAX_DIMS], dst[LATENT_MAX_DIMS];
  LatentWalk walk = {0};

  if (!get_permutation (eval->node, perm, error))
    return FALSE;
  latent_shape_get_strides (&eval->src[0].shape, src);
  latent_shape_get_strides (&eval->dst[0].shape, dst);
  for (guint i = 0; i < eval->dst[0].shape.n; i++)
    latent_walk_add (&walk, eval->dst[0].shape.dims[i], dst[i], src[perm[i]]);
  copy (eval, &walk);
  return TRUE;
}

static const char *const block_modes[] = {"DCR", "CRD", NULL};

#define MAX_BLOCK 32768 /* its square times any number of channels fits in 64 bits */

/* Pictures of N x C x H x W. */
static gboolean
get_block (const LatentNode *node, gint64 *block, guint *mode, GError **error)
{
  *block = latent_node_get_int (node, "blocksize", 0);
  if (*block < 1 || *block > MAX_BLOCK) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "blocksize is %" G_GINT64_FORMAT " and must be 1 to %d", *block, MAX_BLOCK);
    return FALSE;
  }
  return latent_op_check_rank (node, 0, "input", 4, 4, error) &&
         latent_op_get_choice (node, "mode", "DCR", block_modes, mode, error);
}

static gboolean
infer_depth_to_space (const LatentNode *node, GError **error)
{
  LatentShape dst = {4, {0}};
  const gint64 *src = latent_op_get_shape (node, 0)->dims;
  gint64 block;
  guint mode;

  if (!get_block (node, &block, &mode, error))
    return FALSE;
  if (src[1] % (block * block) != 0) {
    latent_op_set_shape_error (error, "input", "channels that are a multiple of blocksize squared",
        latent_op_get_shape (node, 0));
    return FALSE;
  }
  dst.dims[0] = src[0];
  dst.dims[1] = src[1] / (block * block);
  dst.dims[2] = src[2] * block;
  dst.dims[3] = src[3] * block;
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static gboolean
infer_space_to_depth (const LatentNode *node, GError **error)
{
  LatentShape dst = {4, {0}};
  const gint64 *src = latent_op_get_shape (node, 0)->dims;
  gint64 block;
  guint mode;

  if (!get_block (node, &block, &mode, error))
    return FALSE;
  if (src[2] % block != 0 || src[3] % block != 0) {
    latent_op_set_shape_error (error, "input", "height and width that are multiples of blocksize",
        latent_op_get_shape (node, 0));
    return FALSE;
  }
  dst.dims[0] = src[0];
  dst.dims[1] = src[1] * block * block;
  dst.dims[2] = src[2] / block;
  dst.dims[3] = src[3] / block;
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

/* The walk goes through the picture's c x h x block x w x block (the side of space) in order; the
 * side of depth has the blocks' rows and columns among its channels. */
typedef struct {
  gint64 channel, row, column, block_row, block_column; /* strides of the side of depth */
} DepthStrides;

static DepthStrides
get_depth_strides (gint64 channels, gint64 height, gint64 width, gint64 block, gboolean crd)
{
  gint64 plane = height * width;

  if (crd)
    return (DepthStrides){block * block * plane, width, 1, block * plane, plane};
  return (DepthStrides){plane, width, 1, block * channels * plane, channels * plane};
}

static gboolean
eval_depth_to_space (const LatentEval *eval, GError **error)
{
  const gint64 *src = eval->src[0].shape.dims;
  const gint64 *dst = eval->dst[0].shape.dims;
  LatentWalk walk = {0};
  gint64 block;
  guint mode;
  DepthStrides depth;

  if (!get_block (eval->node, &block, &mode, error))
    return FALSE;
  depth = get_depth_strides (dst[1], src[2], src[3], block, mode == 1);
  latent_walk_add (&walk, dst[0], dst[1] * dst[2] * dst[3], src[1] * src[2] * src[3]);
  latent_walk_add (&walk, dst[1], dst[2] * dst[3], depth.channel);
  latent_walk_add (&walk, src[2], block * dst[3], depth.row);
  latent_walk_add (&walk, block, dst[3], depth.block_row);
  latent_walk_add (&walk, src[3], block, depth.column);
  latent_walk_add (&walk, block, 1, depth.block_column);
  copy (eval, &walk);
  return TRUE;
}

static gboolean
eval_space_to_depth (const LatentEval *eval, GError **error)
{
  const gint64 *src = eval->src[0].shape.dims;
  const gint64 *dst = eval->dst[0].shape.dims;
  LatentWalk walk = {0};
  gint64 block;
  guint mode;
  DepthStrides depth;

  if (!get_block (eval->node, &block, &mode, error))
    return FALSE;
  depth = get_depth_strides (src[1], dst[2], dst[3], block, mode == 1);
  latent_walk_add (&walk, src[0], dst[1] * dst[2] * dst[3], src[1] * src[2] * src[3]);
  latent_walk_add (&walk, block, depth.block_row, src[3]);
  latent_walk_add (&walk, block, depth.block_column, 1);
  latent_walk_add (&walk, src[1], depth.channel, src[2] * src[3]);
  latent_walk_add (&walk, dst[2], depth.row, block * src[3]);
  latent_walk_add (&walk, dst[3], depth.column, block);
  copy (eval, &walk);
  return TRUE;
}

static gboolean
infer_expand (const LatentNode *node, GError **error)
{
  LatentShape wanted = {0};
  LatentShape dst;

  if (!latent_op_get_constant_ints (
          node, 1, "shape", LATENT_MAX_DIMS, wanted.dims, &wanted.n, error) ||
      !latent_shape_count (&wanted, LATENT_DATA_TYPE_UINT8, NULL, NULL, error))
    return FALSE;
  if (!latent_shape_broadcast (latent_op_get_shape (node, 0), &wanted, &dst)) {
    g_autofree char *text = latent_shape_to_string (&wanted);
    latent_op_set_shape_error (error, "input", text, latent_op_get_shape (node, 0));
    return FALSE;
  }
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

static gboolean
infer_tile (const LatentNode *node, GError **error)
{
  LatentShape dst = *latent_op_get_shape (node, 0);
  gint64 repeats[LATENT_MAX_DIMS];
  guint n = 0;

  if (!latent_op_get_constant_ints (node, 1, "repeats", LATENT_MAX_DIMS, repeats, &n, error))
    return FALSE;
  if (n != dst.n) {
    g_set_error (
        error, LATENT_ERROR, LATENT_ERROR_SHAPE, "repeats wants %u entries, has %u", dst.n, n);
    return FALSE;
  }
  for (guint i = 0; i < n; i++) {
    if (repeats[i] >= 0 && !__builtin_mul_overflow (dst.dims[i], repeats[i], &dst.dims[i]))
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "repeats has %" G_GINT64_FORMAT " for a dimension of %" G_GINT64_FORMAT, repeats[i],
        latent_op_get_shape (node, 0)->dims[i]);
    return FALSE;
  }
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

/* Expand and Tile: a dimension that is larger in the output repeats, whole, so many times. */
static gboolean
eval_repeat (const LatentEval *eval, GError **error)
{
  const LatentShape *src_shape = &eval->src[0].shape;
  const LatentShape *dst_shape = &eval->dst[0].shape;
  guint lead = dst_shape->n - src_shape->n;
  gint64 src[LATENT_MAX_DIMS], dst[LATENT_MAX_DIMS];
  LatentWalk walk = {0};

  if (eval->dst[0].n == 0)
    return TRUE;
  latent_shape_get_strides (src_shape, src);
  latent_shape_get_strides (dst_shape, dst);
  for (guint i = 0; i < dst_shape->n; i++) {
    gint64 dim = i < lead ? 1 : src_shape->dims[i - lead];
    latent_walk_add (&walk, dst_shape->dims[i] / dim, dim * dst[i], 0);
    latent_walk_add (&walk, dim, dst[i], i < lead ? 0 : src[i - lead]);
  }
  copy (eval, &walk);
  return TRUE;
}

static LatentEmit
emit_transpose (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  guint perm[LATENT_MAX_DIMS];

  return get_permutation (node, perm, error) ? latent_dnn_transpose (builder, node, perm, error)
                                             : LATENT_EMIT_FAILED;
}

static LatentEmit
emit_depth_to_space (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  gint64 block;
  guint mode;

  return get_block (node, &block, &mode, error)
             ? latent_dnn_depth_space (builder, node, block, FALSE, mode == 1, error)
             : LATENT_EMIT_FAILED;
}

static LatentEmit
emit_space_to_depth (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  gint64 block;
  guint mode;

  return get_block (node, &block, &mode, error)
             ? latent_dnn_depth_space (builder, node, block, TRUE, mode == 1, error)
             : LATENT_EMIT_FAILED;
}

/* Adds what a node of one input and one output makes of dy. A NULL node gives FALSE. */
static gboolean
finish_derivative (
    LatentGradient *self, const LatentNode *node, LatentNode *derivative, GError **error)
{
  LatentValue *dx = latent_gradient_finish (self, derivative, 1, error);

  latent_gradient_add (self, latent_node_get_input (node, 0), dx);
  return dx != NULL;
}

static LatentNode *
begin_derivative (
    LatentGradient *self, const LatentNode *node, const char *op_type, const char *domain)
{
  LatentNode *derivative = latent_gradient_node (self, op_type, domain);

  latent_node_add_input (derivative, latent_gradient_get (self, latent_node_get_output (node, 0)));
  return derivative;
}

static gboolean
derive_transpose (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentNode *back = begin_derivative (self, node, "Transpose", NULL);
  guint rank = latent_op_get_shape (node, 0)->n;
  guint perm[LATENT_MAX_DIMS];
  gint64 inverse[LATENT_MAX_DIMS];

  if (!get_permutation (node, perm, error))
    return FALSE;
  for (guint i = 0; i < rank; i++)
    inverse[perm[i]] = i;
  latent_node_set_ints (back, "perm", inverse, rank);
  return finish_derivative (self, node, back, error);
}

/* ONNX's SpaceToDepth knows but one order of channels; that of the training domain has modes. */
static gboolean
derive_depth_to_space (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentNode *back = begin_derivative (self, node, "SpaceToDepth", LATENT_DOMAIN_TRAINING);

  latent_node_set_int (back, "blocksize", latent_node_get_int (node, "blocksize", 0));
  latent_node_set_string (back, "mode", latent_node_get_string (node, "mode", block_modes[0]));
  return finish_derivative (self, node, back, error);
}

static gboolean
derive_space_to_depth (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentNode *back = begin_derivative (self, node, "DepthToSpace", NULL);

  latent_node_set_int (back, "blocksize", latent_node_get_int (node, "blocksize", 0));
  latent_node_set_string (back, "mode", latent_node_get_string (node, "mode", block_modes[0]));
  return finish_derivative (self, node, back, error);
}

static gboolean
derive_expand (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *dy = latent_gradient_get (self, latent_node_get_output (node, 0));

  return latent_gradient_add_unbroadcast (self, latent_node_get_input (node, 0), dy, NULL, error);
}

/* Sums over the copies along one axis. */
static LatentValue *
sum_copies (LatentGradient *self, LatentValue *dy, guint axis, gint64 dim, GError **error)
{
  LatentShape sums = dy->shape;
  LatentShape split = {4, {0}};

  sums.dims[axis] = dim;
  split.dims[0] = (gint64)latent_shape_product (&dy->shape, 0, axis);
  split.dims[1] = dy->shape.dims[axis] / dim;
  split.dims[2] = dim;
  split.dims[3] = (gint64)latent_shape_product (&dy->shape, axis + 1, dy->shape.n);
  dy = latent_gradient_reshape (self, dy, &split, error);
  split.dims[1] = 1;
  if (dy != NULL)
    dy = latent_gradient_unbroadcast (self, dy, &split, error);
  return dy != NULL ? latent_gradient_reshape (self, dy, &sums, error) : NULL;
}

static gboolean
derive_tile (LatentGradient *self, const LatentNode *node, GError **error)
{
  LatentValue *x = latent_node_get_input (node, 0);
  LatentValue *dy = latent_gradient_get (self, latent_node_get_output (node, 0));

  for (guint i = 0; i < x->shape.n && dy != NULL; i++)
    if (dy->shape.dims[i] != x->shape.dims[i])
      dy = sum_copies (self, dy, i, x->shape.dims[i], error);
  latent_gradient_add (self, x, dy);
  return dy != NULL;
}

#define ROW_OF(name, domain, since, last, inputs, attributes, infer, eval, emit, derive)           \
  {                                                                                                \
    name, domain, since, last, inputs, inputs, 1, 1, LATENT_TYPES_ALL, attributes, infer, eval,    \
        NULL, emit, .gradient = derive                                                             \
  }
#define ROW(name, since, last, inputs, attributes, infer, eval, emit, derive)                      \
  ROW_OF (name, "", since, last, inputs, attributes, infer, eval, emit, derive)

const LatentOp latent_ops_layout[] = {
    ROW ("Transpose", 6, LATENT_OPSET_MAX, 1, "perm:I", infer_transpose, eval_transpose,
        emit_transpose, derive_transpose),
    ROW ("DepthToSpace", 6, 10, 1, "blocksize:i", infer_depth_to_space, eval_depth_to_space,
        emit_depth_to_space, derive_depth_to_space),
    ROW ("DepthToSpace", 11, LATENT_OPSET_MAX, 1, "blocksize:i mode:s", infer_depth_to_space,
        eval_depth_to_space, emit_depth_to_space, derive_depth_to_space),
    ROW ("SpaceToDepth", 6, LATENT_OPSET_MAX, 1, "blocksize:i", infer_space_to_depth,
        eval_space_to_depth, emit_space_to_depth, derive_space_to_depth),
    ROW_OF ("SpaceToDepth", LATENT_DOMAIN_TRAINING, 1, 1, 1, "blocksize:i mode:s",
        infer_space_to_depth, eval_space_to_depth, emit_space_to_depth, NULL),
    ROW ("Expand", 8, LATENT_OPSET_MAX, 2, "", infer_expand, eval_repeat, NULL, derive_expand),
    ROW ("Tile", 6, LATENT_OPSET_MAX, 2, "", infer_tile, eval_repeat, NULL, derive_tile),
    {0},
};
