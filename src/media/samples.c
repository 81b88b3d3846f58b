/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/samples.h"

#include <math.h>
#include <string.h>

#define FULL_SCALE 32768.0

static double *
get_frame (const LatentFrameQueue *self, gsize i)
{
  return self->data + (self->begin + i) * self->channels;
}

static gsize
count_frames (const LatentFrameQueue *self)
{
  return self->end - self->begin;
}

/* Room for n more frames at the end. Frames move to the front only where as many have gone from
 * there, so that moving costs no more than pushing. */
static void
make_room (LatentFrameQueue *self, gsize n)
{
  gsize used = count_frames (self);

  if (n <= self->size - self->end)
    return;
  if (self->begin >= used && used + n <= self->size) {
    memcpy (self->data, get_frame (self, 0), used * self->channels * sizeof (double));
  } else {
    double *data;

    self->size = MAX (2 * self->size, used + n);
    data = g_new (double, self->size * self->channels);
    if (used > 0)
      memcpy (data, get_frame (self, 0), used * self->channels * sizeof (double));
    g_free (self->data);
    self->data = data;
  }
  self->begin = 0;
  self->end = used;
}

/* n frames of zeros at the end, for which there is room. */
static void
append_zeros (LatentFrameQueue *self, gsize n)
{
  memset (self->data + self->end * self->channels, 0, n * self->channels * sizeof (double));
  self->end += n;
}

static void
reset_queue (LatentFrameQueue *self, guint channels, gsize zeros, gsize room)
{
  if (self->channels != channels) {
    g_clear_pointer (&self->data, g_free);
    self->size = 0;
  }
  self->channels = channels;
  self->begin = 0;
  self->end = 0;
  make_room (self, zeros + room);
  append_zeros (self, zeros);
}

static double
load_sample (LatentSampleFormat format, gconstpointer src, gsize i)
{
  if (format == LATENT_SAMPLE_FORMAT_S16)
    return ((const gint16 *)src)[i];
  return ((const float *)src)[i] * FULL_SCALE;
}

static void
store_sample (LatentSampleFormat format, gpointer dst, gsize i, double level)
{
  if (format == LATENT_SAMPLE_FORMAT_S16)
    ((gint16 *)dst)[i] = (gint16)lrint (CLAMP (level, -32768, 32767));
  else
    ((float *)dst)[i] = (float)(level / FULL_SCALE);
}

void
latent_cutter_reset (LatentCutter *self, const LatentWindowMap *map)
{
  reset_queue (&self->queue, map->channels, map->window - map->hop, map->hop);
}

void
latent_cutter_clear (LatentCutter *self)
{
  g_clear_pointer (&self->queue.data, g_free);
  memset (self, 0, sizeof *self);
}

void
latent_cutter_push (LatentCutter *self, const LatentWindowMap *map, LatentSampleFormat format,
    gconstpointer src, gsize n)
{
  double *dst;

  make_room (&self->queue, n + map->hop); /* the last window's silence needs none then */
  dst = get_frame (&self->queue, count_frames (&self->queue));
  for (gsize i = 0; i < n * map->channels; i++)
    dst[i] = load_sample (format, src, i);
  self->queue.end += n;
}

gsize
latent_cutter_get_pending (const LatentCutter *self, const LatentWindowMap *map, gboolean drain)
{
  gsize fresh = count_frames (&self->queue) - (map->window - map->hop);

  return fresh / map->hop + (drain && fresh % map->hop != 0);
}

guint
latent_cutter_take (LatentCutter *self, const LatentWindowMap *map, float *dst)
{
  gsize fresh = count_frames (&self->queue) - (map->window - map->hop);
  const double *src;

  if (fresh < map->hop) {
    make_room (&self->queue, map->hop - fresh);
    append_zeros (&self->queue, map->hop - fresh);
  }
  src = get_frame (&self->queue, 0);
  for (guint c = 0; c < map->channels; c++) {
    float *channel = dst + c * map->channel_stride;
    float scale = map->scale[c];
    float offset = map->offset[c];

    for (guint i = 0; i < map->window; i++)
      channel[i * map->time_stride] = (float)src[(gsize)i * map->channels + c] * scale + offset;
  }
  self->queue.begin += map->hop;
  return (guint)MIN (fresh, map->hop);
}

static double *
make_weights (guint window)
{
  double *weights = g_new (double, window);

  for (guint i = 0; i < window; i++) {
    double sine = sin (G_PI * (i + 0.5) / window);
    weights[i] = sine * sine; /* never 0: every sample has its share */
  }
  return weights;
}

void
latent_overlap_reset (LatentOverlap *self, const LatentWindowMap *map)
{
  if (!self->weights)
    self->weights = make_weights (map->window);
  reset_queue (&self->queue, map->channels + 1, map->window - map->hop, map->hop);
  self->finished = 0;
  self->skip = map->window - map->hop;
  self->promised = 0;
}

void
latent_overlap_clear (LatentOverlap *self)
{
  g_clear_pointer (&self->queue.data, g_free);
  g_clear_pointer (&self->weights, g_free);
  memset (self, 0, sizeof *self);
}

/* A value of the net as a level that can be added up. */
static double
clean_level (double value, float scale, float offset)
{
  double level = scale != 0 ? (value - offset) / scale : 0;

  if (isnan (level))
    return 0;
  return isinf (level) ? copysign (FULL_SCALE, level) : level;
}

/* Adds one channel's window to the sums; of its first `counted` values those that are not finite
 * are counted. */
static guint64
add_channel (
    LatentOverlap *self, const LatentWindowMap *map, const float *src, guint c, guint counted)
{
  const float *channel = src + c * map->channel_stride;
  double *dst = get_frame (&self->queue, self->finished) + 1 + c;
  guint64 not_finite = 0;

  for (guint i = 0; i < map->window; i++) {
    float value = channel[i * map->time_stride];

    dst[(gsize)i * self->queue.channels] += self->weights[i] *
                                            clean_level (value, map->scale[c], map->offset[c]);
    not_finite += i < counted && !isfinite (value);
  }
  return not_finite;
}

/* What came before the stream's first sample goes as soon as it is finished. */
static void
drop_skipped (LatentOverlap *self)
{
  gsize n = MIN (self->skip, self->finished);

  self->queue.begin += n;
  self->finished -= n;
  self->skip -= n;
}

#define FORGET .95

/* What a window says of what those before it say, too. */
static void
compare (LatentOverlap *self, const LatentWindowMap *map, const float *src)
{
  self->differ *= FORGET;
  self->sum *= FORGET;
  for (guint c = 0; c < map->channels; c++) {
    for (guint i = 0; i < map->window - map->hop; i++) {
      const double *frame = get_frame (&self->queue, self->finished + i);
      double weight = self->weights[i];
      double value = clean_level (
          src[c * map->channel_stride + i * map->time_stride], map->scale[c], map->offset[c]);
      double before, mean;

      if (frame[0] <= 0)
        continue;
      before = frame[1 + c] / frame[0];
      mean = (frame[1 + c] + weight * value) / (frame[0] + weight);
      self->differ += weight * frame[0] * (before - value) * (before - value);
      self->sum += mean * mean;
    }
  }
}

static gboolean
is_lapped (const LatentOverlap *self)
{
  return self->differ > self->sum / 4;
}

guint64
latent_overlap_add (LatentOverlap *self, const LatentWindowMap *map, const float *src, guint n)
{
  guint64 not_finite = 0;
  double *frames;

  make_room (&self->queue, map->hop);
  append_zeros (&self->queue, map->hop);
  compare (self, map, src);
  frames = get_frame (&self->queue, self->finished);
  for (guint i = 0; i < map->window; i++)
    frames[(gsize)i * self->queue.channels] += self->weights[i];
  for (guint c = 0; c < map->channels; c++)
    not_finite += add_channel (self, map, src, c, map->window - map->hop + n);
  self->finished += map->hop;
  self->promised += n;
  drop_skipped (self);
  return not_finite;
}

gsize
latent_overlap_get_available (const LatentOverlap *self, gboolean drain)
{
  return drain ? self->promised : MIN (self->promised, self->finished);
}

void
latent_overlap_pop (LatentOverlap *self, LatentSampleFormat format, gpointer dst, gsize n)
{
  guint channels = self->queue.channels - 1;

  if (n == 0)
    return;
  self->queue.begin += self->skip; /* not 0 only where a stream shorter than a window ends */
  self->skip = 0;
  for (gsize i = 0; i < n; i++) {
    const double *frame = get_frame (&self->queue, i);
    /* what lacks windows that a lapped transform wants fades; all weights together are 1 or more */
    double weight = i >= self->finished && is_lapped (self) ? MAX (frame[0], 1) : frame[0];

    for (guint c = 0; c < channels; c++)
      store_sample (format, dst, i * channels + c, frame[1 + c] / weight);
  }
  self->queue.begin += n;
  self->promised -= n;
  self->finished -= MIN (n, self->finished);
}
