/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

#include "src/graph/graph.h"
#include "src/train/recipe.h"

/* What training minimises, as a graph: a model's graph bound to a batch, losses after it, and the
 * derivatives of the whole loss by every parameter that is to be learned.
 *
 * Inputs of the graph by name, those that the objective needs alone:
 *   the model's own input          batch x sample
 *   "train.target"                 shape of the output: what it shall be; without it, the input
 * (for `task` predict: the input one place on, inside the graph) "train.weights" shape of the
 * output: factor of each element's loss "train.label"                  int64, batch: class of each
 * sample; float, batch x n for regress "train.epsilon"                shape of the latent: standard
 * normal, for variational sampling "train.noise"                  shape of the latent: uniform in
 * [-0.5, 0.5), of the quantiser "train.round"                  float, one: 1 rounds the latent
 * (straight-through), 0 adds noise "train.kl", "train.rate"       float, one: the weights of these
 * terms, which schedules may raise Outputs by name, each one float: "train.loss" and, where there
 * is one, "train.distortion" (mean per element, or the head's cross-entropy in nats a sample),
 * "train.kl_term" (nats a sample), "train.bits" (a sample), "train.correct" (of a classifier: how
 * many of the batch) and "grad/NAME" for each parameter.
 *
 * loss = distortion + rate x bits / d, where there is a rate; with a KL term it is the negative
 * evidence lower bound a sample, d x distortion + kl x kl_term (Kingma and Welling 2014), so that
 * kl = 1 with bce is the bound itself.
 *
 * Keys of the recipe that decide: loss ("mse", "l1", "bce", "categorical", or a list by range of
 * the output's innermost-flattened elements, "mse:0-16,bce:16-100,categorical:100-110": the
 * chapter's mix-and-match), kl, rate, quantise (a step: latents are quantised in training even
 * without a rate), freeze-encoder. bce and categorical take the logits where the output's last node
 * is a Sigmoid or Softmax. A prior, whose parameters are learned with the model's and are in no
 * file, is logistic per channel; with `pairs` (batch: frame, next frame, frame, next frame ...)
 * that of the second frame of each pair is conditional on the first's latents by a small net. */
typedef struct {
  LatentGraph *graph;    /* owned; sorted, shapes inferred */
  GPtrArray *parameters; /* LatentValue * of graph: what is learned. Each has a tensor of its own,
                            which the optimiser writes to and the graph reads */
  GPtrArray *names;      /* char *: of each parameter in the model, NULL for the prior's */
  GPtrArray *gradients;  /* LatentValue *: outputs of graph, in the order of parameters */
  GPtrArray *terms;      /* char *: names of the outputs that are losses, "train.loss" first */
  guint batch;
  LatentShape sample; /* of the model's input, without the batch */
} LatentObjective;

/* `sample`: shape of one sample without the batch, which binds symbolic dimensions. Copies the
 * model's graph: the model stays as it is until latent_objective_update_model(). */
LatentObjective *latent_objective_new (LatentModel *model, const LatentRecipe *recipe,
    const LatentShape *sample, guint batch, GError **error);
void latent_objective_free (LatentObjective *self);
/* A copy of `model` (that the objective was made of) with the parameters' values, or with those of
 * `values` (row-major floats in the order of parameters) where it is given. */
LatentModel *latent_objective_make_model (
    const LatentObjective *self, LatentModel *model, float *const *values, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentObjective, latent_objective_free)
