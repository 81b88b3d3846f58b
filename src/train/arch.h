/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

#include "src/base/shape.h"
#include "src/train/recipe.h"

/* Sound is heard so that an error matters by the power of what is at the same frequency, to this
 * power less: what `shaped` weighs and lapped nets' latents are scaled by. */
#define LATENT_SOUND_SHAPE .25

/* What a net is made for: the media, and one sample as the net sees it without the batch: [d] of
 * vectors, [C,H,W] of pictures, [C,T] of sound, [T,k] of sequences of latents. A net of pictures
 * that is fully convolutional gets symbolic height and width, and takes frames of any size; so do
 * conv nets on sound. */
typedef struct {
  LatentMediaInfo media;
  LatentShape sample;
  double scale; /* latent.scale and latent.offset of vectors made of integers; 0: none */
  double offset;
  LatentModel *tiles; /* where `direct` is pca: components of the samples' tiles; borrowed */
} LatentSampleSpec;

/* A new model with random weights, as the recipe's [model] says: input "x", latent tensor "latent",
 * output "y". A variational one has the output "logvar" too, named by the metadata key
 * "latent.logvar". With `head` the output is a classifier's probabilities or a regressor's
 * values, named by "latent.head" ("classify", "regress"). With `task` predict the output at
 * place t is the next latent, of place t+1 ("latent.task" is "predict"): without output-activation
 * that is a sum with the input, and the model has no decoder.
 * Weights: He 2015 before rectifiers, Glorot 2010 else; the same for the same seed.
 * LATENT_ERROR_SETTINGS names the key that does not fit. */
LatentModel *latent_arch_build (
    const LatentRecipe *recipe, const LatentSampleSpec *spec, GError **error);

/* Elements each way of the tiles that a conv net of the recipe wants for `direct`: its stride. */
gint64 latent_arch_get_tile_size (const LatentRecipe *recipe);

/* A new model: the encoder of `model`, and after its latent a head as the recipe's task (classify,
 * regress) and head-hidden say, output "y". Latents that are maps of a size that the file leaves
 * open are averaged over all places. With freeze-encoder it keeps the latents' identity. */
LatentModel *latent_arch_add_head (
    LatentModel *model, const LatentRecipe *recipe, guint n_outputs, GError **error);

/* Sets the weights of a linear, dense, or variational net of dense layers from principal
 * components, so that it starts at what PCA reaches (--init pca); see arch-pca.c. `pca` is solved
 * with as many components as the latent has. Hidden layers need twice as many numbers, and an
 * activation that lets pairs of numbers pass; LATENT_ERROR_SETTINGS names the key that does not
 * fit. Before a sigmoid the output is nearly that of PCA. */
struct _LatentPca;
gboolean latent_arch_init_pca (LatentModel *model, const struct _LatentPca *pca, GError **error);
