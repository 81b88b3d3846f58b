/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/quantiser.h"

#include <latent/codec.h>
#include <math.h>

#include "src/base/clones.h"
#include "src/base/parallel.h"

/* Steps within which a latent is taken for what is expected, by how much is not as expected around
 * it; tuned by bytes and PSNR (docs/decisions.md). */
#define REACHES 4
static const float reaches[][REACHES] = {
    [LATENT_RULE_KEY] = {0.7f, 0.6f,  0.5f, 0.5f },
    [LATENT_RULE_HELD] = {0.9f, 0.8f,  0.7f, 0.65f},
    [LATENT_RULE_SOUND] = {0.6f, 0.55f, 0.5f, 0.5f },
};

const guint32 latent_eighths[8] = {65536, 71468, 77936, 84990, 92682, 101070, 110218, 120194};

void
latent_quantiser_get_steps (const LatentStep *steps, guint channels, guint quality, float *dst)
{
  double lost = (LATENT_QUALITY_MAX - (double)quality) / 8;

  for (guint c = 0; c < channels; c++)
    dst[c] = (float)exp2 (
        (double)steps[c].step / LATENT_STEP_ONE + lost * steps[c].slope / LATENT_SLOPE_ONE);
}

LATENT_FOR_EACH_CPU static void
scale (const gint16 *src, gint64 factor, guint shift, gsize n, gint16 *dst)
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
  guint up = dst_quality + 64 - src_quality; /* eighths of an octave, from 8 octaves down */
  guint octaves = up / 8;
  gint64 factor = latent_eighths[up % 8];

  if (octaves >= 8)
    scale (src, factor << (octaves - 8), 16, n, dst);
  else
    scale (src, factor, 16 + 8 - octaves, n, dst);
}

/* Of a difference of qualities, to the nearest, halves away from zero. */
static gint
take_slope (gint qualities, guint slope)
{
  gint half = qualities < 0 ? -LATENT_SLOPE_ONE / 2 : LATENT_SLOPE_ONE / 2;

  return (qualities * (gint)slope + half) / LATENT_SLOPE_ONE;
}

void
latent_symbols_rescale_all (const LatentGrid *grid, const LatentStep *steps, const gint16 *src,
    guint src_quality, guint dst_quality, gint16 *dst)
{
  gsize places = (gsize)grid->height * grid->width;

  for (guint c = 0; c < grid->channels; c++) {
    gint up = take_slope ((gint)dst_quality - (gint)src_quality, steps[c].slope);
    latent_symbols_rescale (src + c * places, up < 0 ? (guint)-up : 0, up > 0 ? (guint)up : 0,
        places, dst + c * places);
  }
}

/* To the nearest, halves away from zero. */
static inline gint
round_value (float value)
{
  float inside = CLAMP (value, (float)-LATENT_SYMBOL_MAX, (float)LATENT_SYMBOL_MAX);

  return (gint)(inside + copysignf (0.5f, inside));
}

/* The nearest symbols, and how far each is from what is expected, up to 3. */
LATENT_FOR_EACH_CPU static void
put_nearest (
    const float *src, float inverse, const gint16 *expected, gsize n, guint8 *changes, gint16 *dst)
{
  for (gsize i = 0; i < n; i++) {
    gint symbol = round_value (src[i] * inverse);
    gint change = ABS (symbol - expected[i]);
    dst[i] = (gint16)symbol;
    changes[i] = (guint8)MIN (change, 3);
  }
}

/* A row of a channel. */
typedef struct {
  const float *src;
  float inverse;
  const gint16 *expected;
  const guint8 *changes;
  const guint8 *north; /* changes of the rows above and below, NULL where there is none */
  const guint8 *south;
  const float *reaches;
  gint16 *dst;
} Row;

static inline gint16
expect (float distance, guint around, const float *near, gint16 expected, gint16 nearest)
{
  float reach = near[3];

  reach = around == 2 ? near[2] : reach;
  reach = around == 1 ? near[1] : reach;
  reach = around == 0 ? near[0] : reach;
  return distance < reach ? expected : nearest;
}

/* The places but the first and the last; rows above and below are there. */
LATENT_FOR_EACH_CPU static void
expect_inside (const Row *row, gsize n)
{
  const float *restrict src = row->src;
  const gint16 *restrict expected = row->expected;
  const guint8 *restrict changes = row->changes;
  const guint8 *restrict north = row->north;
  const guint8 *restrict south = row->south;
  gint16 *restrict dst = row->dst;
  const float near[REACHES] = {row->reaches[0], row->reaches[1], row->reaches[2], row->reaches[3]};
  float inverse = row->inverse;

  for (gsize i = 1; i + 1 < n; i++) {
    guint around = changes[i - 1] + changes[i + 1] + north[i] + south[i];
    float distance = fabsf (src[i] * inverse - (float)expected[i]);
    dst[i] = expect (distance, around, near, expected[i], dst[i]);
  }
}

static void
expect_one (const Row *row, gsize i, gsize n)
{
  guint around = (i > 0 ? row->changes[i - 1] : 0) + (i + 1 < n ? row->changes[i + 1] : 0);
  float distance = fabsf (row->src[i] * row->inverse - (float)row->expected[i]);

  around += row->north != NULL ? row->north[i] : 0;
  around += row->south != NULL ? row->south[i] : 0;
  row->dst[i] = expect (distance, around, row->reaches, row->expected[i], row->dst[i]);
}

static void
expect_row (const Row *row, gsize n)
{
  if (row->north == NULL || row->south == NULL) {
    for (gsize i = 0; i < n; i++)
      expect_one (row, i, n);
    return;
  }
  expect_one (row, 0, n);
  expect_inside (row, n);
  if (n > 1)
    expect_one (row, n - 1, n);
}

typedef struct {
  const LatentGrid *grid;
  const float *steps;
  const float *reaches;
  const float *src;
  const gint16 *expected; /* or the symbols that become floats */
  guint8 *changes;
  gint16 *symbols;
  float *dst;
} Job;

static void
put_channel (const Job *job, gsize channel)
{
  gsize height = job->grid->height, width = job->grid->width;
  gsize at = channel * height * width;
  float inverse = 1 / job->steps[channel];

  put_nearest (job->src + at, inverse, job->expected + at, height * width, job->changes + at,
      job->symbols + at);
  for (gsize y = 0; y < height; y++, at += width) {
    const guint8 *changes = job->changes + at;
    Row row = {.src = job->src + at,
        .inverse = inverse,
        .expected = job->expected + at,
        .changes = changes,
        .north = y > 0 ? changes - width : NULL,
        .south = y + 1 < height ? changes + width : NULL,
        .reaches = job->reaches,
        .dst = job->symbols + at};
    expect_row (&row, width);
  }
}

static void
put_channels (gsize begin, gsize end, gpointer data)
{
  for (gsize c = begin; c < end; c++)
    put_channel (data, c);
}

LATENT_FOR_EACH_CPU static void
get_channel (const gint16 *src, float step, gsize n, float *dst)
{
  for (gsize i = 0; i < n; i++)
    dst[i] = (float)src[i] * step;
}

static void
get_channels (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  gsize places = (gsize)job->grid->height * job->grid->width;

  for (gsize c = begin; c < end; c++)
    get_channel (job->expected + c * places, job->steps[c], places, job->dst + c * places);
}

/* Channels that are worth a thread. */
static gsize
get_grain (const LatentGrid *grid)
{
  gsize places = (gsize)grid->height * grid->width;

  return 65536 / CLAMP (places, 1, 65536);
}

void
latent_quantiser_put (const LatentGrid *grid, const float *planes, const float *steps,
    LatentRule rule, const gint16 *expected, guint threads, guint8 *changes, gint16 *symbols)
{
  Job job = {.grid = grid,
      .steps = steps,
      .reaches = reaches[rule],
      .src = planes,
      .expected = expected,
      .changes = changes,
      .symbols = symbols};

  latent_parallel (threads, grid->channels, get_grain (grid), put_channels, &job);
}

void
latent_quantiser_get (
    const LatentGrid *grid, const gint16 *symbols, const float *steps, guint threads, float *planes)
{
  Job job = {.grid = grid, .steps = steps, .expected = symbols, .dst = planes};

  latent_parallel (threads, grid->channels, get_grain (grid), get_channels, &job);
}
