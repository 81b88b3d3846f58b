/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/tensor.h"
#include "src/train/calibration-private.h"

#define LIMIT     127  /* of weights' integers: as far down as up */
#define MOST_BIAS 1e9f /* of a bias's integers */

/* Scales that are tried: the largest weight is 127 of the first, less of the others by this each.
 */
#define TRIES  20
#define NARROW 0.02

/* Rounds of going over all integers of a unit; few need more than a handful. */
#define MOST_ROUNDS 20
/* Part of the mean variance that is added to each input's, so that what hardly ever varied in the
 * samples is not free to be anything. */
#define RIDGE 0.01

static gsize
find_weight (const LatentWeightsView *view, gsize group, gsize unit, gsize i)
{
  return group * view->group_stride + unit * view->unit_stride + i * view->k_stride;
}

static gsize
get_scale_index (const LatentWeightsView *view, gsize group, gsize unit)
{
  gsize channel = unit / view->taps;

  return view->n_scales == view->n_channels ? group * (view->units / view->taps) + channel
                                            : channel;
}

static gint
clamp (double integer)
{
  return (gint)CLAMP (rint (integer), -LIMIT, LIMIT);
}

/* Adds the squared error of all weights with a scale, for each of the scales that are tried. */
static void
try_scales (const LatentWeightsView *view, const float *weights, gsize group, gsize unit,
    double largest, double errors[TRIES])
{
  for (guint i = 0; i < TRIES; i++) {
    double scale = largest * (1 - NARROW * i) / LIMIT;
    for (gsize j = 0; j < view->k; j++) {
      double weight = weights[find_weight (view, group, unit, j)];
      double error = weight - scale * clamp (weight / scale);
      errors[i] += error * error;
    }
  }
}

static double
find_largest (const LatentWeightsView *view, const float *weights, gsize index)
{
  double largest = 0;

  for (gsize group = 0; group < view->groups; group++)
    for (gsize unit = 0; unit < view->units; unit++)
      for (gsize i = 0; get_scale_index (view, group, unit) == index && i < view->k; i++)
        largest = fmax (largest, fabsf (weights[find_weight (view, group, unit, i)]));
  return largest;
}

static float
choose_scale (const LatentWeightsView *view, const float *weights, gsize index)
{
  double largest = find_largest (view, weights, index);
  double errors[TRIES] = {0};
  guint best = 0;

  if (largest < 1e-30)
    return 1;
  for (gsize group = 0; group < view->groups; group++)
    for (gsize unit = 0; unit < view->units; unit++)
      if (get_scale_index (view, group, unit) == index)
        try_scales (view, weights, group, unit, largest, errors);
  for (guint i = 1; i < TRIES; i++)
    if (errors[i] < errors[best])
      best = i;
  return (float)(largest * (1 - NARROW * best) / LIMIT);
}

/* Mean products of what a group multiplies, k x k, both triangles, less those of the means where a
 * bias takes care of these; NULL where they were not kept. */
static float *
get_covariance (const LatentMoments *moments, gboolean has_bias)
{
  gsize k = moments->k;
  float *matrix;
  double mean = 0;

  if (moments->products == NULL || moments->n < 1)
    return NULL;
  matrix = g_new (float, k *k);
  for (gsize i = 0; i < k; i++)
    for (gsize j = i; j < k; j++) {
      double product = moments->products[i * k + j] / moments->n;
      if (has_bias)
        product -= moments->rounded[i] / moments->n * (moments->rounded[j] / moments->n);
      matrix[i * k + j] = matrix[j * k + i] = (float)product;
      mean += i == j ? product / (double)k : 0;
    }
  for (gsize i = 0; i < k; i++)
    matrix[i * k + i] += (float)(RIDGE * mean);
  return matrix;
}

/* One unit's integers, and the gradient of its output's squared error by each. */
typedef struct {
  gsize k;
  const float *covariance;
  double scale;
  gint *integers;
  double *errors;    /* integer * scale - weight */
  double *gradients; /* covariance times errors */
} Unit;

static void
move (Unit *self, gsize i, gint by)
{
  double change = by * self->scale;
  const float *row = self->covariance + i * self->k;

  self->integers[i] += by;
  self->errors[i] += change;
  for (gsize j = 0; j < self->k; j++)
    self->gradients[j] += row[j] * change;
}

/* Moves each integer by one where that makes the output's error smaller, until none does. */
static void
descend (Unit *self)
{
  gboolean moved = TRUE;

  for (gsize i = 0; i < self->k; i++) {
    self->gradients[i] = 0;
    for (gsize j = 0; j < self->k; j++)
      self->gradients[i] += self->covariance[i * self->k + j] * self->errors[j];
  }
  for (guint round = 0; moved && round < MOST_ROUNDS; round++) {
    moved = FALSE;
    for (gsize i = 0; i < self->k; i++) {
      gint by = self->gradients[i] > 0 ? -1 : 1;
      double gain = 2 * fabs (self->gradients[i]) - self->scale * self->covariance[i * self->k + i];
      if (gain <= 0 || ABS (self->integers[i] + by) > LIMIT)
        continue;
      move (self, i, by);
      moved = TRUE;
    }
  }
}

static void
round_unit (const LatentWeightsView *view, const float *weights, gsize group, gsize unit,
    Unit *work, gint8 *dst)
{
  for (gsize i = 0; i < view->k; i++) {
    double weight = weights[find_weight (view, group, unit, i)];
    work->integers[i] = clamp (weight / work->scale);
    work->errors[i] = work->integers[i] * work->scale - weight;
  }
  if (work->covariance != NULL)
    descend (work);
  for (gsize i = 0; i < view->k; i++)
    dst[find_weight (view, group, unit, i)] = (gint8)work->integers[i];
}

/* By how much the unit's output is more than in f32, in the mean. */
static double
get_shift (const LatentWeightsView *view, const float *weights, gsize group, gsize unit,
    const Unit *work, const LatentMoments *moments)
{
  double shift = 0;

  for (gsize i = 0; i < view->k && moments->n > 0; i++)
    shift += (work->integers[i] * work->scale * moments->rounded[i] -
                 weights[find_weight (view, group, unit, i)] * moments->sum[i]) /
             moments->n;
  return shift;
}

static void
round_group (LatentLayer *layer, const float *weights, gsize group, gboolean by_output)
{
  const LatentWeightsView *view = &layer->view;
  const LatentMoments *moments = &layer->moments[group];
  g_autofree float *covariance = by_output ? get_covariance (moments, layer->has_bias) : NULL;
  g_autofree gint *integers = g_new (gint, view->k);
  g_autofree double *errors = g_new (double, view->k);
  g_autofree double *gradients = g_new (double, view->k);
  Unit work = {view->k, covariance, 1, integers, errors, gradients};
  gsize channels = view->units / view->taps;

  for (gsize unit = 0; unit < view->units; unit++) {
    work.scale = layer->scales[get_scale_index (view, group, unit)];
    round_unit (
        view, weights, group, unit, &work, latent_tensor_get_writable_data (layer->integers));
    layer->shifts[group * channels + unit / view->taps] += get_shift (view, weights, group, unit,
                                                               &work, moments) *
                                                           view->overlap;
  }
}

/* Steps of a bias of 32 bits must reach it. */
static float
get_least_scale (const LatentLayer *layer, const LatentTensor *bias, float src_scale, gsize index)
{
  const LatentWeightsView *view = &layer->view;
  float largest = 0;

  for (gsize i = 0; bias != NULL && i < view->n_channels; i++)
    if (i % view->n_scales == index)
      largest = fmaxf (largest, fabsf (((const float *)bias->data)[i]));
  return largest / src_scale / MOST_BIAS;
}

gboolean
latent_layer_round (LatentLayer *layer, const LatentTensor *weights, const LatentTensor *bias,
    float src_scale, gboolean by_output, GError **error)
{
  const LatentWeightsView *view = &layer->view;

  layer->integers = latent_tensor_new_shape (LATENT_DATA_TYPE_INT8, &weights->shape, error);
  if (layer->integers == NULL)
    return FALSE;
  layer->scales = g_new (float, view->n_scales);
  layer->shifts = g_new0 (double, view->n_channels);
  for (gsize i = 0; i < view->n_scales; i++)
    layer->scales[i] = fmaxf (
        choose_scale (view, weights->data, i), get_least_scale (layer, bias, src_scale, i));
  for (gsize group = 0; group < view->groups; group++)
    round_group (layer, weights->data, group, by_output);
  return TRUE;
}
