/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/prior.h"
#include "src/codec/state.h"

/* A probability as a prior holds it. */
typedef struct {
  gint8 logit;       /* 1/8; LATENT_PRIOR_LOGIT_LIMIT either way */
  guint8 confidence; /* how many decisions speak for it: 0, then powers of 2 */
} LatentPriorSlot;

#define LATENT_PRIOR_LOGIT_LIMIT 72
#define LATENT_PRIOR_CONFIDENCES 8
#define LATENT_PRIOR_MIXER_ONE   64 /* a weight of 1 */

typedef struct {
  gint16 offset;
  guint8 modes[2];
  LatentChannelWeights weights;
} LatentPriorChannel;

/* What a prior is made of, few bits for each: the state at the start follows from it. */
typedef struct {
  guint channels;
  LatentPriorSlot *slots; /* LATENT_SHARED_SLOTS, then LATENT_CHANNEL_SLOTS of each channel */
  gint8 mixers[LATENT_MIXERS * LATENT_MIXER_INPUTS];
  LatentPriorChannel *parameters; /* of each channel */
} LatentPriorTables;

/* Where nothing is known. */
void latent_prior_tables_init (LatentPriorTables *self, guint channels);
/* Each channel as the one channel of `model`. */
void latent_prior_tables_init_alike (
    LatentPriorTables *self, guint channels, const LatentPriorTables *model);
void latent_prior_tables_clear (LatentPriorTables *self);

/* Bytes: how tables differ from `reference`, which has the same channels. get is for tables that
 * are initialised as the reference; any bytes give sound tables. */
GByteArray *latent_prior_tables_put (
    const LatentPriorTables *self, const LatentPriorTables *reference);
void latent_prior_tables_get (
    LatentPriorTables *self, const LatentPriorTables *reference, const guint8 *data, gsize size);

void latent_prior_tables_fill_state (const LatentPriorTables *self, LatentState *state);

struct _LatentPrior {
  gatomicrefcount refs;
  guint channels;
  LatentState *states[2];        /* at the start; the second of frames that are foretold */
  LatentChannelWeights *weights; /* of each channel */
  GBytes *bytes;                 /* what its text says */
};

/* Of one channel; owned by the library. */
const LatentPriorTables *latent_prior_get_default_tables (void);
/* Takes nothing; the tables' text is relative to the default. */
LatentPrior *latent_prior_new_from_tables (const LatentPriorTables *tables);

/* Made by bench-codec --print-default. */
extern const char latent_prior_default_text[];

/* The tables that several samples have in common, channels alike, in base64: for
 * latent_prior_default_text. */
char *latent_prior_fit_print_default (LatentPriorFit **fits, guint n);
