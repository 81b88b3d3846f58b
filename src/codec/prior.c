/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/prior.h"

#include <latent/error.h>
#include <string.h>

#include "src/base/crc32c.h"
#include "src/base/reader.h"

#define PRIOR_VERSION 1

struct _LatentPrior {
  gatomicrefcount refs;
  guint channels;
};

struct _LatentPriorFit {
  guint channels;
};

LatentPrior *
latent_prior_new_default (guint channels)
{
  LatentPrior *self = g_new0 (LatentPrior, 1);

  g_atomic_ref_count_init (&self->refs);
  self->channels = channels;
  return self;
}

LatentPrior *
latent_prior_ref (LatentPrior *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
latent_prior_unref (LatentPrior *self)
{
  if (self != NULL && g_atomic_ref_count_dec (&self->refs))
    g_free (self);
}

/* Version, number of channels. */
static void
put_prior (const LatentPrior *self, guint8 dst[5])
{
  dst[0] = PRIOR_VERSION;
  for (guint i = 0; i < 4; i++)
    dst[1 + i] = self->channels >> 8 * i & 255;
}

LatentPrior *
latent_prior_new_from_text (const char *text, guint channels, GError **error)
{
  gsize size;
  g_autofree guchar *data = g_base64_decode (text, &size);
  LatentReader reader;
  guint version, n;

  latent_reader_init (&reader, data, size);
  version = latent_reader_get_u8 (&reader);
  n = latent_reader_get_u32le (&reader);
  if (reader.failed || version != PRIOR_VERSION || n != channels) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "latent.prior: wanted version %u for %u channels, got version %u for %u", PRIOR_VERSION,
        channels, version, n);
    return NULL;
  }
  return latent_prior_new_default (channels);
}

char *
latent_prior_to_text (const LatentPrior *self)
{
  guint8 data[5];

  put_prior (self, data);
  return g_base64_encode (data, sizeof data);
}

guint32
latent_prior_get_checksum (const LatentPrior *self)
{
  guint8 data[5];

  put_prior (self, data);
  return latent_crc32c (0, data, sizeof data);
}

LatentPriorFit *
latent_prior_fit_new (guint channels, guint height, guint width)
{
  LatentPriorFit *self = g_new0 (LatentPriorFit, 1);

  self->channels = channels;
  return self;
}

void
latent_prior_fit_free (LatentPriorFit *self)
{
  g_free (self);
}

void
latent_prior_fit_add (LatentPriorFit *self, const gint16 *symbols, const gint16 *previous)
{
}

LatentPrior *
latent_prior_fit_finish (LatentPriorFit *self)
{
  return latent_prior_new_default (self->channels);
}
