/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/parallel.h"
#include "src/ops/conv.h"

/* The transpose of a convolution: what Conv would read at `position * stride - pad + k * dilation`
 * is written there. So the window slides over the output, and its positions are the input's. */

/* Size of dimension i of the output, the pads being known. */
static gint64
get_size (const LatentConvParams *params, guint i, gint64 n)
{
  const LatentWindow *w = &params->window;

  return (n - 1) * w->strides[i] + params->output_padding[i] + latent_window_get_extent (w, i) -
         w->pads_begin[i] - w->pads_end[i];
}

/* output_shape, with or without batch and channels. FALSE for n = 0 where it is absent. */
static gboolean
read_output_shape (
    const LatentNode *node, const LatentConvParams *params, gint64 *shape, guint *n, GError **error)
{
  guint spatial = params->window.n;
  gint64 list[LATENT_MAX_SPATIAL + 2];

  (void)latent_node_get_ints (node, "output_shape", n);
  if (*n == 0)
    return TRUE;
  *n = *n == spatial + 2 ? *n : spatial;
  if (!latent_window_get_list (node, "output_shape", *n, 1, 1, list, error))
    return FALSE;
  if (*n > spatial && (list[0] != params->batch || list[1] != params->channels_out)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "output_shape wants %" G_GINT64_FORMAT " pictures of %" G_GINT64_FORMAT
        " channels, has %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT,
        params->batch, params->channels_out, list[0], list[1]);
    return FALSE;
  }
  for (guint i = 0; i < spatial; i++)
    shape[i] = list[*n - spatial + i];
  return TRUE;
}

static gboolean
resolve (const LatentNode *node, LatentConvParams *params, GError **error)
{
  LatentWindow *w = &params->window;
  gboolean same = w->auto_pad == LATENT_AUTO_PAD_SAME_UPPER ||
                  w->auto_pad == LATENT_AUTO_PAD_SAME_LOWER;
  gint64 shape[LATENT_MAX_SPATIAL];
  guint n = 0;

  if (!read_output_shape (node, params, shape, &n, error))
    return FALSE;
  for (guint i = 0; i < w->n; i++) {
    gint64 positions = w->src[i];
    gint64 wanted = n > 0 ? shape[i] : positions * w->strides[i];
    if (n > 0 || same) {
      w->pads_begin[i] = w->pads_end[i] = 0;
      latent_window_split_pads (w, i, get_size (params, i, positions) - wanted,
          w->auto_pad == LATENT_AUTO_PAD_SAME_UPPER);
    }
    w->dst[i] = positions;
    w->src[i] = n > 0 || same ? wanted : get_size (params, i, positions);
    if (positions > 0 && w->src[i] > 0)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "spatial dimension %u wants an output of 1 or more, %" G_GINT64_FORMAT
        " samples with padding of %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT
        " give %" G_GINT64_FORMAT,
        i, positions, w->pads_begin[i], w->pads_end[i], w->src[i]);
    return FALSE;
  }
  return TRUE;
}

gboolean
latent_conv_transpose_get_params (const LatentNode *node, LatentConvParams *params, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  const LatentShape *weights = latent_op_get_shape (node, 1);

  *params = (LatentConvParams){0};
  if (!latent_window_read (node, src, weights, &params->window, error) ||
      !latent_window_get_list (
          node, "output_padding", params->window.n, 0, 0, params->output_padding, error))
    return FALSE;
  params->batch = src->dims[0];
  params->channels_in = src->dims[1];
  params->groups = latent_node_get_int (node, "group", 1);
  params->channels_out = params->groups >= 1 && params->groups <= G_MAXINT32
                             ? weights->dims[1] * params->groups
                             : 0;
  return latent_conv_check_channels (node, params, weights->dims[0], params->channels_in, error) &&
         resolve (node, params, error);
}

static gboolean
infer_conv_transpose (const LatentNode *node, GError **error)
{
  LatentConvParams params;

  return latent_op_check_same_type (node, 1, error) &&
         latent_conv_transpose_get_params (node, &params, error) &&
         latent_conv_set_output (node, &params, params.window.src, error);
}

static guint64
count_macs (const LatentNode *node)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  const LatentShape *weights = latent_op_get_shape (node, 1);

  return latent_macs_multiply (
      latent_shape_product (src, 0, src->n), latent_shape_product (weights, 1, weights->n));
}

/* dst[i * stride + k * dilation - pad] += weight * src[i] over a row. */
static void
add_tap (const LatentWindow *w, const float *src, float weight, gint64 k, float *dst)
{
  gint64 begin = 0;
  gint64 end = 0;
  gint64 stride = w->strides[2];
  gint64 first = k * w->dilations[2] - w->pads_begin[2];

  latent_window_get_positions (w, 2, k, &begin, &end);
  for (gint64 i = begin; i < end; i++)
    dst[i * stride + first] += weight * src[i];
}

/* What the row at (z, y) of a channel of the input gives to a channel of the output. */
static void
scatter_row (
    const LatentWindow *w, const float *row, const float *weights, gint64 z, gint64 y, float *dst)
{
  gint64 z_taps[2];
  gint64 y_taps[2];

  latent_window_get_taps (w, 0, z, &z_taps[0], &z_taps[1]);
  latent_window_get_taps (w, 1, y, &y_taps[0], &y_taps[1]);
  for (gint64 i = z_taps[0]; i < z_taps[1]; i++)
    for (gint64 j = y_taps[0]; j < y_taps[1]; j++) {
      gint64 to_z = z * w->strides[0] - w->pads_begin[0] + i * w->dilations[0];
      gint64 to_y = y * w->strides[1] - w->pads_begin[1] + j * w->dilations[1];
      const float *taps = weights + (i * w->kernel[1] + j) * w->kernel[2];
      for (gint64 k = 0; k < w->kernel[2]; k++)
        add_tap (w, row, taps[k], k, dst + (to_z * w->src[1] + to_y) * w->src[2]);
    }
}

/* Planes of the output, counted over batch and channels. */
static void
scatter_planes (gsize begin, gsize end, gpointer data)
{
  const LatentConvJob *job = data;
  const LatentConvParams *params = &job->params;
  const LatentWindow *w = &job->window;
  gint64 per_group = params->channels_in / params->groups;
  gint64 out_per_group = params->channels_out / params->groups;
  gsize size = w->src[0] * w->src[1] * w->src[2];
  gsize taps = w->kernel[0] * w->kernel[1] * w->kernel[2];
  gsize rows = w->dst[0] * w->dst[1];

  for (gsize plane = begin; plane < end; plane++) {
    gint64 c = plane % params->channels_out;
    gint64 channel = c / out_per_group * per_group;
    gsize from = plane / params->channels_out * params->channels_in + channel;
    float *dst = job->dst + plane * size;
    for (gsize i = 0; i < size; i++)
      dst[i] = job->bias != NULL ? job->bias[c] : 0;
    for (gsize i = 0; i < per_group * rows; i++)
      scatter_row (w, job->src + (from * rows + i) * w->dst[2],
          job->weights + ((channel + i / rows) * out_per_group + c % out_per_group) * taps,
          i % rows / w->dst[1], i % w->dst[1], dst);
  }
}

static gboolean
eval_conv_transpose (const LatentEval *eval, GError **error)
{
  LatentConvParams params;
  LatentConvJob job;

  if (!latent_conv_transpose_get_params (eval->node, &params, error))
    return FALSE;
  job = latent_conv_get_job (eval, &params);
  latent_parallel (
      eval->threads, (gsize)params.batch * params.channels_out, 1, scatter_planes, &job);
  return TRUE;
}

/* Output padding is not said: the output's size shows it. */
static LatentEmit
emit_conv_transpose (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  LatentConvParams params;
  LatentStencil stencil;

  if (!latent_conv_transpose_get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  stencil = latent_window_get_stencil (&params.window);
  return latent_dnn_deconvolution (builder, node, &stencil, params.groups, error);
}

/* Cuts off samples behind the last window where they are a stride or more, of which a Conv would
 * make another position. */
static LatentValue *
cut_rest (LatentGradient *gradient, const LatentWindow *w, const gint64 *rest, LatentValue *value,
    GError **error)
{
  gint64 starts[LATENT_MAX_SPATIAL] = {0}, ends[LATENT_MAX_SPATIAL], axes[LATENT_MAX_SPATIAL];
  LatentNode *slice;
  guint n = 0;

  for (guint i = 0; i < w->n; i++)
    if (rest[i] >= w->strides[i]) {
      axes[n] = i + 2;
      ends[n++] = w->src[i] - rest[i];
    }
  if (n == 0)
    return value;
  slice = latent_gradient_node (gradient, "Slice", NULL);
  latent_node_add_input (slice, value);
  latent_node_add_input (slice, latent_gradient_ints (gradient, starts, n));
  latent_node_add_input (slice, latent_gradient_ints (gradient, ends, n));
  latent_node_add_input (slice, latent_gradient_ints (gradient, axes, n));
  return latent_gradient_finish (gradient, slice, 1, error);
}

/* The window of the Conv that reads the derivative: as many positions as the node has inputs.
 * Returns the derivative that it reads. */
static LatentValue *
turn_window (LatentGradient *gradient, LatentWindow *w, LatentValue *derivative, GError **error)
{
  gint64 rest[LATENT_MAX_SPATIAL];

  for (guint i = 0; i < w->n; i++) {
    rest[i] = w->src[i] + w->pads_begin[i] - latent_window_get_extent (w, i) -
              (w->dst[i] - 1) * w->strides[i];
    w->pads_end[i] = MAX (-rest[i], 0);
  }
  return cut_rest (gradient, w, rest, derivative, error);
}

static gboolean
add_data_gradient (LatentGradient *gradient, const LatentNode *node, const LatentConvParams *params,
    LatentValue *derivative, GError **error)
{
  LatentValue *src = latent_node_get_input (node, 0);
  LatentNode *conv;

  if (!latent_gradient_wants (gradient, src))
    return TRUE;
  conv = latent_gradient_node (gradient, "Conv", NULL);
  latent_conv_set_attributes (conv, &params->window, params->groups);
  latent_node_add_input (conv, derivative);
  latent_node_add_input (conv, latent_node_get_input (node, 1));
  derivative = latent_gradient_finish (gradient, conv, 1, error);
  if (derivative == NULL)
    return FALSE;
  latent_gradient_add (gradient, src, derivative);
  return TRUE;
}

static gboolean
add_bias_gradient (
    LatentGradient *gradient, LatentValue *bias, LatentValue *derivative, GError **error)
{
  LatentShape wanted = derivative->shape;

  if (!latent_gradient_wants (gradient, bias))
    return TRUE;
  for (guint i = 0; i < wanted.n; i++)
    wanted.dims[i] = i == 1 ? wanted.dims[1] : 1;
  derivative = latent_gradient_unbroadcast (gradient, derivative, &wanted, error);
  if (derivative != NULL)
    derivative = latent_gradient_reshape (gradient, derivative, &bias->shape, error);
  if (derivative == NULL)
    return FALSE;
  latent_gradient_add (gradient, bias, derivative);
  return TRUE;
}

static gboolean
add_conv_transpose_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *derivative = latent_gradient_get (gradient, latent_node_get_output (node, 0));
  LatentConvParams params;

  if (!latent_conv_transpose_get_params (node, &params, error) ||
      !add_bias_gradient (gradient, latent_node_get_input (node, 2), derivative, error))
    return FALSE;
  derivative = turn_window (gradient, &params.window, derivative, error);
  return derivative != NULL && add_data_gradient (gradient, node, &params, derivative, error) &&
         latent_conv_add_weights_gradient (
             gradient, node, &params, derivative, latent_node_get_input (node, 0), NULL, error);
}

/* clang-format off */
const LatentOp latent_ops_conv_transpose[] = {
    {"ConvTranspose", "", 1, LATENT_OPSET_MAX, 2, 3, 1, 1, LATENT_TYPES_F32,
     "auto_pad:s dilations:I group:i kernel_shape:I output_padding:I output_shape:I pads:I "
     "strides:I", infer_conv_transpose, eval_conv_transpose, NULL, emit_conv_transpose,
     count_macs, NULL,
     add_conv_transpose_gradient},
    {0},
};
/* clang-format on */
