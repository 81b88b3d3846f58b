/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plugin/audiodec.h"
#include "plugin/dec-core.h"

GST_DEBUG_CATEGORY_EXTERN (latent_audio_dec_debug);

/* A window whose samples are still to come. */
typedef struct {
  guint n;            /* samples */
  float from;         /* what they are multiplied with: first */
  float to;           /* and last */
  gboolean is_hidden; /* it was played before */
  gboolean ends;      /* the packet that came in a buffer of its own */
  guint n_units;      /* buffers behind it that were no packets */
} LatentAudioOwed;

struct _LatentAudioDec {
  GstAudioDecoder parent;

  LatentDecCore core;
  GstAudioInfo info;
  guint hop;
  guint n_frames;      /* of a packet at most */
  GArray *owed;        /* LatentAudioOwed, in order */
  guint n_run;         /* of those, how many ran */
  guint n_concealed;   /* windows that were made up, in a row */
  float gain;          /* of the last window's end */
  GstClockTime played; /* backwards: from this PTS on all was played, or none */
  GstClockTime first;  /* backwards: least PTS of the group at work, or none */
  gboolean is_hidden;  /* the packet at work: as LatentAudioOwed says */
  gboolean has_last;   /* core.latents holds those of a good packet */
  GstClockTime next;   /* PTS that continues what came, or none */
};

/* audiodec-windows.c: from packets to samples. */

/* The buffer is what the packet came in. */
GstFlowReturn latent_audio_dec_take_packet (
    LatentAudioDec *self, GstBuffer *buffer, const guint8 *packet, gsize size);
/* Everything held goes out; what comes next does not continue it. */
GstFlowReturn latent_audio_dec_drain (LatentAudioDec *self);
/* Everything held is forgotten. */
void latent_audio_dec_restart (LatentAudioDec *self);
