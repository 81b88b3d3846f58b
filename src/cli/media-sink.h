/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>
#include <latent/session.h>

/* Where decoded media go: a file, by its ending, or gst-launch text after "gst:". */
typedef struct _LatentMediaSink LatentMediaSink;

/* Whether there is a way to write a file of that name. */
gboolean latent_media_sink_supports (const char *output, LatentMediaKind kind);
/* ".mkv, .avi" and so on, for messages and --help. */
char *latent_media_sink_list_endings (LatentMediaKind kind);

/* look: of pixels' aspect, colours, interlacing and places of chroma, or NULL. */
LatentMediaSink *latent_media_sink_new_video (const char *output, LatentPixelFormat format,
    guint width, guint height, guint rate_n, guint rate_d, const LatentStreamInfo *look,
    GError **error);
LatentMediaSink *latent_media_sink_new_audio (
    const char *output, guint rate, guint channels, GError **error);
void latent_media_sink_free (LatentMediaSink *self);
/* Room for the next picture, until it is put. */
const LatentPicture *latent_media_sink_get_picture (LatentMediaSink *self, GError **error);
/* When the next picture is shown, in nanoseconds; else as the rate says. */
void latent_media_sink_set_time (LatentMediaSink *self, guint64 pts);
gboolean latent_media_sink_put_picture (LatentMediaSink *self, GError **error);
/* float32, interleaved; n of each channel. */
gboolean latent_media_sink_put_samples (
    LatentMediaSink *self, const float *samples, gsize n, GError **error);
/* Whether all is written; `size` is the bytes of all files, 0 where there are none. */
gboolean latent_media_sink_finish (LatentMediaSink *self, guint64 *size, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentMediaSink, latent_media_sink_free)
