/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plugin/autoencoder.h"
#include "plugin/stats.h"

GST_DEBUG_CATEGORY_EXTERN (latent_autoencoder_debug);

/* What flows through a pad. */
typedef enum {
  LATENT_PORT_VECTOR = LATENT_MEDIA_VECTOR,
  LATENT_PORT_VIDEO = LATENT_MEDIA_VIDEO,
  LATENT_PORT_AUDIO = LATENT_MEDIA_AUDIO,
  LATENT_PORT_LATENT,
  LATENT_N_PORTS,
} LatentPortKind;

/* Settable below PAUSED only (but for the interval), so the streaming thread reads them without a
 * lock. */
typedef struct {
  char *model; /* path */
  LatentMode mode;
  LatentPrecision precision;
  guint threads;
  guint batch_size;
  guint inference_interval;
} LatentSettings;

/* What waits for its turn: a frame, a window of samples, or a frame that passes without a latent.
 */
typedef struct {
  GstBuffer *buffer; /* what goes on (embed), or a shell with its timestamps, flags and metas */
  gint slot;         /* of the batch; -1: it has none */
  guint n_samples;   /* audio: new samples that the window stands for */
} LatentHeld;

/* Counts the samples of a stretch of audio without gaps. */
typedef struct {
  GstAudioStreamAlign *align;
  GstClockTime start; /* PTS of the first sample, or none */
  guint64 offset;     /* buffer offset of the first sample, or none */
  guint64 taken;      /* samples that windows were made of */
  guint64 given;      /* samples that went out */
  gboolean is_begun;
} LatentTimeline;

struct _LatentAutoencoder {
  GstBaseTransform parent;

  LatentSettings settings;
  LatentModel *model; /* under the object lock; from READY on */
  LatentStats stats;
  gboolean is_live; /* among those that share the cores */

  /* the streaming thread's own */
  LatentSession *session;
  gboolean has_state; /* the net carries tensors from frame to frame */
  LatentPortKind input;
  LatentPortKind output; /* what the session gives: LATENT_PORT_LATENT in mode embed */
  GstCaps *compiled;     /* what the session was compiled for */
  GstCaps *refused;      /* those that came last, where an error was posted */
  gboolean is_refused;   /* an error was posted during this negotiation */
  GstVideoInfo in_video, out_video;
  GstAudioInfo in_audio, out_audio;
  guint net_width, net_height; /* of a decoder's pictures before cropping */
  gsize in_size, out_size; /* bytes of a buffer of latents or vectors, and of an output buffer */
  GstClockTime latency;    /* under the object lock */

  GArray *held; /* LatentHeld, in order */
  guint n_filled;
  guint next;        /* of held, once is_ready */
  gboolean is_ready; /* the batch ran: held can go out */
  guint64 n_seen;    /* frames or windows, for the interval */
  LatentTimeline timeline;
};

/* autoencoder.c */
LatentModel *latent_autoencoder_ref_model (LatentAutoencoder *self); /* NULL: not loaded */

/* autoencoder-caps.c: which caps could be; no session is needed. */
GstCaps *latent_autoencoder_transform_caps (
    GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps, GstCaps *filter);
GstCaps *latent_autoencoder_get_offered_caps (LatentAutoencoder *self, GstPadDirection direction);
gboolean latent_autoencoder_query_caps (
    LatentAutoencoder *self, GstPadDirection direction, GstQuery *query);
gboolean latent_autoencoder_accept_caps (
    GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps);
/* The fields that media and latents share, from one side to the other. */
void latent_autoencoder_copy_fields (
    GstStructure *dst, const GstStructure *src, gboolean to_latents, gboolean only_framerate);

/* autoencoder-negotiate.c: which caps shall be; compiles. */
GstCaps *latent_autoencoder_fixate_caps (
    GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps, GstCaps *othercaps);
gboolean latent_autoencoder_set_caps (GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps);
/* Posts the error that says what is wanted and what was offered, unless one was posted. */
void latent_autoencoder_post_refusal (LatentAutoencoder *self, GstCaps *offered);

/* autoencoder-query.c */
gboolean latent_autoencoder_query (
    GstBaseTransform *trans, GstPadDirection direction, GstQuery *query);
/* Tells the pipeline where the latency is another than before. */
void latent_autoencoder_update_latency (LatentAutoencoder *self, GstCaps *incaps);

/* autoencoder-flow.c */
GstFlowReturn latent_autoencoder_submit_input_buffer (
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *buffer);
GstFlowReturn latent_autoencoder_generate_output (GstBaseTransform *trans, GstBuffer **buffer);
gboolean latent_autoencoder_sink_event (GstBaseTransform *trans, GstEvent *event);
gboolean latent_autoencoder_src_event (GstBaseTransform *trans, GstEvent *event);
/* Everything held goes out; what comes next is a new beginning. */
GstFlowReturn latent_autoencoder_drain (LatentAutoencoder *self);
/* Everything held is forgotten. */
void latent_autoencoder_forget (LatentAutoencoder *self);
void latent_autoencoder_hold (
    LatentAutoencoder *self, GstBuffer *buffer, gint slot, guint n_samples);
/* The base class's allocation of an output buffer, with src's timestamps, flags and metas. */
GstFlowReturn latent_autoencoder_allocate (
    LatentAutoencoder *self, GstBuffer *src, GstBuffer **dst);
void latent_autoencoder_post_bad_buffer (LatentAutoencoder *self, const char *what);

/* autoencoder-video.c */
gboolean latent_autoencoder_put_picture (LatentAutoencoder *self, guint slot, GstBuffer *src);
GstFlowReturn latent_autoencoder_get_picture (
    LatentAutoencoder *self, LatentHeld *held, GstBuffer **dst);
gboolean latent_autoencoder_decide_allocation (GstBaseTransform *trans, GstQuery *query);
gboolean latent_autoencoder_propose_allocation (
    GstBaseTransform *trans, GstQuery *decide_query, GstQuery *query);

/* autoencoder-latent.c: latents and vectors. */
gboolean latent_autoencoder_put_floats (LatentAutoencoder *self, guint slot, GstBuffer *src);
GstFlowReturn latent_autoencoder_get_floats (
    LatentAutoencoder *self, LatentHeld *held, GstBuffer **dst);
/* Attaches n frames' or windows' latents to a writable buffer. */
void latent_autoencoder_attach (LatentAutoencoder *self, GstBuffer *buffer, GBytes *data, guint n);
GstFlowReturn latent_autoencoder_embed (LatentAutoencoder *self, LatentHeld *held, GstBuffer **dst);

/* autoencoder-audio.c */
GstFlowReturn latent_autoencoder_push_samples (
    LatentAutoencoder *self, gboolean is_discont, GstBuffer *src);
/* Drains where the buffer does not continue what came before. */
GstFlowReturn latent_autoencoder_follow (
    LatentAutoencoder *self, gboolean is_discont, GstBuffer *src, guint n_samples);
void latent_autoencoder_take_windows (LatentAutoencoder *self, gboolean drain);
void latent_autoencoder_add_windows (LatentAutoencoder *self);
GstFlowReturn latent_autoencoder_pop_samples (
    LatentAutoencoder *self, gboolean drain, GstBuffer **dst);
/* Mode embed: hands on what came, with the latents of all windows that it completed. */
GstFlowReturn latent_autoencoder_embed_samples (LatentAutoencoder *self, GstBuffer **dst);
guint latent_autoencoder_count_samples (const LatentAutoencoder *self, GstBuffer *latents);
void latent_timeline_init (LatentTimeline *self, guint rate);
void latent_timeline_clear (LatentTimeline *self);
