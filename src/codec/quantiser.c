/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/quantiser.h"

#include <math.h>

#include "src/base/clones.h"
#include "src/base/parallel.h"
#include "src/codec/sequence.h"

/* What is added to the magnitude before it is cut to an integer: 0.5 would be the nearest; a little
 * less costs less than it harms. Below 1 step the dead zone is wider still. */
#define ROUND      0.46f
#define ROUND_ZERO 0.38f
/* A symbol stays as it was while the latent is within so many steps of it. */
#define HYSTERESIS 0.75f

/* 2^(n/8) in Q16. */
static const guint32 eighths[8] = {65536, 71468, 77936, 84990, 92682, 101070, 110218, 120194};

void
latent_quantiser_get_steps (const gint16 *steps, guint channels, guint quality, float *dst)
{
  for (guint c = 0; c < channels; c++)
    dst[c] = (float)exp2 (
        (double)steps[c] / LATENT_STEP_ONE + (LATENT_QUALITY_MAX - (int)quality) / 8.);
}

LATENT_FOR_EACH_CPU static void
scale_up (const gint16 *src, gint64 factor, guint shift, gsize n, gint16 *dst)
{
  gint64 half = (gint64)1 << (shift - 1);

  for (gsize i = 0; i < n; i++) {
    gint64 magnitude = (ABS ((gint64)src[i]) * factor + half) >> shift;
    magnitude = MIN (magnitude, LATENT_SYMBOL_MAX);
    dst[i] = (gint16)(src[i] < 0 ? -magnitude : magnitude);
  }
}

void
latent_symbols_rescale (
    const gint16 *src, guint src_quality, guint dst_quality, gsize n, gint16 *dst)
{
  gint eighth = (gint)dst_quality - (gint)src_quality;
  gint octave = eighth >= 0 ? eighth / 8 : -((7 - eighth) / 8);
  gint64 factor = eighths[eighth - octave * 8];

  if (octave >= 0)
    scale_up (src, factor << octave, 16, n, dst);
  else
    scale_up (src, factor, 16 + (guint)-octave, n, dst);
}

static inline gint
round_symbol (float value)
{
  float magnitude = MIN (fabsf (value), (float)LATENT_SYMBOL_MAX);
  gint symbol = (gint)(magnitude + (magnitude < 1 ? ROUND_ZERO : ROUND));

  return value < 0 ? -symbol : symbol;
}

LATENT_FOR_EACH_CPU static void
put_plane (const float *src, float inverse, guint n, gint16 *dst)
{
  for (guint i = 0; i < n; i++)
    dst[i] = (gint16)round_symbol (src[i] * inverse);
}

LATENT_FOR_EACH_CPU static void
put_plane_after (const float *src, float inverse, const gint16 *previous, guint n, gint16 *dst)
{
  for (guint i = 0; i < n; i++) {
    float value = src[i] * inverse;
    gint symbol = round_symbol (value);
    dst[i] = fabsf (value - (float)previous[i]) < HYSTERESIS ? previous[i] : (gint16)symbol;
  }
}

LATENT_FOR_EACH_CPU static void
get_plane (const gint16 *src, float step, guint n, float *dst)
{
  for (guint i = 0; i < n; i++)
    dst[i] = (float)src[i] * step;
}

typedef struct {
  const float *steps;
  gsize places;
  const float *src;
  float *dst;
  gint16 *symbols;
  const gint16 *held;
} Job;

static void
put_channels (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize c = begin; c < end; c++) {
    gsize at = c * job->places;
    float inverse = 1 / job->steps[c];
    if (job->held != NULL)
      put_plane_after (
          job->src + at, inverse, job->held + at, (guint)job->places, job->symbols + at);
    else
      put_plane (job->src + at, inverse, (guint)job->places, job->symbols + at);
  }
}

static void
get_channels (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;

  for (gsize c = begin; c < end; c++) {
    gsize at = c * job->places;
    get_plane (job->held + at, job->steps[c], (guint)job->places, job->dst + at);
  }
}

/* Channels that are worth a thread. */
static gsize
get_grain (guint places)
{
  return 65536 / MIN (MAX (places, 1), 65536);
}

void
latent_quantiser_put (const float *planes, const float *steps, guint channels, guint places,
    const gint16 *previous, guint threads, gint16 *symbols)
{
  Job job = {.steps = steps, .places = places, .src = planes, .symbols = symbols, .held = previous};

  latent_parallel (threads, channels, get_grain (places), put_channels, &job);
}

void
latent_quantiser_get (const gint16 *symbols, const float *steps, guint channels, guint places,
    guint threads, float *planes)
{
  Job job = {.steps = steps, .places = places, .dst = planes, .held = symbols};

  latent_parallel (threads, channels, get_grain (places), get_channels, &job);
}
