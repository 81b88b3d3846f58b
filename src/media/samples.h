/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/session.h>

/* A stream of samples <-> overlapping windows. Inside, samples are levels: -32768 to 32767,
 * whatever the format. Counts are of sample frames (one sample of each channel). */

/* How a window lies in a model's tensor. */
typedef struct {
  guint window;
  guint hop; /* 1 to window */
  guint channels;
  gint64 channel_stride; /* in elements */
  gint64 time_stride;
  const float *scale; /* of each channel: value = level * scale + offset */
  const float *offset;
} LatentWindowMap;

/* A queue of frames, a frame being `channels` values; it grows geometrically and never shrinks. */
typedef struct {
  double *data;
  guint channels;
  gsize begin, end; /* in frames */
  gsize size;
} LatentFrameQueue;

/* Cuts a stream into windows: window i ends where hop i ends; before the stream is silence. */
typedef struct {
  LatentFrameQueue queue; /* begins with the window - hop frames before the next hop */
} LatentCutter;

/* Adds windows up. Each is weighted by a sine-squared window, and each sum divided by the sum of
 * the weights that went into it: what all windows agree on is given back as it is. */
typedef struct {
  LatentFrameQueue queue; /* per frame: the weight, then the sum of each channel */
  double *weights;        /* of the window */
  gsize finished;         /* frames at the queue's begin that no further window touches */
  gsize skip;             /* of these, frames from before the stream began */
  gsize promised;         /* frames that the added windows stood for and that were not popped */
  /* Windows of some nets are right alone, so that two of them agree where they overlap; those of a
   * lapped transform are so together alone: there the weighted square of their difference is a
   * third of that of the sum, or more. Of both, a mean over windows so far, the older the less; one
   * stream after the other, since it is the net's. */
  double differ;
  double sum;
} LatentOverlap;

/* A zeroed struct is made ready by reset, which forgets the stream; the map's sizes stay the same
 * from then on, until clear. */
void latent_cutter_reset (LatentCutter *self, const LatentWindowMap *map);
void latent_cutter_clear (LatentCutter *self);
/* Only this allocates. */
void latent_cutter_push (LatentCutter *self, const LatentWindowMap *map, LatentSampleFormat format,
    gconstpointer src, gsize n);
gsize latent_cutter_get_pending (
    const LatentCutter *self, const LatentWindowMap *map, gboolean drain);
/* Writes the next window; what the stream lacks at its end is silence. Returns how many frames are
 * new. */
guint latent_cutter_take (LatentCutter *self, const LatentWindowMap *map, float *dst);

void latent_overlap_reset (LatentOverlap *self, const LatentWindowMap *map);
void latent_overlap_clear (LatentOverlap *self);
/* Allocates only while what is not popped grows. Returns how many values that stand for the stream
 * are NaN (taken as silence) or infinite (taken as the nearest end). */
guint64 latent_overlap_add (
    LatentOverlap *self, const LatentWindowMap *map, const float *src, guint n);
gsize latent_overlap_get_available (const LatentOverlap *self, gboolean drain);
void latent_overlap_pop (LatentOverlap *self, LatentSampleFormat format, gpointer dst, gsize n);
