/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/model/model.h"
#include "src/ops/op.h"
#include "src/train/objective-private.h"

/* What the decoder reads becomes `name`, a new value; the latent itself stays what the encoder
 * makes. */
static LatentValue *
replace_latent (LatentObjectiveMaker *maker, LatentNode *node, const char *name, GError **error)
{
  LatentValue *value = latent_objective_add_output (maker, node, name, error);

  if (value == NULL)
    return NULL;
  latent_graph_replace_uses (maker->graph, maker->latent, value);
  for (guint i = 0; i < node->inputs->len; i++)
    if (node->inputs->pdata[i] == value)
      node->inputs->pdata[i] = maker->latent;
  return value;
}

/* a = mean + exp(logvar / 2) epsilon, and what that costs. */
static gboolean
add_sampling (LatentObjectiveMaker *maker, GError **error)
{
  LatentValue *epsilon = latent_objective_add_input (
      maker, "train.epsilon", LATENT_DATA_TYPE_FLOAT32, &maker->latent->shape, error);
  LatentNode *node;

  if (epsilon == NULL)
    return FALSE;
  node = latent_objective_add_node (maker, "SampleNormal", LATENT_DOMAIN_TRAINING, 3,
      (LatentValue *const[]){maker->latent, maker->logvar, epsilon});
  if (replace_latent (maker, node, "train.sample", error) == NULL)
    return FALSE;
  node = latent_objective_add_node (maker, "KlNormal", LATENT_DOMAIN_TRAINING, 3,
      (LatentValue *const[]){maker->latent, maker->logvar, maker->count});
  maker->terms[LATENT_TERM_KL] = latent_objective_add_output (maker, node, "train.kl_term", error);
  return maker->terms[LATENT_TERM_KL] != NULL;
}

/* One number a channel: the step to the power of 1 less the channel's slope, or the inverse. NULL
 * with an error. */
static LatentValue *
add_factors (
    LatentObjectiveMaker *maker, const GArray *slopes, float sign, const char *name, GError **error)
{
  LatentShape shape = {
      maker->latent->shape.n, {1, maker->latent->shape.dims[1], 1, 1}
  };
  LatentValue *powers = latent_objective_add_constant (maker, "train.powers", &shape, error);
  LatentValue *value;
  float *data;

  if (powers == NULL)
    return NULL;
  data = latent_tensor_get_writable_data (powers->data);
  for (guint c = 0; c < shape.dims[1]; c++)
    data[c] = sign * (1 - g_array_index (slopes, float, slopes->len > 1 ? c : 0));
  value = latent_objective_add_output (
      maker, latent_objective_add_node (maker, "Log", NULL, 1, &maker->step), "train.log", error);
  if (value == NULL)
    return NULL;
  value = latent_objective_add_output (maker,
      latent_objective_add_node (maker, "Mul", NULL, 2, (LatentValue *const[]){powers, value}),
      "train.power", error);
  return value == NULL
             ? NULL
             : latent_objective_add_output (
                   maker, latent_objective_add_node (maker, "Exp", NULL, 1, &value), name, error);
}

static gboolean
check_slopes (const LatentObjectiveMaker *maker, const GArray *slopes, GError **error)
{
  const LatentShape *shape = &maker->latent->shape;

  return (slopes->len == 1 || (gint64)slopes->len == shape->dims[1]) && shape->n <= 4
             ? TRUE
             : latent_objective_fail (error, "quantise-max",
                   "latent.slopes has %u numbers, the latent has %" G_GINT64_FORMAT " channels",
                   slopes->len, shape->dims[1]);
}

/* Channels whose steps go by a power of the step alone: they are made so much larger that the step
 * is right, and `quantised` is made smaller again for the decoder. */
static gboolean
add_slopes (LatentObjectiveMaker *maker, LatentNode *quantise, GError **error)
{
  g_autoptr (GArray) slopes = latent_model_get_slopes (maker->model);
  LatentValue *larger, *smaller, *scaled, *value;
  LatentNode *node;

  if (slopes == NULL || maker->step == NULL)
    return TRUE;
  if (!check_slopes (maker, slopes, error))
    return FALSE;
  larger = add_factors (maker, slopes, 1, "train.larger", error);
  smaller = larger != NULL ? add_factors (maker, slopes, -1, "train.smaller", error) : NULL;
  if (smaller == NULL)
    return FALSE;
  node = latent_objective_add_node (
      maker, "Mul", NULL, 2, (LatentValue *const[]){maker->latent, larger});
  scaled = latent_objective_add_output (maker, node, "train.scaled", error);
  if (scaled == NULL)
    return FALSE;
  quantise->inputs->pdata[0] = scaled;
  node = latent_objective_add_node (
      maker, "Mul", NULL, 2, (LatentValue *const[]){maker->quantised, smaller});
  value = latent_objective_add_output (maker, node, "train.decoded", error);
  if (value == NULL)
    return FALSE;
  latent_graph_replace_uses (maker->graph, maker->quantised, value);
  node->inputs->pdata[0] = maker->quantised;
  return TRUE;
}

static gboolean
add_quantiser (LatentObjectiveMaker *maker, GError **error)
{
  LatentValue *noise = latent_objective_add_input (
      maker, "train.noise", LATENT_DATA_TYPE_FLOAT32, &maker->latent->shape, error);
  LatentValue *rounds = noise != NULL ? latent_objective_add_scalar (maker, "train.round", error)
                                      : NULL;
  LatentNode *node;

  if (rounds == NULL)
    return FALSE;
  if (maker->self->most_step > maker->self->step) {
    maker->step = latent_objective_add_scalar (maker, "train.step", error);
    if (maker->step == NULL)
      return FALSE;
  }
  node = latent_objective_add_node (maker, "Quantise", LATENT_DOMAIN_TRAINING,
      maker->step != NULL ? 4 : 3,
      (LatentValue *const[]){maker->latent, noise, rounds, maker->step});
  latent_node_set_float (node, "step", (float)maker->self->step);
  latent_node_set_float (
      node, "dead", (float)latent_recipe_get_double (maker->recipe, "dead-zone"));
  maker->quantised = replace_latent (maker, node, "train.quantised", error);
  if (maker->quantised == NULL)
    return FALSE;
  maker->symbols = latent_objective_add_output (maker, node, "train.symbols", error);
  return maker->symbols != NULL && add_slopes (maker, node, error);
}

static gboolean
is_head (const LatentObjectiveMaker *maker)
{
  return maker->task == LATENT_TASK_CLASSIFY || maker->task == LATENT_TASK_REGRESS;
}

/* The keys that ask for something of the latent, and whether the model can give it. */
static gboolean
check_keys (const LatentObjectiveMaker *maker, gboolean quantises, GError **error)
{
  const char *key = latent_recipe_get_double (maker->recipe, "rate") > 0 ? "rate" : "quantise";

  if (latent_recipe_get_double (maker->recipe, "kl") > 0 && maker->logvar == NULL)
    return latent_objective_fail (error, "kl",
        is_head (maker) ? "task %s has no such term"
                        : "task %s wants a variational model (arch = vae; metadata latent.logvar)",
        latent_recipe_get_string (maker->recipe, "task"));
  if (!quantises)
    return TRUE;
  if (maker->logvar != NULL)
    return latent_objective_fail (
        error, key, "a variational model is not quantised in training: it has kl");
  if (maker->latent == NULL || is_head (maker))
    return latent_objective_fail (error, key, "wants a latent tensor and a decoder behind it");
  if (maker->model->latents->len > 1)
    return latent_objective_fail (
        error, key, "wants one latent tensor, the model has %u", maker->model->latents->len);
  return maker->latent->shape.n >= 2 ||
         latent_objective_fail (error, key, "wants a latent of a batch and channels");
}

/* The range that steps are drawn from, or one step. */
static gboolean
read_steps (LatentObjectiveMaker *maker, double step, GError **error)
{
  double most = latent_recipe_get_double (maker->recipe, "quantise-max");

  maker->self->step = step;
  maker->self->most_step = most > 0 ? most : step;
  return maker->self->most_step >= step || latent_objective_fail (error, "quantise-max",
                                               "%g is below quantise, which is %g", most, step);
}

gboolean
latent_objective_add_latent_terms (LatentObjectiveMaker *maker, GError **error)
{
  double rate = latent_recipe_get_double (maker->recipe, "rate");
  double step = latent_recipe_get_double (maker->recipe, "quantise");

  if (step <= 0 && rate > 0)
    step = 1;
  if (step <= 0 && latent_recipe_get_double (maker->recipe, "quantise-max") > 0)
    return latent_objective_fail (error, "quantise-max", "wants quantise, the least step");
  if (!check_keys (maker, step > 0, error))
    return FALSE;
  if (maker->logvar != NULL)
    return add_sampling (maker, error);
  if (step <= 0)
    return TRUE;
  return read_steps (maker, step, error) && add_quantiser (maker, error) &&
         (rate <= 0 || latent_objective_add_prior (maker, error));
}
