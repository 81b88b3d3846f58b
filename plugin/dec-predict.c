/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/dec-core.h"

#include <string.h>

/* What changed from one frame to the next goes on, half as much from frame to frame: in all less
 * than once more what was seen, however long the loss. */
#define DAMPING 0.5f

void
latent_dec_core_begin_past (LatentDecCore *self)
{
  gsize size = latent_session_get_latent_size (self->session);

  latent_dec_core_end_past (self);
  if (self->settings.conceal != LATENT_GST_CONCEAL_PREDICT || self->kind != LATENT_MEDIA_VIDEO)
    return;
  self->n_latents = size / sizeof (float);
  self->before = g_malloc (size);
  self->spare = g_malloc (size);
}

void
latent_dec_core_end_past (LatentDecCore *self)
{
  g_clear_pointer (&self->before, g_free);
  g_clear_pointer (&self->spare, g_free);
  self->n_good = 0;
}

void
latent_dec_core_keep_past (LatentDecCore *self, guint number)
{
  gboolean follows = self->n_good > 0 && (guint16)(number - self->last_number) == 1;
  float *oldest = self->before;

  if (!self->before)
    return;
  self->before = self->latents;
  self->latents = self->spare;
  self->spare = oldest;
  self->n_good = follows ? 2 : 1;
  self->last_number = number;
}

const float *
latent_dec_core_predict (LatentDecCore *self, guint number)
{
  guint n = (guint16)(number - self->last_number);
  float factor = 0, part = 1;

  if (!self->before || self->n_good < 2 || n == 0)
    return NULL;
  for (; n > 0 && part > 1e-3f; n--)
    factor += part *= DAMPING;
  for (gsize i = 0; i < self->n_latents; i++)
    self->spare[i] = self->latents[i] + factor * (self->latents[i] - self->before[i]);
  return self->spare;
}
