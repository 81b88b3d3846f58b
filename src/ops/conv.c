/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/conv.h"

#include "src/base/parallel.h"

static gboolean
check_bias (const LatentNode *node, gint64 channels, GError **error)
{
  g_autofree char *wanted = NULL;

  if (latent_node_get_input (node, 2) == NULL)
    return TRUE;
  if (!latent_op_check_same_type (node, 2, error))
    return FALSE;
  if (latent_op_get_shape (node, 2)->n == 1 && latent_op_get_shape (node, 2)->dims[0] == channels)
    return TRUE;
  wanted = g_strdup_printf ("%" G_GINT64_FORMAT " numbers", channels);
  latent_op_set_shape_error (error, "bias", wanted, latent_op_get_shape (node, 2));
  return FALSE;
}

gboolean
latent_conv_check_channels (const LatentNode *node, const LatentConvParams *params,
    gint64 weights_in, gint64 wanted_in, GError **error)
{
  if (params->groups < 1 || params->channels_in < 1 || params->channels_out < 1 ||
      params->channels_in % params->groups != 0 || params->channels_out % params->groups != 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "group wants a divisor of %" G_GINT64_FORMAT " channels in and %" G_GINT64_FORMAT
        " out, is %" G_GINT64_FORMAT,
        params->channels_in, params->channels_out, params->groups);
    return FALSE;
  }
  if (weights_in != wanted_in) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "weights want %" G_GINT64_FORMAT " channels in, are offered %" G_GINT64_FORMAT, wanted_in,
        weights_in);
    return FALSE;
  }
  return check_bias (node, params->channels_out, error);
}

gboolean
latent_conv_set_output (
    const LatentNode *node, const LatentConvParams *params, const gint64 *size, GError **error)
{
  LatentShape dst = {
      params->window.n + 2, {params->batch, params->channels_out}
  };

  for (guint i = 0; i < params->window.n; i++)
    dst.dims[i + 2] = size[i];
  return latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

gboolean
latent_conv_get_params (const LatentNode *node, LatentConvParams *params, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  const LatentShape *weights = latent_op_get_shape (node, 1);

  *params = (LatentConvParams){0};
  if (!latent_window_read (node, src, weights, &params->window, error))
    return FALSE;
  params->batch = src->dims[0];
  params->channels_in = src->dims[1];
  params->channels_out = weights->dims[0];
  params->groups = latent_node_get_int (node, "group", 1);
  return latent_conv_check_channels (node, params, weights->dims[1],
             params->channels_in / MAX (params->groups, 1), error) &&
         latent_window_resolve (&params->window, FALSE, error);
}

static gboolean
infer_conv (const LatentNode *node, GError **error)
{
  LatentConvParams params;

  return latent_op_check_same_type (node, 1, error) &&
         latent_conv_get_params (node, &params, error) &&
         latent_conv_set_output (node, &params, params.window.dst, error);
}

static guint64
count_conv_macs (const LatentNode *node)
{
  const LatentShape *dst = &latent_node_get_output (node, 0)->shape;
  const LatentShape *weights = latent_op_get_shape (node, 1);

  return latent_macs_multiply (
      latent_shape_product (dst, 0, dst->n), latent_shape_product (weights, 1, weights->n));
}

LatentConvJob
latent_conv_get_job (const LatentEval *eval, const LatentConvParams *params)
{
  return (LatentConvJob){.params = *params,
      .window = latent_window_expand (&params->window),
      .src = eval->src[0].data,
      .weights = eval->src[1].data,
      .bias = eval->n_src > 2 ? eval->src[2].data : NULL,
      .dst = eval->dst[0].data};
}

/* dst[o] += weight * src[o * stride + k * dilation - pad] over a row. */
static void
add_tap (const LatentWindow *w, const float *src, float weight, gint64 k, float *dst)
{
  gint64 begin = 0;
  gint64 end = 0;
  gint64 stride = w->strides[2];
  gint64 first = k * w->dilations[2] - w->pads_begin[2];

  latent_window_get_positions (w, 2, k, &begin, &end);
  if (stride == 1)
    for (gint64 o = begin; o < end; o++)
      dst[o] += weight * src[o + first];
  else
    for (gint64 o = begin; o < end; o++)
      dst[o] += weight * src[o * stride + first];
}

/* One channel's share of a row of the output at depth z, height y. */
static void
add_channel (
    const LatentWindow *w, const float *src, const float *weights, gint64 z, gint64 y, float *dst)
{
  gint64 z_taps[2];
  gint64 y_taps[2];

  latent_window_get_taps (w, 0, z, &z_taps[0], &z_taps[1]);
  latent_window_get_taps (w, 1, y, &y_taps[0], &y_taps[1]);
  for (gint64 i = z_taps[0]; i < z_taps[1]; i++)
    for (gint64 j = y_taps[0]; j < y_taps[1]; j++) {
      gint64 from_z = z * w->strides[0] - w->pads_begin[0] + i * w->dilations[0];
      gint64 from_y = y * w->strides[1] - w->pads_begin[1] + j * w->dilations[1];
      const float *row = src + (from_z * w->src[1] + from_y) * w->src[2];
      const float *taps = weights + (i * w->kernel[1] + j) * w->kernel[2];
      for (gint64 k = 0; k < w->kernel[2]; k++)
        add_tap (w, row, taps[k], k, dst);
    }
}

/* Rows of the output, counted over batch, channel, depth and height. */
static void
convolve_rows (gsize begin, gsize end, gpointer data)
{
  const LatentConvJob *job = data;
  const LatentWindow *w = &job->window;
  gint64 per_group = job->params.channels_in / job->params.groups;
  gint64 channels = job->params.channels_out;
  gsize src_plane = w->src[0] * w->src[1] * w->src[2];
  gsize taps = w->kernel[0] * w->kernel[1] * w->kernel[2];

  for (gsize row = begin; row < end; row++) {
    gint64 y = row % w->dst[1];
    gint64 z = row / w->dst[1] % w->dst[0];
    gint64 plane = row / (w->dst[1] * w->dst[0]);
    gint64 c = plane % channels;
    gint64 from = plane / channels * job->params.channels_in +
                  c / (channels / job->params.groups) * per_group;
    float *dst = job->dst + row * w->dst[2];
    for (gint64 x = 0; x < w->dst[2]; x++)
      dst[x] = job->bias != NULL ? job->bias[c] : 0;
    for (gint64 i = 0; i < per_group; i++)
      add_channel (w, job->src + (from + i) * src_plane, job->weights + (c * per_group + i) * taps,
          z, y, dst);
  }
}

static gboolean
eval_conv (const LatentEval *eval, GError **error)
{
  LatentConvParams params;
  LatentConvJob job;
  const LatentWindow *w = &job.window;

  if (!latent_conv_get_params (eval->node, &params, error))
    return FALSE;
  job = latent_conv_get_job (eval, &params);
  latent_parallel (eval->threads, (gsize)params.batch * params.channels_out * w->dst[0] * w->dst[1],
      4, convolve_rows, &job);
  return TRUE;
}

static LatentEmit
emit_conv (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  LatentConvParams params;
  LatentStencil stencil;

  if (!latent_conv_get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  stencil = latent_window_get_stencil (&params.window);
  return latent_dnn_convolution (builder, node, &stencil, params.groups, error);
}

/* Samples that no window reads lie behind the last one: output padding of the transpose. */
static LatentValue *
add_data_gradient (LatentGradient *gradient, const LatentNode *node, const LatentConvParams *params,
    LatentValue *derivative, GError **error)
{
  const LatentWindow *w = &params->window;
  LatentNode *transpose = latent_gradient_node (gradient, "ConvTranspose", NULL);
  gint64 padding[LATENT_MAX_SPATIAL];

  for (guint i = 0; i < w->n; i++)
    padding[i] = w->src[i] + w->pads_begin[i] + w->pads_end[i] - latent_window_get_extent (w, i) -
                 (w->dst[i] - 1) * w->strides[i];
  latent_conv_set_attributes (transpose, w, params->groups);
  latent_node_set_ints (transpose, "output_padding", padding, w->n);
  latent_node_add_input (transpose, derivative);
  latent_node_add_input (transpose, latent_node_get_input (node, 1));
  return latent_gradient_finish (gradient, transpose, 1, error);
}

static gboolean
add_conv_gradient (LatentGradient *gradient, const LatentNode *node, GError **error)
{
  LatentValue *derivative = latent_gradient_get (gradient, latent_node_get_output (node, 0));
  LatentValue *src = latent_node_get_input (node, 0);
  LatentConvParams params;

  if (!latent_conv_get_params (node, &params, error))
    return FALSE;
  if (latent_gradient_wants (gradient, src)) {
    LatentValue *data = add_data_gradient (gradient, node, &params, derivative, error);
    if (data == NULL)
      return FALSE;
    latent_gradient_add (gradient, src, data);
  }
  return latent_conv_add_weights_gradient (
      gradient, node, &params, src, derivative, latent_node_get_input (node, 2), error);
}

/* clang-format off */
const LatentOp latent_ops_conv[] = {
    {"Conv", "", 1, LATENT_OPSET_MAX, 2, 3, 1, 1, LATENT_TYPES_F32,
     "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I", infer_conv, eval_conv, NULL,
     emit_conv, count_conv_macs, NULL, add_conv_gradient},
    {0},
};
/* clang-format on */
