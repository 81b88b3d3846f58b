/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <latent/session.h>

#define LATENT_STATS_RECENT 1024 /* runs that time-p95 looks at */

/* What an element counts while it runs a net; under the element's object lock, which every function
 * takes. Times are of a run, for each of its frames, in ns. */
typedef struct {
  GstElement *element; /* that it is part of */
  LatentProgram *program;
  char *latent_id;
  guint64 frames;
  guint64 dropped;
  guint64 nonfinite; /* elements of latents or output */
  guint64 runs;
  guint64 time_min;
  guint64 time_max;
  guint64 time_sum;
  guint64 recent[LATENT_STATS_RECENT];
  guint64 macs; /* of one frame */
  guint64 d;
  guint64 k;
} LatentStats;

void latent_stats_init (LatentStats *self, GstElement *element);
void latent_stats_clear (LatentStats *self);
/* A new stream begins; the model is NULL where none is known yet. */
void latent_stats_reset (LatentStats *self, const LatentModel *model);
/* The model, where it became known later. */
void latent_stats_set_model (LatentStats *self, const LatentModel *model);
/* What the session was compiled to. */
void latent_stats_describe (
    LatentStats *self, LatentSession *session, gboolean decodes, guint batch);
/* Runs a session that holds n frames and keeps the time. FALSE: an error was posted. */
gboolean latent_stats_run (LatentStats *self, LatentSession *session, guint n_frames);
void latent_stats_add_dropped (LatentStats *self);
/* Posts a warning the first time. path: of the model. */
void latent_stats_add_nonfinite (LatentStats *self, const char *path, guint64 n);
/* The structure of the property stats. */
GstStructure *latent_stats_get (LatentStats *self);
/* Posts what get (data) gives once the end of a stream is about to leave by that pad, whatever was
 * held having left before. */
void latent_stats_watch_end (GstPad *pad, GstStructure *(*get) (gpointer data), gpointer data);
/* As an element message: at the end of a stream. structure: transfer full. */
void latent_stats_post (LatentStats *self, GstStructure *structure);
