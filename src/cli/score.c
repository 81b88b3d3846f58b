/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/score.h"

#include <math.h>

#include "src/cli/ms-ssim.h"
#include "src/cli/sound-distance.h"

#define LATEST_PARTS  10 /* of a second that sound may be late */
#define DELAY_SECONDS 5  /* of sound by which it is told how late it is */

static const struct {
  const char *name;
  const char *title;
  gboolean distance;
} looks[2][LATENT_N_SCORES] = {
    {{"psnr_luma", "luma PSNR [dB]", FALSE}, {"ms_ssim", "MS-SSIM", FALSE}                            },
    {{"si_sdr", "SI-SDR [dB]", FALSE},       {"spectral_distance", "log-spectral distance [dB]", TRUE}},
};

void
latent_score_clear (LatentScore *self)
{
  g_clear_pointer (&self->original, g_array_unref);
  g_clear_pointer (&self->rebuilt, g_array_unref);
}

void
latent_score_add_pictures (
    LatentScore *self, const LatentPicture *original, const LatentPicture *rebuilt)
{
  gsize n = (gsize)original->width * original->height;
  g_autofree guint8 *a = g_malloc (n);
  g_autofree guint8 *b = g_malloc (n);
  latent_picture_get_luma (original, a);
  latent_picture_get_luma (rebuilt, b);
  latent_measure_add_pictures (&self->measure, original, rebuilt);
  self->ms_ssim += latent_ms_ssim (a, b, original->width, original->height);
}

void
latent_score_add_sound (
    LatentScore *self, gboolean original, const float *samples, gsize n, guint channels)
{
  GArray **array = original ? &self->original : &self->rebuilt;
  if (!*array)
    *array = g_array_new (FALSE, FALSE, sizeof (float));
  for (gsize i = 0; i < n; i++) {
    float mean = 0;
    for (guint c = 0; c < channels; c++)
      mean += samples[i * channels + c] / (float)channels;
    g_array_append_val (*array, mean);
  }
}

static void
get_sound (const LatentScore *self, guint rate, double scores[LATENT_N_SCORES])
{
  scores[0] = scores[1] = NAN;
  if (!self->original || !self->rebuilt)
    return;
  const float *original = (const float *)(gpointer)self->original->data;
  const float *rebuilt = (const float *)(gpointer)self->rebuilt->data;
  gsize most = rate / LATEST_PARTS, n = self->rebuilt->len > most ? self->rebuilt->len - most : 0;
  n = MIN (MIN (n, self->original->len), (gsize)rate * DELAY_SECONDS);
  gsize delay = n ? latent_sound_find_delay (original, rebuilt, n, most) : 0;
  n = MIN ((gsize)self->original->len, self->rebuilt->len - delay);
  scores[0] = latent_sound_si_sdr (original, rebuilt + delay, n);
  scores[1] = latent_sound_spectral_distance (original, rebuilt + delay, n);
}

void
latent_score_get (
    const LatentScore *self, LatentMediaKind kind, guint rate, double scores[LATENT_N_SCORES])
{
  if (kind == LATENT_MEDIA_AUDIO) {
    get_sound (self, rate, scores);
    return;
  }
  scores[0] = latent_measure_get_psnr (latent_measure_get_luma_mse (&self->measure));
  scores[1] = self->ms_ssim / (double)self->measure.pictures;
}

const char *
latent_score_get_name (LatentMediaKind kind, guint which)
{
  return looks[kind == LATENT_MEDIA_AUDIO][which].name;
}

const char *
latent_score_get_title (LatentMediaKind kind, guint which)
{
  return looks[kind == LATENT_MEDIA_AUDIO][which].title;
}

gboolean
latent_score_is_distance (LatentMediaKind kind, guint which)
{
  return looks[kind == LATENT_MEDIA_AUDIO][which].distance;
}
