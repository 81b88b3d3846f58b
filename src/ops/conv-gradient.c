/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/parallel.h"
#include "src/ops/conv.h"

/* ConvGradientWeights: what a Conv's weights O x C/groups x kernel did to the loss, from what the
 * Conv read (input 0) and the derivative by what it made (input 1); the second output is the
 * derivative by its bias. The attributes are the Conv's, kernel_shape and group among them. */

void
latent_conv_set_attributes (LatentNode *node, const LatentWindow *window, gint64 groups)
{
  latent_window_set_attributes (window, node);
  latent_node_set_int (node, "group", groups);
}

gboolean
latent_conv_add_weights_gradient (LatentGradient *gradient, const LatentNode *node,
    const LatentConvParams *params, LatentValue *src, LatentValue *dst, LatentValue *bias,
    GError **error)
{
  LatentValue *weights = latent_node_get_input (node, 1);
  gboolean wants_bias = latent_gradient_wants (gradient, bias);
  LatentNode *backward;

  if (!latent_gradient_wants (gradient, weights) && !wants_bias)
    return TRUE;
  backward = latent_gradient_node (gradient, "ConvGradientWeights", LATENT_DOMAIN_TRAINING);
  latent_conv_set_attributes (backward, &params->window, params->groups);
  latent_node_add_input (backward, src);
  latent_node_add_input (backward, dst);
  if (latent_gradient_finish (gradient, backward, wants_bias ? 2 : 1, error) == NULL)
    return FALSE;
  latent_gradient_add (gradient, weights, latent_node_get_output (backward, 0));
  latent_gradient_add (gradient, bias, latent_node_get_output (backward, 1));
  return TRUE;
}

/* Whether the derivative has as many places as the window has positions. */
static gboolean
check_derivative (const LatentNode *node, const LatentConvParams *params, GError **error)
{
  LatentShape wanted = *latent_op_get_shape (node, 0);

  wanted.dims[1] = params->channels_out;
  for (guint i = 0; i < params->window.n; i++)
    wanted.dims[i + 2] = params->window.dst[i];
  return latent_op_check_shape (node, 1, "derivative", &wanted, error);
}

static gboolean
get_params (const LatentNode *node, LatentConvParams *params, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);
  const LatentShape *dst = latent_op_get_shape (node, 1);

  *params = (LatentConvParams){0};
  if (!latent_window_read (node, src, NULL, &params->window, error) ||
      !latent_op_check_rank (node, 1, "derivative", src->n, src->n, error))
    return FALSE;
  params->batch = src->dims[0];
  params->channels_in = src->dims[1];
  params->channels_out = dst->dims[1];
  params->groups = latent_node_get_int (node, "group", 1);
  return latent_conv_check_channels (node, params, 0, 0, error) &&
         latent_window_resolve (&params->window, FALSE, error) &&
         check_derivative (node, params, error);
}

static gboolean
infer_weights (const LatentNode *node, GError **error)
{
  LatentConvParams params;
  LatentShape weights = {.n = 2};
  LatentShape bias = {.n = 1};

  if (!get_params (node, &params, error))
    return FALSE;
  weights.dims[0] = bias.dims[0] = params.channels_out;
  weights.dims[1] = params.channels_in / params.groups;
  for (guint i = 0; i < params.window.n; i++)
    weights.dims[weights.n++] = params.window.kernel[i];
  return latent_op_set_output (node, 0, LATENT_DATA_TYPE_FLOAT32, &weights, error) &&
         latent_op_set_output (node, 1, LATENT_DATA_TYPE_FLOAT32, &bias, error);
}

static guint64
count_macs (const LatentNode *node)
{
  const LatentShape *weights = &latent_node_get_output (node, 0)->shape;
  const LatentShape *dst = latent_op_get_shape (node, 1);

  return latent_macs_multiply (
      latent_shape_product (dst, 0, dst->n), latent_shape_product (weights, 1, weights->n));
}

typedef struct {
  LatentConvParams params;
  LatentWindow window; /* with three dimensions */
  const float *src;
  const float *derivative;
  float *weights; /* or NULL, as the next */
  float *bias;
} WeightsJob;

/* Samples of two planes that tap i, j, k brings together, multiplied and summed. */
static double
correlate (
    const LatentWindow *w, const float *src, const float *derivative, gint64 i, gint64 j, gint64 k)
{
  gint64 begin[LATENT_MAX_SPATIAL], end[LATENT_MAX_SPATIAL];
  gint64 shift = k * w->dilations[2] - w->pads_begin[2];
  double sum = 0;

  latent_window_get_positions (w, 0, i, &begin[0], &end[0]);
  latent_window_get_positions (w, 1, j, &begin[1], &end[1]);
  latent_window_get_positions (w, 2, k, &begin[2], &end[2]);
  for (gint64 z = begin[0]; z < end[0]; z++)
    for (gint64 y = begin[1]; y < end[1]; y++) {
      gint64 from_z = z * w->strides[0] - w->pads_begin[0] + i * w->dilations[0];
      gint64 from_y = y * w->strides[1] - w->pads_begin[1] + j * w->dilations[1];
      const float *from = src + (from_z * w->src[1] + from_y) * w->src[2];
      const float *row = derivative + (z * w->dst[1] + y) * w->dst[2];
      for (gint64 x = begin[2]; x < end[2]; x++)
        sum += (double)row[x] * from[x * w->strides[2] + shift];
    }
  return sum;
}

/* Entries of the weights. */
static void
derive_weights (gsize begin, gsize end, gpointer data)
{
  const WeightsJob *job = data;
  const LatentConvParams *params = &job->params;
  const LatentWindow *w = &job->window;
  gint64 taps = w->kernel[0] * w->kernel[1] * w->kernel[2];
  gint64 per_group = params->channels_in / params->groups;
  gint64 src_plane = w->src[0] * w->src[1] * w->src[2];
  gint64 dst_plane = w->dst[0] * w->dst[1] * w->dst[2];

  for (gsize entry = begin; entry < end; entry++) {
    gint64 tap = entry % taps;
    gint64 out = entry / taps / per_group;
    gint64 in = out / (params->channels_out / params->groups) * per_group +
                entry / taps % per_group;
    double sum = 0;
    for (gint64 n = 0; n < params->batch; n++)
      sum += correlate (w, job->src + (n * params->channels_in + in) * src_plane,
          job->derivative + (n * params->channels_out + out) * dst_plane,
          tap / (w->kernel[1] * w->kernel[2]), tap / w->kernel[2] % w->kernel[1],
          tap % w->kernel[2]);
    job->weights[entry] = (float)sum;
  }
}

static void
derive_bias (const WeightsJob *job)
{
  gint64 channels = job->params.channels_out;
  gint64 plane = job->window.dst[0] * job->window.dst[1] * job->window.dst[2];

  for (gint64 c = 0; c < channels; c++) {
    double sum = 0;
    for (gint64 n = 0; n < job->params.batch; n++)
      for (gint64 i = 0; i < plane; i++)
        sum += job->derivative[(n * channels + c) * plane + i];
    job->bias[c] = (float)sum;
  }
}

static gboolean
eval_weights (const LatentEval *eval, GError **error)
{
  WeightsJob job = {.src = eval->src[0].data,
      .derivative = eval->src[1].data,
      .weights = eval->dst[0].data,
      .bias = eval->n_dst > 1 ? eval->dst[1].data : NULL};

  if (!get_params (eval->node, &job.params, error))
    return FALSE;
  job.window = latent_window_expand (&job.params.window);
  if (job.weights != NULL)
    latent_parallel (eval->threads, eval->dst[0].n, 4, derive_weights, &job);
  if (job.bias != NULL)
    derive_bias (&job);
  return TRUE;
}

static LatentEmit
emit_weights (LatentBuilder *builder, const LatentNode *node, GError **error)
{
  LatentConvParams params;
  LatentStencil stencil;

  if (!get_params (node, &params, error))
    return LATENT_EMIT_FAILED;
  stencil = latent_window_get_stencil (&params.window);
  return latent_dnn_convolution_backward_weights (builder, node, &stencil, params.groups, error);
}

/* clang-format off */
const LatentOp latent_ops_conv_gradient[] = {
    {"ConvGradientWeights", LATENT_DOMAIN_TRAINING, 1, 1, 2, 2, 1, 2, LATENT_TYPES_F32,
     "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I", infer_weights, eval_weights,
     NULL, emit_weights, count_macs},
    {0},
};
/* clang-format on */
