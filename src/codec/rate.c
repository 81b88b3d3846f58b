/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/rate.h"

#include <math.h>
#include <string.h>

#define DEFAULT_QUALITY 40
/* Seconds in which a debt is paid back, and over which a key frame's is spread at most. */
#define HORIZON 1.5
#define SPREAD  5.
/* Seconds' worth of bits that a time of little need saves up at most, */
#define SAVINGS 0.5
/* and that one frame takes at most. */
#define BURST 0.4
/* Weight of the newest frame in the mean, and in what frames cost over what is expected. */
#define NEWEST 0.2
/* Steps of quality from a frame to the next, at most, unless a frame alone would burst. */
#define STRIDE 2
/* Bits of a packet that nothing is in. */
#define EMPTY 48
/* Latents that are looked at, about: enough for the shape of a profile. */
#define SAMPLES 65536

enum { KEY, DELTA };

void
latent_rate_init (LatentRate *self)
{
  *self = (LatentRate){.best = DEFAULT_QUALITY, .last = DEFAULT_QUALITY};
}

void
latent_rate_set_bitrate (LatentRate *self, guint64 bits)
{
  if (bits != self->bitrate)
    self->debt = self->reserve = self->payment = 0;
  self->bitrate = bits;
}

/* The exponent and three bits of the fraction, from 2^-8 on. */
static inline guint
find_bin (float value)
{
  guint32 bits;
  gint bin;

  memcpy (&bits, &value, sizeof bits);
  bin = (gint)((bits & 0x7fffffff) >> 20) - ((127 - 8) << 3);
  return (guint)CLAMP (bin, 0, LATENT_RATE_BINS - 1);
}

/* One of so many places is looked at, each channel beginning at another. */
static guint
get_stride (guint channels, guint places)
{
  return (guint)MAX ((guint64)channels * places / SAMPLES, 1);
}

void
latent_rate_measure (LatentRate *self, const float *planes, const float *steps, const float *held,
    guint channels, guint places)
{
  guint stride = get_stride (channels, places);
  guint counts[2][LATENT_RATE_BINS] = {{0}};

  if (self->bitrate == 0)
    return;
  for (guint c = 0; c < channels; c++) {
    const float *plane = planes + (gsize)c * places;
    const float *before = held != NULL ? held + (gsize)c * places : NULL;
    float inverse = 1 / steps[c];
    for (guint i = c % stride; i < places; i += stride) {
      float expected = before != NULL ? before[i] : 0;
      counts[KEY][find_bin (plane[i] * inverse)]++;
      counts[DELTA][find_bin ((plane[i] - expected) * inverse)]++;
    }
  }
  for (guint kind = 0; kind < 2; kind++)
    for (guint i = 0; i < LATENT_RATE_BINS; i++)
      self->now[kind].counts[i] = (float)(counts[kind][i] * stride);
}

/* Bits that a latent of so many steps is expected to cost; the gain does the rest. */
static double
get_bits (double magnitude)
{
  return magnitude < 1 ? 2.5 * magnitude * magnitude * magnitude : 2.5 + 1.5 * log2 (magnitude);
}

static double
expect (const LatentRateProfile *profile, guint quality)
{
  guint lost = LATENT_QUALITY_MAX - quality;
  double bits = 1;

  for (guint i = lost; i < LATENT_RATE_BINS; i++)
    bits += (double)profile->counts[i] * get_bits (exp2 ((i - lost + 0.5) / 8 - 8));
  return bits;
}

static double
predict (const LatentRate *self, const LatentRateProfile *profile, guint kind, guint quality)
{
  return EMPTY + expect (profile, quality) * exp2 (self->gains[kind].bits);
}

/* Frames over which the bits of a key frame are spread. */
static double
get_spread (const LatentRate *self, double seconds)
{
  double frames = SPREAD / seconds;

  return MAX (self->key_interval > 0 ? MIN (frames, self->key_interval) : frames, 1);
}

/* Bits of a frame on the average, from now on, where so large a share are key frames. */
static double
predict_mean (const LatentRate *self, double share, guint quality)
{
  double bits[2] = {0};

  for (guint kind = 0; kind < 2; kind++)
    if (self->has_mean[kind])
      bits[kind] = predict (self, &self->mean[kind], kind, quality);
  if (!self->has_mean[DELTA]) /* a guess, while there was a key frame alone */
    bits[DELTA] = bits[KEY] / 2;
  return bits[DELTA] * (1 - share) + bits[KEY] * share;
}

/* A running mean of the frames' profiles. */
static void
add_mean (LatentRate *self, guint kind)
{
  float weight = self->has_mean[kind] ? (float)NEWEST : 1;

  for (guint i = 0; i < LATENT_RATE_BINS; i++)
    self->mean[kind].counts[i] += weight * (self->now[kind].counts[i] - self->mean[kind].counts[i]);
  self->has_mean[kind] = TRUE;
}

/* Bits that a frame may cost on the average, such that the debt is paid in time. */
static double
get_goal (const LatentRate *self, double seconds)
{
  double worth = (double)self->bitrate * seconds;
  double frames = MAX (HORIZON / seconds, 1);

  return MAX (worth - (self->debt - self->reserve) / frames, worth / 4);
}

/* The best quality from `low` to `high` whose bits are no more than `goal`. */
static guint
find_mean (const LatentRate *self, double share, double goal, guint low, guint high)
{
  while (high > low && predict_mean (self, share, high) > goal)
    high--;
  return high;
}

static guint
find_single (const LatentRate *self, guint kind, double goal, guint high)
{
  while (high > 0 && predict (self, &self->now[kind], kind, high) > goal)
    high--;
  return high;
}

guint
latent_rate_choose (LatentRate *self, gboolean key, guint64 duration)
{
  double seconds = (double)duration / 1e9;
  guint kind = key ? KEY : DELTA;
  gboolean is_first = !self->has_mean[KEY];
  double burst;
  guint low, high;

  if (self->bitrate == 0)
    return self->last = self->best;
  add_mean (self, KEY);
  if (!key)
    add_mean (self, DELTA);
  low = is_first || self->last < STRIDE ? 0 : self->last - STRIDE;
  high = is_first ? self->best : MIN (self->last + STRIDE, self->best);
  self->last = find_mean (
      self, 1 / get_spread (self, seconds), get_goal (self, seconds), MIN (low, high), high);
  burst = (double)self->bitrate * MAX (BURST, seconds) - MAX (self->debt, 0);
  self->last = find_single (self, kind, MAX (burst, (double)self->bitrate * seconds), self->last);
  self->expected[kind] = expect (&self->now[kind], self->last);
  return self->last;
}

/* What a key frame costs beyond its time is reserved: it is no reason to hurry, as the frames up to
 * the next one are meant to pay it. */
static void
add_debt (LatentRate *self, gboolean key, double bits, double seconds)
{
  double worth = (double)self->bitrate * seconds;

  self->debt = MAX (self->debt + bits - worth, -(double)self->bitrate * SAVINGS);
  self->reserve = MAX (self->reserve - self->payment, 0);
  if (!key || self->key_interval == 1)
    return;
  self->reserve += MAX (bits - worth, 0);
  self->payment = self->reserve / get_spread (self, seconds);
}

void
latent_rate_add (LatentRate *self, gboolean key, gsize bytes, guint64 duration)
{
  guint kind = key ? KEY : DELTA;
  LatentRateGain *gain = &self->gains[kind];
  double bits = 8. * (double)bytes, found;

  if (self->bitrate == 0)
    return;
  found = log2 (MAX (bits - EMPTY, 1) / self->expected[kind]);
  /* what is next to nothing says nothing */
  if (self->expected[kind] > EMPTY) {
    gain->bits = gain->known ? gain->bits + NEWEST * (found - gain->bits) : found;
    gain->known = TRUE;
  }
  add_debt (self, key, bits, (double)duration / 1e9);
}
