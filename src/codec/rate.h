/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>

/* Bitrate to quality: chooses before each frame, and is told afterwards what it cost. */
typedef struct {
  guint best;         /* quality without a bitrate, and never more */
  guint64 bitrate;    /* bits a second; 0: none */
  guint key_interval; /* frames; 0 for none */

  double debt;  /* bits spent beyond what the time was worth */
  double delta; /* logarithm to base 2 of what a frame would cost at quality 0 */
  double key;   /* likewise a key frame */
  gboolean knows_delta;
  gboolean knows_key;
  guint last; /* quality chosen */
} LatentRate;

void latent_rate_init (LatentRate *self);
/* duration in nanoseconds. */
guint latent_rate_choose (LatentRate *self, gboolean key, guint64 duration);
void latent_rate_add (LatentRate *self, gboolean key, guint quality, gsize bytes, guint64 duration);
