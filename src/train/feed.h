/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Where training gets its samples from. A feed gives epochs of samples; which they are and in which
 * order depends on the epoch's number and the recipe's seed alone. Its memory is bounded whatever
 * the amount of data. */

/* Room for one sample in the batch that is being made, in the net's units and layout, row-major. */
typedef struct {
  float *src;
  float *target;  /* NULL: not wanted */
  float *weights; /* likewise; ones when given */
  gint64 *label;  /* likewise */
  float *values;  /* likewise: what a regressor shall say */
} LatentSampleRoom;

typedef enum {
  LATENT_FEED_SAMPLE,
  LATENT_FEED_END, /* of the epoch */
  LATENT_FEED_ERROR,
} LatentFeedResult;

typedef struct _LatentFeed LatentFeed;
struct _LatentFeed {
  /* Begins an epoch, the first is 0. */
  gboolean (*start) (LatentFeed *self, guint64 epoch, GError **error);
  LatentFeedResult (*next) (LatentFeed *self, const LatentSampleRoom *room, GError **error);
  void (*free) (LatentFeed *self);
  guint64 n_samples; /* of an epoch; 0: not known before its end */
};

static inline void
latent_feed_free (LatentFeed *self)
{
  if (self != NULL)
    self->free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentFeed, latent_feed_free)
