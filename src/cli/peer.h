/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/score.h"
#include "src/cli/source.h"

#define LATENT_PEER_QUALITIES 6

/* Another codec that a model is compared with: a row of a table, made of GStreamer's elements. */
typedef struct {
  const char *name;
  LatentMediaKind kind;
  const char *encoder; /* gst-launch text; %d: how good */
  const char *decoder;
  /* what I420 is to it: pictures are said to be so on both ends, lest they are converted */
  const char *colorimetry;
  const char *needs[2];                 /* elements that may be missing */
  int qualities[LATENT_PEER_QUALITIES]; /* from bad to good */
} LatentPeer;

/* The peer of a name, for media of a kind; an error names those there are, or the element that is
 * not installed. */
const LatentPeer *latent_peer_find (const char *name, LatentMediaKind kind, GError **error);

/* Media on their way through a peer. */
typedef struct _LatentPeerRun LatentPeerRun;

/* like: a sample of what comes. score: is added to. */
LatentPeerRun *latent_peer_run_new (const LatentPeer *peer, int quality, const LatentSample *like,
    LatentScore *score, GError **error);
void latent_peer_run_free (LatentPeerRun *self);
gboolean latent_peer_run_put (LatentPeerRun *self, const LatentSample *sample, GError **error);
/* bytes: of what the encoder gave. */
gboolean latent_peer_run_finish (LatentPeerRun *self, guint64 *bytes, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentPeerRun, latent_peer_run_free)
