/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/ops/op.h"
#include "src/train/objective-private.h"

/* What a coder knows of a symbol before it decodes it: the places before it in reading order, and
 * the channels before it at its own. A linear function of log (1 + |symbol|) there is added to the
 * logarithm of the scale; at first it is 0. */

/* Whether channel `from` of the neighbour at `place` of a 3x3 (or 3) kernel is decoded before
 * channel `to` in its middle. */
static gboolean
is_before (gsize place, gsize middle, gsize from, gsize to)
{
  return place < middle || (place == middle && from < to);
}

/* 1 for each weight of what is decoded before, else 0. */
static LatentValue *
add_mask (LatentObjectiveMaker *maker, const LatentShape *shape, GError **error)
{
  LatentValue *mask = latent_objective_add_constant (maker, "train.prior.mask", shape, error);
  gsize places = latent_shape_product (shape, 2, shape->n);
  gsize channels = (gsize)shape->dims[0];
  float *data;

  if (mask == NULL)
    return NULL;
  data = latent_tensor_get_writable_data (mask->data);
  for (gsize to = 0; to < channels; to++)
    for (gsize from = 0; from < channels; from++)
      for (gsize place = 0; place < places; place++)
        *data++ = is_before (place, places / 2, from, to) ? 1 : 0;
  return mask;
}

static LatentValue *
add_two (LatentObjectiveMaker *maker, const char *op, LatentValue *a, LatentValue *b,
    const char *name, GError **error)
{
  if (a == NULL || b == NULL)
    return NULL;
  return latent_objective_add_output (maker,
      latent_objective_add_node (maker, op, NULL, 2, (LatentValue *const[]){a, b}), name, error);
}

static LatentValue *
add_one (
    LatentObjectiveMaker *maker, const char *op, LatentValue *a, const char *name, GError **error)
{
  if (a == NULL)
    return NULL;
  return latent_objective_add_output (
      maker, latent_objective_add_node (maker, op, NULL, 1, &a), name, error);
}

/* One number that is not learned. */
static LatentValue *
add_number (LatentObjectiveMaker *maker, const char *name, double number, GError **error)
{
  const LatentShape shape = {1, {1}};
  LatentValue *value = latent_objective_add_constant (maker, name, &shape, error);

  if (value != NULL)
    *(float *)latent_tensor_get_writable_data (value->data) = (float)number;
  return value;
}

/* log (1 + |symbol|), of symbols as the decoder gets them: 0 where nothing is, outside the picture
 * too. */
static LatentValue *
add_magnitudes (LatentObjectiveMaker *maker, GError **error)
{
  LatentValue *one = add_number (maker, "train.prior.one", 1, error);
  LatentValue *step = maker->step != NULL
                          ? maker->step
                          : add_number (maker, "train.prior.step", maker->self->step, error);
  LatentValue *value = add_one (maker, "Abs", maker->quantised, "train.prior.sizes", error);

  value = add_two (maker, "Div", value, step, "train.prior.magnitudes", error);
  value = add_two (maker, "Add", value, one, "train.prior.above", error);
  return add_one (maker, "Log", value, "train.prior.seen", error);
}

static LatentValue *
add_conv (LatentObjectiveMaker *maker, LatentValue *src, LatentValue *weights, LatentValue *bias,
    GError **error)
{
  gint64 pads[2 * LATENT_MAX_DIMS];
  guint n = 2 * (src->shape.n - 2);
  LatentNode *node = latent_objective_add_node (
      maker, "Conv", NULL, 3, (LatentValue *const[]){src, weights, bias});

  for (guint i = 0; i < n; i++)
    pads[i] = 1;
  latent_node_set_ints (node, "pads", pads, n);
  return latent_objective_add_output (maker, node, "train.prior.local", error);
}

/* Where steps are drawn: how much of a channel's scale goes with the step, in what is known already
 * of a symbol that is 0. */
static LatentValue *
add_step (LatentObjectiveMaker *maker, LatentValue *local, GError **error)
{
  LatentShape shape = {
      local->shape.n - 1, {local->shape.dims[1], 1, 1, 1}
  };
  LatentValue *slope, *log_step;

  if (maker->step == NULL)
    return local;
  slope = latent_objective_add_scales (maker, "train.prior.slope", &shape, 0, error);
  log_step = add_one (maker, "Log", maker->step, "train.prior.log_step", error);
  return add_two (maker, "Add", local,
      add_two (maker, "Mul", slope, log_step, "train.prior.by_step", error),
      "train.prior.local_scale", error);
}

LatentValue *
latent_objective_add_context (
    LatentObjectiveMaker *maker, LatentValue *log_scale, guint axis, GError **error)
{
  const LatentShape *symbols = &maker->symbols->shape;
  LatentShape shape = {
      symbols->n, {symbols->dims[axis], symbols->dims[axis], 3, 3}
  };
  LatentValue *weights, *local;

  if (axis != 1 || symbols->n < 3 || symbols->n > 4) {
    latent_objective_fail (
        error, "rate-context", "wants latents of a picture or of sound in places");
    return NULL;
  }
  weights = latent_objective_add_parameter (maker, "train.prior.near", &shape, error);
  if (weights == NULL)
    return NULL;
  weights = add_two (
      maker, "Mul", weights, add_mask (maker, &shape, error), "train.prior.before", error);
  local = add_magnitudes (maker, error);
  if (weights == NULL || local == NULL)
    return NULL;
  local = add_conv (maker, local, weights, log_scale, error);
  return local != NULL ? add_step (maker, local, error) : NULL;
}
