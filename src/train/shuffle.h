/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/feed.h"

/* Mixes a stream of items, each of the same number of bytes, in bounded memory. What fits is read
 * once, and every epoch is a permutation of all of it. What does not fit is read anew every epoch:
 * the buffer is filled, then each draw takes one item at random and puts the stream's next in its
 * place. Which items come in which order depends on the stream, the seed, the capacity and the
 * epoch alone. */

/* Where items come from. */
typedef struct _LatentItems LatentItems;
struct _LatentItems {
  /* Begins again; what is random about an item goes by the epoch. */
  gboolean (*start) (LatentItems *self, guint64 epoch, GError **error);
  LatentFeedResult (*next) (LatentItems *self, gpointer item, GError **error);
  void (*free) (LatentItems *self);
  gsize size; /* bytes of an item, 1 or more; a multiple of 8 where items shall be aligned */
  guint64 n;  /* of an epoch; 0: not known before its end */
};

static inline void
latent_items_free (LatentItems *self)
{
  if (self != NULL)
    self->free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentItems, latent_items_free)

typedef struct _LatentShuffle LatentShuffle;

typedef struct {
  guint64 seed;
  guint64 capacity; /* items in the buffer, 1 or more; at most 2^31 */
  gboolean ordered; /* nothing is mixed: items come as the stream has them */
} LatentShuffleSettings;

/* Takes `items`. Reads as much as fits: a stream that is wrong from the start, or has nothing, is
 * an error here. `origin` stands for the stream in messages. */
LatentShuffle *latent_shuffle_new (
    LatentItems *items, const LatentShuffleSettings *settings, const char *origin, GError **error);
void latent_shuffle_free (LatentShuffle *self);
gboolean latent_shuffle_start (LatentShuffle *self, guint64 epoch, GError **error);
/* `item` lives until the next call; `number` counts the draws of the epoch. */
LatentFeedResult latent_shuffle_next (
    LatentShuffle *self, const guint8 **item, guint64 *number, GError **error);
/* Items of an epoch; 0: not known yet. */
guint64 latent_shuffle_get_n (const LatentShuffle *self);
/* Whether all items are in memory. */
gboolean latent_shuffle_is_resident (const LatentShuffle *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentShuffle, latent_shuffle_free)
