/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/predictor.h"

/* The encoder's choice of how each place of a foretold frame is coded: by what it costs and what
 * is lost, both in squares of a symbol's step. */
typedef struct {
  LatentPredictor *predictor; /* borrowed */
  guint threads;
  float *inverses;     /* of each channel: latents to the units of what is held */
  float *scales;       /* of each channel: these to levels of motion */
  float *bits;         /* of each channel: what a symbol that is not 0 costs, and that it is not */
  float *counts;       /* of each channel: symbols that were not 0, of late */
  float coded;         /* places that were coded, of late */
  float *targets;      /* the frame in the units of what is held, and in its order */
  guint8 *marks;       /* places that have changed */
  guint turn;          /* of frames: each looks at other places for what may become finer */
  guint lambda;        /* of motion's search */
  float life;          /* frames that what stands lasts for: what becoming finer is worth */
  float worth;         /* what places that changed are worth above those that did not */
  const float *planes; /* of the frame at work */
  gint16 *symbols;
  guint n_slices;
} LatentSearch;

/* FALSE where memory does not suffice. */
gboolean latent_search_init (LatentSearch *self, LatentPredictor *predictor, guint threads);
void latent_search_clear (LatentSearch *self);
/* Key frames are so many qualities better: the less there is to make finer in those that follow. */
void latent_search_set_key_gain (LatentSearch *self, guint gain);

/* planes: latents in the grid's order. Fills modes, vectors and bases of the predictor's frame
 * (latent_predictor_begin()) and its symbols. n_slices: rows above a slice's are not known there.
 */
void latent_search_frame (LatentSearch *self, const float *planes, guint n_slices, gint16 *symbols);
