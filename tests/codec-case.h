/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>
#include <latent/codec.h>
#include <math.h>

#include "session-models.h"
#include "src/base/random.h"

/* Streams of made-up latents, of models that are no more than their latents' shape. */

#define CASE_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static inline LatentModel *
case_model_new (guint n_dims, const gint64 *dims, const char *steps)
{
  const char *keys[] = {
      "latent.input", "vector", "latent.id", CASE_ID, "latent.steps", steps, NULL};

  return test_identity_new (n_dims, dims, keys);
}

/* A field of waves that moves to the right, and a little noise of the frame's own. */
static inline void
case_fill (float *dst, guint channels, guint height, guint width, guint frame)
{
  LatentRandom random;

  latent_random_init (&random, 7, frame, 0);
  latent_random_fill_normal (&random, dst, (gsize)channels * height * width, 0.05f);
  for (guint c = 0; c < channels; c++)
    for (guint y = 0; y < height; y++)
      for (guint x = 0; x < width; x++)
        dst[(c * height + y) * width + x] += 4.f / (float)(c + 1) *
                                             sinf (
                                                 (float)(x + frame) * 0.3f + (float)(y * c) * 0.2f);
}

static inline LatentStreamInfo
case_info (void)
{
  return (LatentStreamInfo){.kind = LATENT_MEDIA_VIDEO, .width = 64, .height = 48, .fps_n = 25};
}

/* An encoder and a decoder of the same stream of channels x height x width latents. */
typedef struct {
  LatentModel *model;
  LatentEncoder *encoder;
  LatentDecoder *decoder;
  guint channels, height, width;
  gsize n;
  float *latents;
  float *decoded;
  const guint8 *packet; /* the last */
  gsize size;
  LatentPacketInfo info;
} Case;

static inline void
case_init (Case *self, guint channels, guint height, guint width, const LatentStreamInfo *info)
{
  const gint64 dims[] = {1, channels, height, width};
  GError *error = NULL;
  gsize size;
  const guint8 *header;

  *self = (Case){.channels = channels,
      .height = height,
      .width = width,
      .n = (gsize)channels * height * width,
      .model = case_model_new (4, dims, "0.0625")};
  self->encoder = latent_encoder_new (self->model, 4, dims, info, 2, &error);
  if (self->encoder == NULL)
    g_error ("%s", error->message);
  header = g_bytes_get_data (latent_encoder_get_header (self->encoder), &size);
  self->decoder = latent_decoder_new (self->model, header, size, 1, &error);
  if (self->decoder == NULL)
    g_error ("%s", error->message);
  self->latents = g_new (float, self->n);
  self->decoded = g_new (float, self->n);
}

static inline void
case_clear (Case *self)
{
  latent_encoder_unref (self->encoder);
  latent_decoder_unref (self->decoder);
  latent_model_unref (self->model);
  g_free (self->latents);
  g_free (self->decoded);
}

static inline void
case_encode (Case *self, guint frame)
{
  GError *error = NULL;

  case_fill (self->latents, self->channels, self->height, self->width, frame);
  if (!latent_encoder_encode (
          self->encoder, self->latents, 0, &self->info, &self->packet, &self->size, &error))
    g_error ("%s", error->message);
  fail_unless_equals_uint64 (self->info.bytes, self->size);
}

static inline LatentDecodeResult
case_decode (Case *self)
{
  return latent_decoder_decode (self->decoder, self->packet, self->size, self->decoded, NULL, NULL);
}

/* The largest distance of what was decoded from what was encoded last. */
static inline float
case_compare (const Case *self)
{
  float most = 0;

  for (gsize i = 0; i < self->n; i++)
    most = MAX (most, fabsf (self->latents[i] - self->decoded[i]));
  return most;
}
