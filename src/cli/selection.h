/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

#include "src/cli/progress.h"
#include "src/cli/source.h"

/* Samples held in memory, to be gone through again and again: parts of pictures (256 pixels each
 * way, where the net takes any size), stretches of sound (2 s), vectors. One of four is held back
 * to measure by, where there are as many. */
typedef struct _LatentSelection LatentSelection;

typedef struct {
  guint every; /* of samples */
  guint max;   /* samples in all, evenly from all inputs; 0: as memory allows (128 MiB) */
  guint threads;
} LatentSelectionSettings;

LatentSelection *latent_selection_new (LatentModel *model, char **inputs,
    const LatentSelectionSettings *settings, LatentProgress *progress, GError **error);
void latent_selection_free (LatentSelection *self);
guint latent_selection_get_count (const LatentSelection *self);

/* Samples to measure by: the index-th, NULL behind the last. */
const LatentSample *latent_selection_get_held (const LatentSelection *self, guint index);

/* What the net is fed for a sample: float32, row-major, one run; `begins`: the first of a sample.
 */
typedef gboolean (*LatentSelectionFunc) (
    LatentTensor *input, gboolean begins, gpointer data, GError **error);
/* Goes through the other samples. */
gboolean latent_selection_feed (
    LatentSelection *self, LatentSelectionFunc func, gpointer data, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentSelection, latent_selection_free)
