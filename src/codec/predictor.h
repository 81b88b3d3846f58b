/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/foretold.h"
#include "src/codec/grid.h"
#include "src/codec/sequence.h"

/* What both ends of a stream of video hold of the frames before, and what it foretells of the next:
 * integers alone. A latent is held in 1/256 of its channel's step at the best quality, so that
 * detail that was once sent outlives coarser steps. */

#define LATENT_HELD_BITS  8
#define LATENT_SCALE_BITS 24

/* Latents of a place stand one after the other: of place i those from i * channels on. */
typedef struct {
  const LatentGrid *grid;  /* borrowed */
  const LatentStep *steps; /* of the sequence header; borrowed */
  guint threads;
  gsize places;
  gint32 *held;   /* the last frame */
  gint32 *memory; /* what stood there long */
  gint32 *base;   /* of the frame at work, at places that are coded: what stands for symbol 0 */
  gint32 *means;  /* of each channel at the last key frame */
  guint8 *smooth; /* of each channel: neighbours were alike at the last key frame */
  guint8 *ages;   /* of each place */
  guint8 *rows;   /* rows whose latents have changed since they were last got */
  gint32 step;    /* of the frame at work: of a symbol, the same for all channels */
  LatentForetold foretold;

  LatentMotionBasis *basis; /* NULL: nothing is known of motion */
  LatentMotion *motion;
  guint32 *scales; /* of each channel, from held to levels: LATENT_SCALE_BITS of fraction */
} LatentPredictor;

/* A latent in the units of `held`, in the model's: of each channel. */
void latent_predictor_get_units (const LatentStep *steps, guint channels, float *dst);
/* A symbol's step at a quality, in the units of `held`. */
gint32 latent_predictor_get_step (guint quality);

/* FALSE where memory does not suffice. basis: taken, may be NULL. */
gboolean latent_predictor_init (LatentPredictor *self, const LatentGrid *grid,
    const LatentStep *steps, LatentMotionBasis *basis, guint threads);
void latent_predictor_clear (LatentPredictor *self);

/* After a key frame: its symbols are all that is held. */
void latent_predictor_set (LatentPredictor *self, const gint16 *symbols, guint quality);

/* Another frame begins: no place is coded yet. is_decoding: foretold.fill is set. */
void latent_predictor_begin (LatentPredictor *self, guint quality, gboolean is_decoding);
/* What mode and vectors foretell of the place: its latents, `channels` of them. */
void latent_predictor_foretell (const LatentPredictor *self, gsize place, LatentPlaceMode mode,
    const LatentVector *vectors, gint32 *dst);
/* Channels [begin, end) of these, to dst[0 ...]. pixels: what latent_motion_move() makes of the
 * vectors of a mode that has some. */
void latent_predictor_foretell_part (const LatentPredictor *self, gsize place, LatentPlaceMode mode,
    const gint16 *pixels, guint begin, guint end, gint32 *dst);
/* The step of a place's symbols. */
gint32 latent_predictor_get_place_step (
    const LatentPredictor *self, gsize place, LatentPlaceMode mode);
/* Fixes what a coded place is foretold by, modes and vectors being set. */
void latent_predictor_put (LatentPredictor *self, gsize place, const gint32 *foretold);
/* After that of all coded places of a row: what is expected of its symbols. */
void latent_predictor_expect (LatentPredictor *self, guint row);
/* Its symbols are known: the frame is held. */
void latent_predictor_end (LatentPredictor *self, const gint16 *symbols);

/* What is held as latents, in the grid's order. planes: the same at each call, since rows that have
 * not changed are left as they are. */
void latent_predictor_get (LatentPredictor *self, float *planes);
