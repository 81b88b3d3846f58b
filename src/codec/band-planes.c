/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/codec/band.h"

#define ROWS_AROUND 4 /* two above, two below */
#define WORDS       3 /* planes of 32 bits */
#define HALVES      3 /* of 16 */
#define BYTES       7 /* of 8 */

void
latent_band_init (
    LatentBand *self, guint channels, guint height, guint width, guint begin, guint end)
{
  const gsize stride = width + 2 * LATENT_BAND_PAD, rows = end - begin;
  const gsize plane = stride * (rows + ROWS_AROUND), first = 2 * stride + LATENT_BAND_PAD;
  const gsize size = plane * (4 * WORDS + 2 * HALVES + BYTES);
  guint32 *words = g_malloc0 (size);
  guint16 *halves = (guint16 *)(words + WORDS * plane);
  guint8 *bytes = (guint8 *)(halves + HALVES * plane);

  *self = (LatentBand){.channels = channels,
      .height = height,
      .width = width,
      .begin = begin,
      .rows = end - begin,
      .stride = (gssize)stride,
      .plane = plane,
      .memory = words,
      .activity = words + first,
      .changed = words + plane + first,
      .near = words + 2 * plane + first,
      .active = bytes + first,
      .active_before = bytes + plane + first,
      .history = bytes + 2 * plane + first,
      .kinds = bytes + 6 * plane + first,
      .visits = g_new (guint, rows * width),
      .first_visit = g_new (guint, rows + 1),
      .found = g_new (guint, rows * width),
      .foretold_row = g_new (gint16, width),
      .still = g_new0 (guint8, channels),
      .resting = g_new0 (guint8, channels)};
  for (guint i = 0; i < 3; i++) {
    self->values[i] = (gint16 *)halves + i * plane + first;
    self->digits[i] = bytes + (3 + i) * plane + first;
    self->around[i] = g_new0 (gint32, width + 2);
  }
}

void
latent_band_clear (LatentBand *self)
{
  g_clear_pointer (&self->memory, g_free);
  g_clear_pointer (&self->visits, g_free);
  g_clear_pointer (&self->first_visit, g_free);
  g_clear_pointer (&self->found, g_free);
  g_clear_pointer (&self->foretold_row, g_free);
  for (guint i = 0; i < 3; i++)
    g_clear_pointer (&self->around[i], g_free);
  g_clear_pointer (&self->still, g_free);
  g_clear_pointer (&self->resting, g_free);
}

/* plane: its place (0, 0). */
static void
clear_plane (const LatentBand *self, gpointer plane, gsize element)
{
  memset ((guint8 *)plane - (gsize)(2 * self->stride + LATENT_BAND_PAD) * element, 0,
      self->plane * element);
}

void
latent_band_forget (LatentBand *self)
{
  clear_plane (self, self->active_before, 1);
  clear_plane (self, self->history, 1);
  memset (self->resting, 0, self->channels * sizeof *self->resting);
  for (gsize i = 0; i < sizeof self->place_slots / sizeof (LatentSlot); i++)
    ((LatentSlot *)&self->place_slots)[i] = LATENT_SLOT_NEW;
}

void
latent_band_start (LatentBand *self)
{
  guint n = 0;

  clear_plane (self, self->activity, 4);
  clear_plane (self, self->changed, 4);
  self->activity_sum = self->changed_sum = 0;
  for (guint i = 0; i < 2; i++) {
    clear_plane (self, self->values[i], 2);
    clear_plane (self, self->digits[i], 1);
  }
  for (guint y = 0; y < self->rows; y++) {
    self->first_visit[y] = n;
    for (guint x = 0; x < self->width; x++)
      if (self->active[y * self->stride + x])
        self->visits[n++] = x;
  }
  self->first_visit[self->rows] = n;
}

/* Smoothed sums have weight 8: 16 * 4096 / 8. */
static guint32
find_scale (const LatentBand *self, guint64 sum)
{
  return sum == 0 ? 0 : (guint32)MIN ((guint64)8192 * self->first_visit[self->rows] / sum, 65535);
}

void
latent_band_start_channel (LatentBand *self)
{
  gint16 *values = self->values[2];
  guint8 *digits = self->digits[2];

  self->values[2] = self->values[1];
  self->values[1] = self->values[0];
  self->values[0] = values;
  self->digits[2] = self->digits[1];
  self->digits[1] = self->digits[0];
  self->digits[0] = digits;
  clear_plane (self, values, 2);
  clear_plane (self, digits, 1);
  clear_plane (self, self->near, 4);
  self->n_found = 0;
  self->activity_scale = find_scale (self, self->activity_sum);
  self->changed_scale = find_scale (self, self->changed_sum);
}

static void
add_smooth (guint32 *sums, gssize stride, guint32 amount)
{
  sums[0] += 4 * amount;
  sums[-1] += amount;
  sums[1] += amount;
  sums[-stride] += amount;
  sums[stride] += amount;
}

void
latent_band_end_channel (LatentBand *self, const gint16 *q, const gint16 *p)
{
  for (guint k = 0; k < self->n_found; k++) {
    const guint i = self->found[k];
    const guint magnitude = (guint)MIN (ABS (self->values[0][i]), 15);
    if (magnitude > 0) {
      add_smooth (self->activity + i, self->stride, magnitude);
      self->activity_sum += magnitude;
    }
    if (self->foretold != NULL) {
      add_smooth (self->changed + i, self->stride, 1);
      self->changed_sum++;
    } else if (p != NULL) {
      const guint y = i / (guint)self->stride, x = i % (guint)self->stride;
      if (q[(gsize)y * self->width + x] == p[(gsize)y * self->width + x])
        continue;
      add_smooth (self->changed + i, self->stride, 1);
      self->changed_sum++;
    }
  }
}
