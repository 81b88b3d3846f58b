/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/pattern.h"

#include <math.h>
#include <string.h>

#include "src/base/random.h"
#include "src/media/array.h"

struct _LatentPattern {
  LatentPatternSettings settings;
  char *path;
  LatentArrayFile *file;
  float *ends[2];  /* interpolate: where it comes from and goes to; traverse: [0], where it rests */
  guint64 n_given; /* samples */
  guint64 n_ends;  /* rows or draws used */
};

static gboolean
check_settings (const LatentPatternSettings *settings, GError **error)
{
  const char *wrong = NULL;

  if (settings->n == 0)
    wrong = "a latent of no numbers";
  else if (settings->kind == LATENT_PATTERN_REPLAY && settings->path == NULL)
    wrong = "replay wants a location: a .npy file of latents";
  else if (settings->period == 0)
    wrong = "the period is 1 or more";
  if (wrong != NULL) {
    g_set_error_literal (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, wrong);
    return FALSE;
  }
  if (settings->kind != LATENT_PATTERN_TRAVERSE || settings->dimension < settings->n)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "dimension %" G_GSIZE_FORMAT ": the latent has %" G_GSIZE_FORMAT ", counted from 0",
      settings->dimension, settings->n);
  return FALSE;
}

static gboolean
open_file (LatentPattern *self, GError **error)
{
  const LatentArrayHeader *header;
  gsize n;

  self->file = latent_array_file_open (self->path, error);
  if (self->file == NULL)
    return FALSE;
  header = latent_array_file_get_header (self->file);
  n = latent_array_file_get_sample_elements (self->file);
  if (header->type == LATENT_DATA_TYPE_FLOAT32 && n == self->settings.n)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "%s: wanted rows of %" G_GSIZE_FORMAT " float32, offered were rows of %" G_GSIZE_FORMAT " %s",
      self->path, self->settings.n, n, latent_data_type_get_name (header->type));
  return FALSE;
}

/* The next row of the file. At its end from the first on where it loops. */
static LatentPatternResult
read_row (LatentPattern *self, float *dst, GError **error)
{
  gssize n = latent_array_file_read (self->file, dst, 1, error);

  if (n == 0 && self->settings.loop && self->n_ends > 0) {
    g_clear_pointer (&self->file, latent_array_file_free);
    if (!open_file (self, error))
      return LATENT_PATTERN_ERROR;
    n = latent_array_file_read (self->file, dst, 1, error);
  }
  self->n_ends++;
  return n > 0 ? LATENT_PATTERN_SAMPLE : n == 0 ? LATENT_PATTERN_END : LATENT_PATTERN_ERROR;
}

static void
draw (LatentPattern *self, float *dst)
{
  LatentRandom random;

  latent_random_init (&random, self->settings.seed, LATENT_RANDOM_SAMPLE, self->n_ends++);
  latent_random_fill_normal (&random, dst, self->settings.n, 1);
}

static LatentPatternResult
next_end (LatentPattern *self, float *dst, GError **error)
{
  if (self->file != NULL)
    return read_row (self, dst, error);
  draw (self, dst);
  return LATENT_PATTERN_SAMPLE;
}

static LatentPatternResult
next_step_of_traverse (LatentPattern *self, float *dst, GError **error)
{
  const LatentPatternSettings *settings = &self->settings;
  double turn = (double)(self->n_given % settings->period) / settings->period;

  if (self->n_given == 0 && self->file != NULL) {
    LatentPatternResult result = read_row (self, self->ends[0], error);
    if (result != LATENT_PATTERN_SAMPLE)
      return result;
  }
  memcpy (dst, self->ends[0], settings->n * sizeof dst[0]);
  dst[settings->dimension] += (float)(settings->range * sin (2 * G_PI * turn));
  return LATENT_PATTERN_SAMPLE;
}

static LatentPatternResult
next_step_of_interpolation (LatentPattern *self, float *dst, GError **error)
{
  guint place = (guint)(self->n_given % self->settings.period);
  float share = (float)place / (float)self->settings.period;

  if (self->n_given == 0) {
    LatentPatternResult result = next_end (self, self->ends[1], error);
    if (result != LATENT_PATTERN_SAMPLE)
      return result;
  }
  if (place == 0) {
    float *old = self->ends[0];
    LatentPatternResult result;
    self->ends[0] = self->ends[1];
    self->ends[1] = old;
    result = next_end (self, self->ends[1], error);
    if (result != LATENT_PATTERN_SAMPLE)
      return result;
  }
  for (gsize i = 0; i < self->settings.n; i++)
    dst[i] = self->ends[0][i] + share * (self->ends[1][i] - self->ends[0][i]);
  return LATENT_PATTERN_SAMPLE;
}

static LatentPatternResult
next_sample (LatentPattern *self, float *dst, GError **error)
{
  draw (self, dst);
  return LATENT_PATTERN_SAMPLE;
}

static LatentPatternResult (*const nexts[]) (LatentPattern *self, float *dst, GError **error) = {
    [LATENT_PATTERN_SAMPLES] = next_sample,
    [LATENT_PATTERN_TRAVERSE] = next_step_of_traverse,
    [LATENT_PATTERN_INTERPOLATE] = next_step_of_interpolation,
    [LATENT_PATTERN_REPLAY] = read_row,
};

LatentPattern *
latent_pattern_new (const LatentPatternSettings *settings, GError **error)
{
  g_autoptr (LatentPattern) self = NULL;

  if (!check_settings (settings, error))
    return NULL;
  self = g_new0 (LatentPattern, 1);
  self->settings = *settings;
  self->path = g_strdup (settings->path);
  self->ends[0] = g_new0 (float, settings->n);
  self->ends[1] = g_new0 (float, settings->n);
  if (self->path != NULL && settings->kind != LATENT_PATTERN_SAMPLES && !open_file (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
latent_pattern_free (LatentPattern *self)
{
  if (self == NULL)
    return;
  latent_array_file_free (self->file);
  g_free (self->path);
  g_free (self->ends[0]);
  g_free (self->ends[1]);
  g_free (self);
}

LatentPatternResult
latent_pattern_next (LatentPattern *self, float *dst, GError **error)
{
  LatentPatternResult result = nexts[self->settings.kind](self, dst, error);

  self->n_given += result == LATENT_PATTERN_SAMPLE;
  return result;
}
