/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>
#include <latent/codec.h>

/* Coded streams as GstCaps. */

/* Streams of packets; a buffer is a frame. */
#define LATENT_GST_VIDEO_STREAM "video/x-latent"
#define LATENT_GST_AUDIO_STREAM "audio/x-latent"
/* Of the caps and of what they describe. */
#define LATENT_GST_STREAM_VERSION 1
/* A field that says that the decoder half of the model travels in the stream, as header packets; it
 * is absent where none does. */
#define LATENT_GST_EMBEDDED "latent-embedded"

/* All streams of video, or of audio; transfer full, as below. */
GstCaps *latent_gst_stream_new_template_caps (LatentMediaKind kind);
/* Fixed caps of a stream with this sequence header. */
GstCaps *latent_gst_stream_new_caps (const LatentStreamInfo *info, GBytes *header);
/* The sequence header in caps, or NULL. */
GBytes *latent_gst_stream_get_header (GstCaps *caps);

/* Fills the media side of a stream's description, of video or audio. */
void latent_gst_stream_put_video (LatentStreamInfo *self, const GstVideoInfo *info);
/* And back: pictures of that format. FALSE where they cannot be. */
gboolean latent_gst_stream_get_video (
    const LatentStreamInfo *self, GstVideoFormat format, GstVideoInfo *info);
