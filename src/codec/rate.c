/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/rate.h"

#include <math.h>

/* Bits double every so many steps of quality, about. */
#define DOUBLING 9.
/* Seconds in which a debt is paid back. */
#define HORIZON 0.7
/* Seconds' worth of bits that a time of little need saves up at most. */
#define SAVINGS 0.3
/* Weight of the newest frame in what frames are taken to cost. */
#define NEWEST          0.3
#define DEFAULT_QUALITY 40
/* Steps of quality from a frame to the next, at most. */
#define STRIDE 3

void
latent_rate_init (LatentRate *self)
{
  *self = (LatentRate){.best = DEFAULT_QUALITY, .last = DEFAULT_QUALITY};
}

static double
count_seconds (guint64 duration)
{
  return (double)duration / 1e9;
}

/* What frames may cost on the average from now on: logarithm to base 2. */
static double
get_goal (const LatentRate *self, double seconds)
{
  double worth = (double)self->bitrate * seconds;
  double frames = MAX (HORIZON / seconds, 1);

  return log2 (MAX (worth - self->debt / frames, worth / 16));
}

/* What a frame costs at quality 0 where every key_interval-th is a key frame. */
static double
get_average (const LatentRate *self)
{
  double share = self->key_interval > 0 ? 1. / self->key_interval : 0;
  double delta = self->knows_delta ? self->delta : self->key - 1;
  double key = self->knows_key ? self->key : self->delta;

  return log2 (exp2 (delta) * (1 - share) + exp2 (key) * share);
}

guint
latent_rate_choose (LatentRate *self, gboolean key, guint64 duration)
{
  double wanted;

  if (self->bitrate == 0)
    return self->last = self->best;
  if (!self->knows_key && !self->knows_delta)
    return self->last = MIN (self->last, self->best);
  wanted = floor (
      (get_goal (self, count_seconds (MAX (duration, 1))) - get_average (self)) * DOUBLING);
  if (key && !self->knows_delta)
    wanted = self->last;
  wanted = CLAMP (wanted, (double)self->last - STRIDE, (double)self->last + STRIDE);
  return self->last = (guint)CLAMP (wanted, 0, (double)self->best);
}

void
latent_rate_add (LatentRate *self, gboolean key, guint quality, gsize bytes, guint64 duration)
{
  double bits = 8. * (double)bytes;
  double cost = log2 (MAX (bits, 1)) - quality / DOUBLING;
  double *known = key ? &self->key : &self->delta;
  gboolean *knows = key ? &self->knows_key : &self->knows_delta;

  *known = *knows ? *known + NEWEST * (cost - *known) : cost;
  *knows = TRUE;
  if (self->bitrate == 0)
    return;
  self->debt += bits - (double)self->bitrate * count_seconds (duration);
  self->debt = MAX (self->debt, -(double)self->bitrate * SAVINGS);
}
