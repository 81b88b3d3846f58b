/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

#include "src/dnn/layout.h"
#include "src/train/guard.h"
#include "src/train/objective.h"
#include "src/train/optimiser.h"
#include "src/train/trainer.h"

/* The inputs that an objective may have; objective.h says what each is. */
typedef enum {
  LATENT_INPUT_SRC, /* the model's own */
  LATENT_INPUT_TARGET,
  LATENT_INPUT_WEIGHTS,
  LATENT_INPUT_LABEL,
  LATENT_INPUT_EPSILON,
  LATENT_INPUT_NOISE,
  LATENT_INPUT_ROUND,
  LATENT_INPUT_STEP,
  LATENT_INPUT_WEIGHT,
  LATENT_INPUT_KL,
  LATENT_INPUT_RATE,
  LATENT_INPUT_COUNT,
  LATENT_N_INPUTS,
} LatentInputKind;

typedef enum {
  LATENT_RUN_TRAIN,
  LATENT_RUN_TEST,
  LATENT_N_RUNS,
} LatentRunKind;

/* An input, as rows of numbers. Where the training program wants it row-major the tensor is that
 * program's own memory. */
typedef struct {
  LatentTensor *tensor;      /* NULL: the objective lacks this input */
  gboolean is_own;           /* not the program's memory: it is copied there before a run */
  gint ports[LATENT_N_RUNS]; /* inputs of the programs; -1: none */
} LatentTrainerInput;

/* Where the terms of the loss come out. */
typedef enum {
  LATENT_TERM_LOSS,
  LATENT_TERM_DISTORTION,
  LATENT_TERM_KL,
  LATENT_TERM_BITS,
  LATENT_TERM_CORRECT,
  LATENT_TERM_MSE, /* of tests alone */
  LATENT_N_TERMS,
} LatentTerm;

typedef struct {
  LatentContext *context;
  gint terms[LATENT_N_TERMS]; /* outputs of the program; -1: none */
} LatentTrainerRun;

/* A gradient that its program does not give row-major: `dst` is where the optimiser looks. */
typedef struct {
  guint port;
  LatentLayout *src_layout;
  LatentLayout *dst_layout;
  LatentTensor *dst;
} LatentTrainerTurn;

/* What a test sums up: of each term, times the samples that it is of. */
typedef struct {
  guint64 batches;
  double samples;
  double terms[LATENT_N_TERMS];
} LatentTrainerSums;

/* How fit() stands, beside the trainer's own state: a checkpoint has it. */
typedef struct {
  guint64 epoch;
  guint64 position; /* batches of this epoch that were trained on */
  double seconds;   /* of training so far */
  guint64 worse;    /* tests since the best one */
  LatentTrainResult best;
} LatentFitState;

struct _LatentTrainer {
  LatentRecipe *recipe;
  LatentModel *model;
  LatentObjective *objective;
  char *model_key; /* digest of all that is not learned */
  guint threads;
  guint64 seed;
  guint64 step;
  guint64 steps; /* in all; 0: not known */
  LatentTrainerRun runs[LATENT_N_RUNS];
  LatentTrainerInput inputs[LATENT_N_INPUTS];
  GArray *turns; /* LatentTrainerTurn */
  LatentOptimiser *optimiser;
  gsize n_weights; /* of all parameters */
  LatentGuard guard;
  float *good;         /* weights while the loss was good, see step(); n_weights of each of these */
  float *best;         /* those of the best test; NULL where it is not kept */
  gboolean is_swapped; /* parameters hold the averages, and the averages the parameters */
  LatentTrainerSums sums;
  LatentFitState fit;
};

/* trainer-inputs.c */
gboolean latent_trainer_init_inputs (LatentTrainer *self, GError **error);
void latent_trainer_clear_inputs (LatentTrainer *self);
/* The name of a term's output. */
const char *latent_trainer_get_term_name (LatentTerm term);
/* What the feed did not write: numbers of chance, and weights of terms, for the next step. */
void latent_trainer_draw_step (LatentTrainer *self);
/* Likewise for batch i of a test, of which the first n samples count. */
void latent_trainer_draw_test (LatentTrainer *self, guint64 i, guint n);
/* Runs a program on the inputs as they are. */
gboolean latent_trainer_run (LatentTrainer *self, LatentRunKind run, GError **error);
/* What a term of the last run is; NaN where there is none. */
double latent_trainer_get_term (const LatentTrainer *self, LatentRunKind run, LatentTerm term);

/* trainer-weights.c: the weights that a test or get_model() takes (averages where there are), one
 * parameter after the other. */
void latent_trainer_save_weights (const LatentTrainer *self, float *dst);
/* Sets the parameters and their averages, and clears the moments. */
void latent_trainer_load_weights (LatentTrainer *self, const float *src);
/* Whether tests shall find the averages where the programs read the parameters. */
void latent_trainer_swap (LatentTrainer *self, gboolean swapped);
float *latent_trainer_get_parameter (const LatentTrainer *self, guint i, gsize *n);
float *latent_trainer_new_weights (const LatentTrainer *self, GError **error);

/* trainer-key.c: SHA-256 of the model's nodes, of its constants that are not learned, and of the
 * names and shapes of those that are. */
char *latent_trainer_make_key (const LatentModel *model, const LatentObjective *objective);
