/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>
#include <latent/session.h>

/* Buffers of raw video as pictures. */

/* FALSE: the frame is not mapped, or not as info says. */
gboolean latent_picture_map (const GstVideoInfo *info, GstBuffer *buffer, GstMapFlags flags,
    GstVideoFrame *frame, LatentPicture *picture);
/* Takes downstream's pool out of an allocation query, or a new one, and leaves strides to
 * downstream where it can tell them. */
void latent_picture_configure_pool (GstQuery *query, const GstVideoInfo *info);
/* Timestamps, flags and metas without the memory, instead of the buffer (transfer full): a batch
 * must not starve upstream's pool. */
GstBuffer *latent_picture_strip (GstBuffer *buffer);
