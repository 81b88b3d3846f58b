/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>
#include <latent/file.h>

#include "src/cli/source.h"

/* Turns pictures or sound into packets of one stream, which are handed over one by one. */
typedef struct _LatentCoder LatentCoder;

typedef struct {
  guint threads;
  guint quality;      /* 0 to LATENT_QUALITY_MAX */
  guint64 bitrate;    /* bits a second, 0: quality alone decides */
  guint key_interval; /* frames from a key packet to the next, 0: the first alone is one */
  guint key_gain;     /* qualities that key frames are better */
  guint frames;       /* of a packet of sound; 0 is 1, as it is for pictures */
  guint every;        /* pictures of the source for one that comes; 0 and 1: all come */
  guint fps_n, fps_d; /* of pictures that say no rate */
} LatentCoderSettings;

/* A packet, and the sample that it is of where that is a picture (else NULL). */
typedef struct {
  LatentFilePacket file; /* stream 0 */
  const guint8 *data;
  gsize size;
  const LatentSample *picture;
  guint n_frames;  /* in it */
  guint n_samples; /* sound: that are new in it */
} LatentCodedPacket;

typedef gboolean (*LatentPacketFunc) (
    LatentCoder *self, const LatentCodedPacket *packet, gpointer data, GError **error);

LatentCoder *latent_coder_new (
    LatentModel *model, const LatentCoderSettings *settings, LatentPacketFunc func, gpointer data);
void latent_coder_free (LatentCoder *self);
/* LATENT_ERROR_SHAPE for pictures of another size than the first. */
gboolean latent_coder_put (LatentCoder *self, const LatentSample *sample, GError **error);
gboolean latent_coder_finish (LatentCoder *self, GError **error);
/* The sequence header; NULL before the first packet. */
GBytes *latent_coder_get_header (const LatentCoder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentCoder, latent_coder_free)
