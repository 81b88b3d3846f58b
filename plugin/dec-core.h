/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>

#include "plugin/stats.h"
#include "src/codec/split.h"
#include "src/gst/enums.h"

/* What latentvideodec and latentaudiodec share: properties, finding the model, a decoder that makes
 * latents of packets and a session that makes media of them. */

/* Numbers of the properties. */
enum {
  LATENT_DEC_PROP_MODEL = 1,
  LATENT_DEC_PROP_MODEL_PATH,
  LATENT_DEC_PROP_CONCEAL,
  LATENT_DEC_PROP_PRECISION,
  LATENT_DEC_PROP_THREADS,
  LATENT_DEC_PROP_BATCH_SIZE,
  LATENT_DEC_PROP_STATS,
  LATENT_DEC_N_PROPS,
};

/* Settable below PAUSED only, so that the streaming thread reads them without a lock. */
typedef struct {
  char *model;      /* path; NULL: to be found */
  char *model_path; /* folders; NULL: the default ones */
  LatentGstConceal conceal;
  LatentPrecision precision;
  guint threads;
  guint batch_size;
} LatentDecSettings;

/* Under the object lock. */
typedef struct {
  guint64 bytes;     /* of packets and headers */
  guint64 lost;      /* packets that depend on what was lost */
  guint64 damaged;   /* packets that are not what their checksum says */
  guint64 concealed; /* frames given instead */
} LatentDecCounts;

typedef struct {
  GstElement *element; /* that it is part of */
  LatentMediaKind kind;
  LatentDecSettings settings;
  LatentStats stats;
  LatentDecCounts counts;
  gboolean is_member; /* of those that share the cores */

  /* the streaming thread's own */
  LatentModel *model;    /* of the stream, or that of the property before there is one */
  LatentModel *embedded; /* that came in the stream */
  GBytes *header;        /* in force */
  GError *missing;       /* no model was found for it: why */
  gboolean waits;        /* the stream says that its model comes in it */
  LatentDecoder *decoder;
  LatentSession *session;
  float *latents;     /* of one frame */
  float *before;      /* those of the one before; NULL: no prediction is asked for */
  float *spare;       /* where the next ones are decoded to; a prediction */
  gsize n_latents;    /* of one frame */
  guint n_good;       /* frames in a row that `latents` ends, 2 at most */
  guint last_number;  /* of the packet of `latents` */
  gboolean has_state; /* the net carries tensors from frame to frame */
  guint n_lost;       /* packets in a row that could not be decoded; the element sets it to 0 */
  GstClockTime asked; /* PTS of the packet for which a key packet was asked for last */
} LatentDecCore;

/* What came of it. */
typedef enum {
  LATENT_TAKEN_FAILED, /* an error was posted */
  LATENT_TAKEN_SAME,   /* nothing new */
  LATENT_TAKEN_NEW,    /* a stream begins: decoder and session are others */
} LatentTaken;

void latent_dec_core_init (LatentDecCore *self, GstElement *element, LatentMediaKind kind);
void latent_dec_core_clear (LatentDecCore *self);

/* Properties, and a change_state that looks for the model: the base class posts an error without a
 * reason behind ours. The core lies so many bytes into an instance. */
void latent_dec_core_init_class (GstElementClass *klass, gsize offset);
GstStateChangeReturn latent_dec_core_change_state (GstElement *element, GstStateChange transition);

/* The caps' header, where they have one. */
LatentTaken latent_dec_core_take_caps (LatentDecCore *self, GstCaps *caps);
/* A buffer that is no packet. */
LatentTaken latent_dec_core_take_unit (
    LatentDecCore *self, LatentUnit unit, const guint8 *data, gsize size);

/* Whether packets can be decoded. FALSE: a packet came in vain; where it was one that decoding
 * could begin with, and no model is to come, error is set. */
gboolean latent_dec_core_is_ready (
    LatentDecCore *self, const guint8 *packet, gsize size, GError **error);
/* The latents are in self->latents where it went well. error: what is wrong with the packet. */
LatentDecodeResult latent_dec_core_decode (
    LatentDecCore *self, const guint8 *packet, gsize size, LatentPacketInfo *info, GError **error);
/* Of a packet of several frames, whose first one's latents came: the next one's. FALSE: it has no
 * more, and self->latents stay. */
gboolean latent_dec_core_next (LatentDecCore *self);
/* Counts a packet that could not be decoded. Returns whether to ask for a key packet. */
gboolean latent_dec_core_lose (LatentDecCore *self, GstClockTime pts);
void latent_dec_core_count_concealed (LatentDecCore *self, guint n);
/* dec-predict.c: what is expected of a frame whose packet cannot be decoded. */
void latent_dec_core_begin_past (LatentDecCore *self);
void latent_dec_core_end_past (LatentDecCore *self);
/* A packet of that number was decoded, to self->spare where there is one; self->latents has its
 * latents then. */
void latent_dec_core_keep_past (LatentDecCore *self, guint number);
/* Latents of the frame of that number; NULL where two good ones in a row are wanting. */
const float *latent_dec_core_predict (LatentDecCore *self, guint number);

/* A flush. */
void latent_dec_core_reset (LatentDecCore *self);

/* The structure of the property stats; data: the core. */
GstStructure *latent_dec_core_get_stats (gpointer data);
