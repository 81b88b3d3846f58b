/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/private.h"

typedef struct {
  const char *name; /* as ONNX spells it */
  float (*func) (float x, float alpha, float beta);
  float alpha;
  float beta;
  float (*slope) (float y); /* its derivative where it gives y; NULL where that does not say it */
} LatentActivation;

#define LATENT_CELL_MAX_ACTIVATIONS 3
#define LATENT_RECURRENT_N_INPUTS   8

/* What an RNN, GRU or LSTM node says. Gates of weights stand in ONNX's order: z r h, or i o f c. */
typedef struct {
  gint64 gates; /* 1: RNN, 3: GRU, 4: LSTM */
  gint64 directions;
  gboolean reverse; /* the only direction runs backwards; of two the second does */
  gint64 steps;
  gint64 batch;
  gint64 inputs;
  gint64 hidden;
  gboolean batch_first;
  gboolean linear_before_reset; /* GRU: the reset gate multiplies the product, not its operand */
  gboolean input_forget;        /* LSTM: the forget gate is 1 - the input gate */
  float clip;                   /* of what activations are given; infinite for none */
  LatentActivation activations[2][LATENT_CELL_MAX_ACTIVATIONS];
} LatentRecurrentParams;

gboolean latent_recurrent_get_params (
    const LatentNode *node, LatentRecurrentParams *params, GError **error);

/* The shape that the node's input i must have, and of its derivative. */
LatentShape latent_recurrent_get_shape (const LatentRecurrentParams *params, guint i);
/* Refuses what has no derivative here: peepholes, clip, input_forget, some activations. */
gboolean latent_recurrent_check_derivable (
    const LatentNode *node, const LatentRecurrentParams *params, GError **error);

/* Where step t of sequence b begins in the input; where direction d writes it; its state. */
gsize latent_recurrent_get_src (const LatentRecurrentParams *params, gint64 t, gint64 b);
gsize latent_recurrent_get_dst (const LatentRecurrentParams *params, gint64 t, gint64 d, gint64 b);
gsize latent_recurrent_get_state (const LatentRecurrentParams *params, gint64 d, gint64 b);

LatentEmit latent_recurrent_emit (LatentBuilder *builder, const LatentNode *node, GError **error);
LatentEmit latent_recurrent_gradient_emit (
    LatentBuilder *builder, const LatentNode *node, GError **error);

/* The activations of a node, or those that are usual. */
gboolean latent_recurrent_get_activations (
    const LatentNode *node, LatentRecurrentParams *params, GError **error);
