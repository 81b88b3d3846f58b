/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plugin/dec-core.h"
#include "plugin/videodec.h"

GST_DEBUG_CATEGORY_EXTERN (latent_video_dec_debug);

/* A frame that waits for the batch. */
typedef struct {
  GstVideoCodecFrame *frame;
  guint slot;
  gboolean is_concealed; /* another's picture is shown for it */
} LatentVideoHeld;

struct _LatentVideoDec {
  GstVideoDecoder parent;

  LatentDecCore core;
  GstVideoCodecState *input;
  GstVideoInfo info; /* of the output */
  GArray *held;      /* LatentVideoHeld, in order */
  guint n_filled;    /* slots of the session */
  gboolean is_negotiated;
  gboolean has_shown; /* slot `shown` of the last run holds the last good picture */
  guint shown;
};

/* videodec-frames.c: from packets to pictures. */

/* Takes the frame. */
GstFlowReturn latent_video_dec_take_packet (
    LatentVideoDec *self, GstVideoCodecFrame *frame, const guint8 *packet, gsize size);
/* Runs what is held, a whole batch or less, and pushes it. */
GstFlowReturn latent_video_dec_run (LatentVideoDec *self);
/* What is held is not shown. */
void latent_video_dec_forget (LatentVideoDec *self);
