/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/base/random.h"
#include "src/model/model.h"
#include "src/ops/op.h"
#include "src/train/objective-private.h"

/* The prior under which bits are counted; it exists in training alone. */

#define FIRST_LOG_SCALE 1.0f /* in steps: latents start wide rather than narrow */

/* Logarithms of scales are several times as far from where they start as weights are, and an
 * optimiser moves all alike: so a parameter is a part of one. Until scales are right, bits mislead
 * the net. */
#define SCALE_UNIT 16.0f

/* The dimension of channels: the last of rows of tokens, else that behind the batch. */
static guint
find_axis (const LatentObjectiveMaker *maker)
{
  guint n = maker->latent->shape.n;
  gboolean is_sound = latent_model_get_media_info (maker->model)->kind == LATENT_MEDIA_AUDIO;

  return n == 3 && !is_sound ? 2 : 1;
}

static void
fill (LatentValue *parameter, float value)
{
  float *data = latent_tensor_get_writable_data (parameter->data);

  for (gsize i = 0; i < parameter->data->n_elements; i++)
    data[i] = value;
}

/* He 2015: what goes into a Relu keeps its size. */
static void
fill_random (const LatentObjectiveMaker *maker, LatentValue *parameter, gsize n_inputs)
{
  LatentRandom random;

  latent_random_init (&random, (guint64)latent_recipe_get_int (maker->recipe, "seed"),
      LATENT_RANDOM_WEIGHTS, G_MAXUINT64); /* a place that no layer of a net has */
  latent_random_fill_normal (&random, latent_tensor_get_writable_data (parameter->data),
      parameter->data->n_elements, (float)sqrt (2. / (double)n_inputs));
}

/* A layer on the channels alone, whatever the place: a 1x1 convolution, or a matrix product where
 * channels come last. */
static LatentValue *
add_layer (LatentObjectiveMaker *maker, const char *name, LatentValue *src, guint axis,
    gint64 n_outputs, LatentValue **weights, GError **error)
{
  g_autofree char *weights_name = g_strconcat (name, ".weights", NULL);
  g_autofree char *bias_name = g_strconcat (name, ".bias", NULL);
  gboolean is_last = axis + 1 == src->shape.n;
  LatentShape shape = {
      src->shape.n, {n_outputs, src->shape.dims[axis]}
  };
  const LatentShape bias_shape = {1, {n_outputs}};
  LatentValue *bias = NULL, *product;

  for (guint i = 2; i < shape.n; i++)
    shape.dims[i] = 1;
  if (is_last)
    shape = (LatentShape){
        2, {src->shape.dims[axis], n_outputs}
    };
  *weights = latent_objective_add_parameter (maker, weights_name, &shape, error);
  if (*weights != NULL)
    bias = latent_objective_add_parameter (maker, bias_name, &bias_shape, error);
  if (bias == NULL)
    return NULL;
  if (!is_last)
    return latent_objective_add_output (maker,
        latent_objective_add_node (
            maker, "Conv", NULL, 3, (LatentValue *const[]){src, *weights, bias}),
        name, error);
  product = latent_objective_add_output (maker,
      latent_objective_add_node (maker, "MatMul", NULL, 2, (LatentValue *const[]){src, *weights}),
      name, error);
  if (product == NULL)
    return NULL;
  return latent_objective_add_output (maker,
      latent_objective_add_node (maker, "Add", NULL, 2, (LatentValue *const[]){product, bias}),
      name, error);
}

/* What a frame's symbols say of the next one's: by how much they will differ, and the logarithm of
 * the scale around that. At first: not at all. All of it is in the units of the prior. */
static LatentValue *
add_conditional (LatentObjectiveMaker *maker, guint axis, GError **error)
{
  gint64 channels = maker->symbols->shape.dims[axis];
  LatentValue *weights = NULL;
  LatentValue *hidden = add_layer (maker, "train.prior.hidden",
      maker->step != NULL ? maker->quantised : maker->symbols, axis, channels, &weights, error);

  if (hidden == NULL)
    return NULL;
  fill_random (maker, weights, (gsize)channels);
  hidden = latent_objective_add_output (maker,
      latent_objective_add_node (maker, "Relu", NULL, 1, &hidden), "train.prior.hidden", error);
  return hidden != NULL
             ? add_layer (maker, "train.prior.next", hidden, axis, 2 * channels, &weights, error)
             : NULL;
}

LatentValue *
latent_objective_add_scales (LatentObjectiveMaker *maker, const char *name,
    const LatentShape *shape, float value, GError **error)
{
  const LatentShape one = {1, {1}};
  g_autofree char *unit_name = g_strconcat (name, ".unit", NULL);
  g_autofree char *output = g_strconcat (name, ".value", NULL);
  LatentValue *parameter = latent_objective_add_parameter (maker, name, shape, error);
  LatentValue *unit = latent_objective_add_constant (maker, unit_name, &one, error);

  if (parameter == NULL || unit == NULL)
    return NULL;
  fill (parameter, value / SCALE_UNIT);
  fill (unit, SCALE_UNIT);
  return latent_objective_add_output (maker,
      latent_objective_add_node (maker, "Mul", NULL, 2, (LatentValue *const[]){parameter, unit}),
      output, error);
}

gboolean
latent_objective_add_prior (LatentObjectiveMaker *maker, GError **error)
{
  guint axis = find_axis (maker);
  const LatentShape channels = {1, {maker->symbols->shape.dims[axis]}};
  LatentValue *mean = NULL, *log_scale = NULL, *conditional = NULL;
  gboolean has_pairs = maker->self->unit % 2 == 0; /* a sequence of sound is pairs, too */
  LatentNode *node;

  mean = latent_objective_add_parameter (maker, "train.prior.mean", &channels, error);
  if (mean != NULL)
    log_scale = latent_objective_add_scales (
        maker, "train.prior.log_scale", &channels, FIRST_LOG_SCALE, error);
  if (log_scale == NULL)
    return FALSE;
  if (latent_recipe_get_bool (maker->recipe, "rate-context")) {
    log_scale = latent_objective_add_context (maker, log_scale, axis, error);
    if (log_scale == NULL)
      return FALSE;
  }
  if (has_pairs) {
    conditional = add_conditional (maker, axis, error);
    if (conditional == NULL)
      return FALSE;
  }
  node = latent_objective_add_node (maker, "LogisticBits", LATENT_DOMAIN_TRAINING,
      maker->step != NULL ? 6 : 5,
      (LatentValue *const[]){
          maker->symbols, mean, log_scale, conditional, maker->count, maker->step});
  latent_node_set_int (node, "axis", axis);
  maker->terms[LATENT_TERM_BITS] = latent_objective_add_output (maker, node, "train.bits", error);
  return maker->terms[LATENT_TERM_BITS] != NULL;
}
