/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/codec/search.h"

/* The choice for one place at a time: what search.c, search-place.c and search-vectors.c share. */

/* What a bit is worth, in squares of a step. */
#define LATENT_SEARCH_LAMBDA 0.12f
/* That a place is coded, and its mode. */
#define LATENT_SEARCH_PLACE_BITS 6

typedef struct {
  LatentPlaceMode mode;
  LatentVector vectors[LATENT_PLACE_VECTORS];
  gint32 *foretold;
  gint16 *symbols;
  float cost;
} LatentChoice;

typedef struct {
  LatentSearch *search; /* borrowed */
  gsize place;
  guint begin;         /* first row of the slice */
  const float *target; /* the place's latents in the units of what is held */
  LatentChoice best, next;
  gint16 *pixels;  /* what the vectors of `next` move */
  gint16 *symbols; /* of the row's coded places, one behind the other */
  guint *coded;    /* their columns */
  guint n_coded;
} LatentPlaceSearch;

/* begin: the first row of a slice. */
void latent_place_search_init (LatentPlaceSearch *self, LatentSearch *search, guint begin);
void latent_place_search_clear (LatentPlaceSearch *self);

/* Chooses for the places of a row, and puts what was chosen into the predictor's frame and the
 * symbols. Rows of a slice come one after the other. */
void latent_place_search_run_row (LatentPlaceSearch *self, guint row);

/* Makes `mode` the best one if it costs less. Vectors are those of `next`. bits: of all but
 * symbols. worth: what a square of a step of this frame is worth, as against those of other
 * places. */
void latent_place_search_try (
    LatentPlaceSearch *self, LatentPlaceMode mode, float bits, float worth);
/* Likewise the modes that have vectors: looks for these. */
void latent_place_search_try_motion (LatentPlaceSearch *self);
