/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/base/tensor.h"
#include "src/train/recipe.h"

/* Changes parameters by their gradients. One pass over memory does all of it: clipping, decay,
 * moments, the parameter itself, its average. The rules are PyTorch's, to the rounding of a float:
 *
 *   sgd       w -= rate g
 *   momentum  b = momentum b + g; w -= rate b
 *   adam      m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 *             w -= rate / (1 - beta1^t) m / (sqrt (v / (1 - beta2^t)) + epsilon)
 *   adamw     w *= 1 - rate decay; then as adam
 *
 * where g is the gradient, made shorter where all gradients together are longer than `clip`
 * (clip / (norm + 1e-6)), and, but for adamw, decay w added (Kingma and Ba 2014, Loshchilov and
 * Hutter 2017). The average is a = d a + (1 - d) w, d = MIN (ema, (1 + t) / (10 + t)), t being the
 * step, the first is 1: so that a short training is not averaged with where it began. */

/* One parameter. `values` and `gradients` are borrowed, and stay where they are. */
typedef struct {
  float *values;
  const float *gradients; /* NULL: it stays as it is */
  gsize n;
  gboolean decays; /* weights do, biases do not */
} LatentOptimiserPart;

typedef enum {
  LATENT_RULE_SGD,
  LATENT_RULE_MOMENTUM,
  LATENT_RULE_ADAM,
  LATENT_RULE_ADAMW,
} LatentRule;

typedef struct {
  LatentRule rule;
  double momentum;
  double beta1, beta2, epsilon;
  double weight_decay;
  double clip; /* 0: none */
  double ema;  /* 0: none */
} LatentOptimiserSettings;

typedef struct _LatentOptimiser LatentOptimiser;

/* What the recipe's group [optimiser] says. */
void latent_optimiser_settings_init (LatentOptimiserSettings *self, const LatentRecipe *recipe);

/* The average starts as what the parameters are now. */
LatentOptimiser *latent_optimiser_new (const LatentOptimiserSettings *settings,
    const LatentOptimiserPart *parts, guint n_parts, guint threads, GError **error);
void latent_optimiser_free (LatentOptimiser *self);

/* Length of all gradients as one vector; not finite where one of them is not. The same whatever
 * the threads are. */
double latent_optimiser_measure (LatentOptimiser *self);
/* One step at this learning rate; `norm` is what measure() said. */
void latent_optimiser_step (LatentOptimiser *self, double rate, double norm);

/* What the next step depends on besides the parameters: the steps done, and arrays of floats (the
 * moments, and the average last), which may be written to. */
guint64 latent_optimiser_get_steps (const LatentOptimiser *self);
void latent_optimiser_set_steps (LatentOptimiser *self, guint64 steps);
guint latent_optimiser_get_n_states (const LatentOptimiser *self);
float *latent_optimiser_get_state (const LatentOptimiser *self, guint i, gsize *n);
/* The average of part i; NULL without `ema`. */
float *latent_optimiser_get_average (const LatentOptimiser *self, guint i);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentOptimiser, latent_optimiser_free)
