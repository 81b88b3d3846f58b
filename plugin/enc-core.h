/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>

#include "plugin/stats.h"
#include "src/gst/enums.h"

/* What latentvideoenc and latentaudioenc share: properties, the model, a session that makes latents
 * and an encoder that makes packets of them. */

#define LATENT_ENC_DEFAULT_QUALITY 40

/* Numbers of the properties. */
enum {
  LATENT_ENC_PROP_MODEL = 1,
  LATENT_ENC_PROP_QUALITY,
  LATENT_ENC_PROP_BITRATE,
  LATENT_ENC_PROP_KEY_INT_MAX,
  LATENT_ENC_PROP_RESILIENT,
  LATENT_ENC_PROP_PRECISION,
  LATENT_ENC_PROP_THREADS,
  LATENT_ENC_PROP_BATCH_SIZE,
  LATENT_ENC_PROP_EMBED,
  LATENT_ENC_PROP_STATS,
  LATENT_ENC_N_PROPS,
};

/* Settable below PAUSED only, so that the streaming thread reads them without a lock. */
typedef struct {
  char *model; /* path */
  guint key_int_max;
  guint key_gain; /* of video */
  gboolean resilient;
  LatentPrecision precision;
  guint threads;
  guint batch_size;
  LatentGstEmbed embed;
} LatentEncSettings;

typedef struct {
  GstElement *element; /* that it is part of */
  LatentMediaKind kind;
  LatentEncSettings settings;

  /* under the object lock */
  guint quality;
  gboolean has_quality; /* somebody set it: then a bitrate goes no higher */
  guint bitrate;        /* kbit/s */
  gboolean is_retuned;  /* one of both was set */
  LatentModel *model;   /* from READY on */
  LatentStats stats;
  guint64 bytes; /* of packets and headers */
  guint64 keys;  /* key packets */

  gboolean is_member; /* of those that share the cores */

  /* the streaming thread's own */
  LatentSession *session;
  LatentEncoder *encoder;
  float *latents;      /* of one frame */
  gboolean has_state;  /* the net carries tensors from frame to frame */
  guint since_key;     /* frames since the last key packet */
  guint n_waiting;     /* frames of the packet at work */
  gboolean wants_key;  /* whatever comes next */
  guint since_headers; /* frames since headers went out; 0: none came yet */
  guint told;          /* kbit/s, in the tags */
  GstClockTime headed; /* PTS of the frame that they went out with, or none */
  GBytes *model_packet;
} LatentEncCore;

/* What is asked of a packet. */
typedef struct {
  gboolean key;
  gboolean headers;
} LatentEncWish;

/* What a packet is. */
typedef struct {
  gboolean is_key;
  gboolean is_first;      /* of the stream */
  gboolean needs_headers; /* go out before it */
  gboolean has_new_tags;  /* of the stream, from it on */
} LatentEncPacket;

void latent_enc_core_init (LatentEncCore *self, GstElement *element, LatentMediaKind kind);
void latent_enc_core_clear (LatentEncCore *self);

/* Properties, and a change_state that loads the model early, so that caps follow it from the first
 * link on; the base class posts an error without a reason behind ours. The core lies so many bytes
 * into an instance. */
void latent_enc_core_init_class (GstElementClass *klass, gsize offset);
/* Of an element that has more of its own. */
void latent_enc_core_set_property (GObject *object, guint id, const GValue *value, GParamSpec *);
void latent_enc_core_get_property (GObject *object, guint id, GValue *value, GParamSpec *);
GstStateChangeReturn latent_enc_core_change_state (GstElement *element, GstStateChange transition);

/* In READY, where another one was asked for: it is loaded when it is needed. */
void latent_enc_core_forget_model (LatentEncCore *self);

/* Raw caps that the model takes, or `any` (transfer none) while none is loaded. Transfer full. */
GstCaps *latent_enc_core_get_caps (LatentEncCore *self, GstCaps *any);

/* Caps that arrive and that the model does not take become an error which says both: the base class
 * refuses them without a reason. */
void latent_enc_core_watch_caps (LatentEncCore *self, GstPad *sink);

/* The session, made when first needed; NULL with an error. It is then to be set for its media. */
LatentSession *latent_enc_core_get_session (LatentEncCore *self, GError **error);
/* A new stream, whose session was set. */
gboolean latent_enc_core_begin (LatentEncCore *self, const LatentStreamInfo *info, GError **error);
/* Caps of the stream, the sequence header included. */
GstCaps *latent_enc_core_new_caps (LatentEncCore *self);
/* Header buffers that go out before a packet: the sequence header, and the model where it is
 * embedded. Transfer full. */
GList *latent_enc_core_new_headers (LatentEncCore *self, GstClockTime pts, gboolean is_first);

/* Before a frame is put: whether its packet will be a key packet for sure. A net's state begins
 * anew there. */
void latent_enc_core_prepare (LatentEncCore *self, gboolean wants_key);
/* Codes what a slot of the session holds after a run. FALSE: an error was posted. buffer: NULL
 * while the frame waits for others of its packet. pts: of the packet's first frame. */
gboolean latent_enc_core_encode (LatentEncCore *self, guint slot, GstClockTime pts,
    GstClockTime duration, LatentEncWish asked, LatentEncPacket *packet, GstBuffer **buffer);
/* Codes the frames that wait. NULL where there are none. */
GstBuffer *latent_enc_core_finish_packet (
    LatentEncCore *self, GstClockTime pts, LatentEncWish asked, LatentEncPacket *packet);
/* A flush, a discontinuity: frames that wait are forgotten. */
void latent_enc_core_reset (LatentEncCore *self);

/* Tags that say what made the stream, and the rate that is asked for. */
GstTagList *latent_enc_core_new_tags (LatentEncCore *self);
/* The structure of the property stats; data: the core. */
GstStructure *latent_enc_core_get_stats (gpointer data);
