/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

#include "src/graph/graph.h"
#include "src/train/recipe.h"

/* What training minimises, as a graph: a model's graph bound to a batch, losses after it, and the
 * derivatives of the whole loss by every parameter that is to be learned. */

/* clang-format off */
/* Inputs of the graph by name, beside the model's own (batch x sample): those alone that the
 * objective needs.
 *   "train.target"    as the output (`task` predict: as the input): what shall come out. Without it
 *                     that is the input; for `task` predict the input one place on. There where the
 *                     recipe has `noise` or `mask`
 *   "train.weights"   as the target: factor of each element's loss. There where it has `moving`
 *   "train.label"     int64, batch: class of each sample; float, as the output, for regress
 *   "train.epsilon"   as the latent: standard normal, for variational sampling
 *   "train.noise"     as the latent: uniform in [-0.5, 0.5), of the quantiser
 *   "train.round"     float, one: 0 adds noise to the latent, 1 rounds it, 2 rounds what the
 *                     decoder gets (straight-through), and adds noise where bits are counted
 *   "train.step"      float, one: the quantiser's step, where the recipe has `quantise-max`
 *   "train.kl", "train.rate"   float, one: the weights of these terms, which schedules may raise
 *   "train.weight"    likewise, of the distortion; there where "train.step" is
 *   "train.count"     float, one: so many samples count, from the first on, in all terms; below 1
 *                     (as an input is that nobody writes to): all. For the last batch of a test
 * Outputs by name, each one float:
 *   "train.loss"
 *   "train.distortion" mean per element, or the head's cross-entropy in nats a sample
 *   "train.kl_term"   nats a sample, where there is one
 *   "train.bits"      a sample, likewise
 *   "train.spectral"  of sound, decibels, where the recipe has `spectral`
 *   "train.correct"   of a classifier: how many samples
 *   "grad/NAME"       the derivative by each parameter
 * And no outputs, but to be named by the cut of a program that tests:
 *   "train.mse"       one float, squared error per element whatever the loss is; not of a classifier
 *   the model's own output */
/* clang-format on */

/* loss = distortion + rate x bits / d + spectral x its term, where there are these; with steps s
 * that are drawn it is (distortion + rate x s^2 x bits / d) / s + spectral x its term: what a
 * coarser step spoils grows with its square at most, and each step shall count about as much as
 * others; with a KL term it is the negative evidence lower bound a sample, d x distortion + kl x
 * kl_term (Kingma and Welling 2014), so that kl = 1 with bce is the bound itself.
 *
 * Keys of the recipe that decide: loss ("mse", "l1", "bce", "categorical", or a list by range of
 * the output's innermost-flattened elements, "mse:0-16,bce:16-100,categorical:100-110": the
 * chapter's mix-and-match, which must name every element once), kl, rate, quantise (a step: latents
 * are quantised in training even without a rate), quantise-max (the greatest, where steps are
 * drawn), rate-context, freeze-encoder. bce and categorical take the logits where a Sigmoid or
 * Softmax made what the range is about: the output, or the part of a Concat that the range is. The
 * distortion of mixed losses is the sum of all elements' and categories' losses over d. A prior,
 * whose parameters are learned with the model's and are in no file, is logistic per channel; with
 * `pairs` (batch: frame, next frame, frame, next frame ...) that of the second frame of each pair
 * is conditional on the first's latents by a small net.
 *
 * Not learned, though they are float initialisers: scalars without dimensions (constants of a
 * formula, as exporters write them), running statistics of a BatchNormalization, and what the loss
 * does not depend on. */
typedef struct {
  LatentGraph *graph;    /* owned; sorted, shapes inferred */
  GPtrArray *parameters; /* LatentValue * of graph: what is learned. Each has a tensor of its own,
                            which the optimiser writes to and the graph reads */
  GPtrArray *names;      /* char *: of each parameter in the model, NULL for the prior's */
  GPtrArray *gradients;  /* LatentValue *: outputs of graph, in the order of parameters */
  GPtrArray *terms;      /* char *: names of the outputs that are losses, "train.loss" first */
  guint batch;
  guint unit;          /* samples that belong together: a pair, a sequence of sound, else 1 */
  LatentShape sample;  /* of the model's input, without the batch */
  double step;         /* of the quantiser; 0: latents are not quantised */
  double most_step;    /* steps are drawn from `step` to this; equal: always the same */
  gboolean same_space; /* the encoder is not learned: its latents keep their meaning */
} LatentObjective;

/* `sample`: shape of one sample without the batch, which binds symbolic dimensions. Copies the
 * model's graph: the model stays as it is. */
LatentObjective *latent_objective_new (LatentModel *model, const LatentRecipe *recipe,
    const LatentShape *sample, guint batch, GError **error);
void latent_objective_free (LatentObjective *self);
/* A copy of `model` (that the objective was made of) with the parameters' values, or with those of
 * `values` (row-major floats in the order of parameters; of the prior's NULL will do) where it is
 * given. Its latent.id is a new one unless the latent space is the same. */
LatentModel *latent_objective_make_model (
    const LatentObjective *self, LatentModel *model, float *const *values, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentObjective, latent_objective_free)
