/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

#include "src/base/shape.h"

/* A net fed as it is: one sample of float32 in the input's layout at a time, no media in between.
 */
typedef struct _LatentNet LatentNet;

/* sample: shape of one sample, with or without its batch of 1 in front. */
LatentNet *latent_net_new (LatentModel *model, LatentMode mode, LatentPrecision precision,
    guint threads, const LatentShape *sample, GError **error);
void latent_net_free (LatentNet *self);
/* Whether samples of that shape are what it was made for. */
gboolean latent_net_takes (const LatentNet *self, const LatentShape *sample);
/* Shape of one sample of the output, the batch of 1 in front included. */
LatentShape latent_net_get_output_shape (const LatentNet *self);
/* What the net carries from run to run is as at the beginning. */
void latent_net_reset_state (LatentNet *self);
/* Returns the output, row-major, which lives until the next call. */
const float *latent_net_run (LatentNet *self, const float *sample, GError **error);

/* The input's shape for one sample: with a batch of 1 in front; flat where the net takes vectors.
 */
LatentShape latent_net_add_batch (LatentModel *model, LatentMode mode, const LatentShape *sample);
/* A shape without the 1 in front. */
LatentShape latent_shape_drop_batch (const LatentShape *shape);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentNet, latent_net_free)
