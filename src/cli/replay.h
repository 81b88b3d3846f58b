/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/coder.h"
#include "src/cli/rebuild.h"

/* Decodes packets as soon as they are made, and measures what comes out against what went in. */
typedef struct _LatentReplay LatentReplay;

/* func: called for every pair, or NULL. */
LatentReplay *latent_replay_new (
    LatentModel *model, guint threads, LatentPairFunc func, gpointer data);
void latent_replay_free (LatentReplay *self);
/* Sound that goes in, before the packets of it. */
void latent_replay_put_sound (LatentReplay *self, const LatentSample *sample);
/* header: of the stream that the packet is of. */
gboolean latent_replay_put (
    LatentReplay *self, GBytes *header, const LatentCodedPacket *packet, GError **error);
/* After the last packet: what is held back of sound. */
void latent_replay_finish (LatentReplay *self);
const LatentMeasure *latent_replay_get_measure (const LatentReplay *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentReplay, latent_replay_free)
