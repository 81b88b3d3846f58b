/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

#include "src/base/shape.h"

/* Turns latents into what a model decodes them to, and writes it. */
typedef struct _LatentDecoder LatentDecoder;

typedef struct {
  const char *output;
  guint threads;
  guint width, height;  /* of pictures: 0 for the net's own */
  guint rate_n, rate_d; /* pictures a second */
} LatentDecoderOptions;

LatentDecoder *latent_decoder_new (LatentModel *model, const LatentDecoderOptions *options,
    const LatentShape *latents, GError **error);
void latent_decoder_free (LatentDecoder *self);
gboolean latent_decoder_put (LatentDecoder *self, const float *latents, GError **error);
/* Whether all is written; `size` is its bytes. */
gboolean latent_decoder_finish (LatentDecoder *self, guint64 *size, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentDecoder, latent_decoder_free)
