/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/objective.h"

/* What the files that make an objective share with one another only. */

typedef enum {
  LATENT_TASK_AUTOENCODE,
  LATENT_TASK_PREDICT,
  LATENT_TASK_CLASSIFY,
  LATENT_TASK_REGRESS,
} LatentTask;

/* An objective in the making. Values are of self->graph. */
typedef struct {
  LatentObjective *self;
  LatentModel *model;
  const LatentRecipe *recipe;
  LatentGraph *graph;
  LatentTask task;
  LatentValue *input;
  LatentValue *latent;    /* the first latent tensor as the encoder makes it; NULL without one */
  LatentValue *logvar;    /* of a variational model that samples in training, else NULL */
  LatentValue *output;    /* the model's */
  LatentValue *count;     /* "train.count" */
  LatentValue *weights;   /* "train.weights", or NULL */
  LatentValue *symbols;   /* the latent in steps of the quantiser, or NULL */
  LatentValue *quantised; /* those times the step, or NULL */
  LatentValue *step;      /* "train.step", or NULL: the step is always the same */
  LatentValue *terms[5];  /* distortion, KL, bits, spectral, shaped; NULL where there is none */
} LatentObjectiveMaker;

enum {
  LATENT_TERM_DISTORTION,
  LATENT_TERM_KL,
  LATENT_TERM_BITS,
  LATENT_TERM_SPECTRAL,
  LATENT_TERM_SHAPED,
};

/* LATENT_ERROR_SETTINGS about a key of the recipe: "KEY: what". */
gboolean latent_objective_fail (GError **error, const char *key, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* An input of the graph. NULL where its size is beyond what a tensor may have. */
LatentValue *latent_objective_add_input (LatentObjectiveMaker *maker, const char *name,
    LatentDataType type, const LatentShape *shape, GError **error);
LatentValue *latent_objective_add_scalar (
    LatentObjectiveMaker *maker, const char *name, GError **error);
/* A parameter of the prior, to be written to through its tensor. */
LatentValue *latent_objective_add_parameter (
    LatentObjectiveMaker *maker, const char *name, const LatentShape *shape, GError **error);
/* Likewise one that is not learned. */
LatentValue *latent_objective_add_constant (
    LatentObjectiveMaker *maker, const char *name, const LatentShape *shape, GError **error);
/* A node of LATENT_DOMAIN_TRAINING or of ONNX's own (`domain` NULL) and its inputs (NULL: left
 * out), to be given attributes, then an output. */
LatentNode *latent_objective_add_node (LatentObjectiveMaker *maker, const char *op,
    const char *domain, guint n, LatentValue *const *inputs);
/* Adds an output and infers its shape. */
LatentValue *latent_objective_add_output (
    LatentObjectiveMaker *maker, LatentNode *node, const char *name, GError **error);

/* Steps of the making, in this order. */
/* Copies the model's part, finds the tensors that matter, binds and infers shapes. Parameters that
 * are not to be learned are plain constants then. */
gboolean latent_objective_bind (LatentObjectiveMaker *maker, GError **error);
/* Sampling or quantisation at the latent, and the terms that it costs. */
gboolean latent_objective_add_latent_terms (LatentObjectiveMaker *maker, GError **error);
/* Bits of the symbols under a prior that is learned too. */
gboolean latent_objective_add_prior (LatentObjectiveMaker *maker, GError **error);
/* A parameter whose values are logarithms of scales, all of them `value` at first. */
LatentValue *latent_objective_add_scales (LatentObjectiveMaker *maker, const char *name,
    const LatentShape *shape, float value, GError **error);
/* The logarithm of the scale of each symbol: that of its channel, and what the magnitudes of the
 * symbols say that a coder has seen before it. `axis` is that of the channels. */
LatentValue *latent_objective_add_context (
    LatentObjectiveMaker *maker, LatentValue *log_scale, guint axis, GError **error);
/* The distortion, and what is measured besides. */
gboolean latent_objective_add_distortion (LatentObjectiveMaker *maker, GError **error);
/* Sound in sequences: the output and `target` become what windows that are overlap-added give. */
gboolean latent_objective_overlap (
    LatentObjectiveMaker *maker, LatentValue **target, GError **error);
/* How far spectra are from those of the target, where the recipe asks. */
gboolean latent_objective_add_spectral (
    LatentObjectiveMaker *maker, LatentValue *target, GError **error);
/* The error weighed by how loud the target is at a frequency, where the recipe asks. */
gboolean latent_objective_add_shaped (
    LatentObjectiveMaker *maker, LatentValue *target, GError **error);
/* The whole loss, derivatives, outputs. */
gboolean latent_objective_finish (LatentObjectiveMaker *maker, GError **error);

/* Makes plain constants of parameters that are not to be learned; in a sorted graph, before shapes
 * are inferred. */
void latent_objective_freeze (LatentObjectiveMaker *maker);
/* Reals in place of what the file holds as integers, so that they can be learned; in a graph whose
 * shapes need not be inferred. */
gboolean latent_objective_open_integers (LatentObjectiveMaker *maker, GError **error);
/* Integers for `value` of the model's graph, which has some now. The caller's. */
LatentTensor *latent_objective_close_integers (
    const LatentGraph *graph, const LatentValue *value, const float *values, GError **error);
/* Lists what is to be learned, and gives each its own memory: a file's may not be written to. */
gboolean latent_objective_collect (LatentObjectiveMaker *maker, GError **error);

/* One loss over a range of the output's flattened elements. */
typedef struct {
  guint kind;      /* an index into the names of losses */
  double weight;   /* 1, or what stood before it */
  gboolean is_all; /* no range was given */
  gsize begin;
  gsize end;
} LatentLossGroup;

/* The groups (LatentLossGroup) of the recipe's `loss` for d elements, in their order; NULL with an
 * error. `names` are the losses that there are. */
GArray *latent_loss_parse (const char *text, const char *const *names, gsize d, GError **error);
