/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/calibration.h"

/* What the files calibration*.c share with one another only. */

/* Weights as a matrix: units (an output channel; of ConvTranspose each tap of the kernel for each
 * of them) by what each multiplies. */
typedef struct {
  gsize groups;
  gsize units;        /* of a group */
  gsize k;            /* numbers that a unit multiplies */
  gsize group_stride; /* in elements of the weights */
  gsize unit_stride;
  gsize k_stride;
  gsize taps; /* units of a channel: 1, but for ConvTranspose */
  guint axis; /* of the scales */
  gsize n_scales;
  gsize n_channels; /* of the output: n_scales, or that times groups */
  double overlap;   /* taps that meet at a place of the output, in the mean */
} LatentWeightsView;

/* Of what a group multiplies, k numbers at a time. */
typedef struct {
  gsize k;
  double n;
  double *sum;     /* k: as the layer sees them in f32 */
  double *rounded; /* k: as integers */
  float *products; /* k x k, upper triangle: sum of products of rounded ones; NULL where not kept */
} LatentMoments;

typedef struct {
  LatentCalibrationLayer info;
  char *src; /* names of tensors */
  char *dst;
  LatentWeightsView view;
  gboolean has_bias;      /* or can have one */
  LatentMoments *moments; /* of each group */
  LatentTensor *integers; /* int8: the weights, in steps of */
  float *scales;          /* view.n_scales */
  double *shifts;         /* view.n_channels: what is too much in the output, in the mean */
} LatentLayer;

/* Tensors that have one scale. */
typedef struct {
  LatentRange *range;
  LatentQdqStep step;
  gboolean is_exact; /* the step is known: of 8-bit media */
} LatentScaleGroup;

typedef struct {
  LatentTensor *tensor;
  gboolean begins;
} LatentCalibrationSample;

struct _LatentCalibration {
  LatentModel *model; /* folded */
  LatentCalibrationSettings settings;
  LatentMode mode;
  GPtrArray *layers;  /* LatentLayer * */
  GHashTable *groups; /* name of a tensor -> LatentScaleGroup *, borrowed from group_list */
  GPtrArray *group_list;
  GHashTable *kept; /* names of tensors that are no one's to quantise: latents, outputs */
  GArray *samples;  /* LatentCalibrationSample */
};

/* Whether a node does nothing but move numbers, of the same type in as out. */
gboolean latent_calibration_only_moves (const LatentNode *node);

/* calibration-layers.c: `part` is the part of the model that is run, its shapes inferred. */
gboolean latent_calibration_find_layers (
    LatentCalibration *self, const LatentGraph *part, GError **error);
void latent_calibration_find_groups (LatentCalibration *self);
void latent_layer_free (LatentLayer *self);

/* calibration-fold.c: a copy of the model with constants and batch normalisation folded. */
LatentModel *latent_calibration_fold (
    LatentModel *model, LatentMode mode, const LatentShape *shape, GError **error);
/* Puts constants of the model that metadata name (latent.motion) back where a graph made of its own
 * has them no more: what the codec makes of them must be the same bits in either file. */
void latent_calibration_keep_named (const LatentModel *model, LatentGraph *graph);
/* The part that is run, its shapes inferred. */
LatentGraph *latent_calibration_infer (const LatentGraph *graph, LatentModel *model,
    LatentMode mode, const LatentShape *shape, GError **error);

/* calibration-patches.c: adds to the moments of what `layer`, a node of inferred shapes, multiplies
 * of src: `most` places of it at random. */
void latent_moments_see (LatentLayer *layer, const LatentNode *node, const LatentTensor *src,
    const LatentQdqStep *step, gsize most, guint64 seed);

/* calibration-rounding.c: fills in integers, scales and shifts, after the moments. `bias` may be
 * NULL. */
gboolean latent_layer_round (LatentLayer *layer, const LatentTensor *weights,
    const LatentTensor *bias, float src_scale, gboolean by_output, GError **error);
