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
  return maker->symbols != NULL;
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
