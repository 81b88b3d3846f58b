/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/shuffle.h"

#include <latent/error.h>
#include <string.h>

#include "src/base/random.h"

#define BLOCK_BYTES (4u << 20) /* the buffer grows by so many, or by one item */

struct _LatentShuffle {
  LatentItems *items;
  LatentShuffleSettings settings;
  char *origin;
  GPtrArray *blocks; /* of per_block items each */
  gsize per_block;
  guint64 n_stored;
  gboolean resident;
  guint64 n; /* items of an epoch; 0: not known */

  /* The epoch. */
  LatentRandom random;
  guint64 drawn;
  guint32 *order;   /* resident: places, those before `drawn` are done */
  gboolean started; /* `pending` is the stream's next item */
  gboolean ended;   /* the stream has no more */
  guint64 vacant;   /* place of the item that was given last, which can be filled; or NONE */
  guint8 *pending;
};

#define NONE G_MAXUINT64

static guint8 *
get_item (const LatentShuffle *self, guint64 place)
{
  guint8 *block = g_ptr_array_index (self->blocks, place / self->per_block);
  return block + place % self->per_block * self->items->size;
}

static gboolean
complain_memory (const LatentShuffle *self, GError **error)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
      "%s: memory is short for a shuffle buffer of %" G_GUINT64_FORMAT
      " samples of %" G_GSIZE_FORMAT " bytes",
      self->origin, self->settings.capacity, self->items->size);
  return FALSE;
}

static gboolean
add_item (LatentShuffle *self, GError **error)
{
  if (self->n_stored == self->blocks->len * self->per_block) {
    gpointer block = g_try_malloc (self->per_block * self->items->size);
    if (!block)
      return complain_memory (self, error);
    g_ptr_array_add (self->blocks, block);
  }
  memcpy (get_item (self, self->n_stored++), self->pending, self->items->size);
  return TRUE;
}

/* The stream's next item to `pending`. */
static gboolean
read_pending (LatentShuffle *self, GError **error)
{
  LatentFeedResult result = self->items->next (self->items, self->pending, error);
  self->ended = result == LATENT_FEED_END;
  return result != LATENT_FEED_ERROR;
}

/* Begins the stream and fills the buffer; afterwards `pending` is an item or the stream ended. */
static gboolean
fill (LatentShuffle *self, guint64 epoch, GError **error)
{
  self->n_stored = 0;
  self->vacant = NONE;
  if (!self->items->start (self->items, epoch, error) || !read_pending (self, error))
    return FALSE;
  while (!self->ended && self->n_stored < self->settings.capacity)
    if (!add_item (self, error) || !read_pending (self, error))
      return FALSE;
  return TRUE;
}

LatentShuffle *
latent_shuffle_new (
    LatentItems *items, const LatentShuffleSettings *settings, const char *origin, GError **error)
{
  g_autoptr (LatentShuffle) self = g_new0 (LatentShuffle, 1);
  self->items = items;
  self->settings = *settings;
  self->settings.capacity = CLAMP (settings->capacity, 1, G_GUINT64_CONSTANT (1) << 31);
  self->origin = g_strdup (origin);
  self->per_block = CLAMP (BLOCK_BYTES / items->size, 1, self->settings.capacity);
  self->blocks = g_ptr_array_new_with_free_func (g_free);
  self->pending = g_try_malloc (items->size);
  if (!self->pending) {
    complain_memory (self, error);
    return NULL;
  }
  if (!fill (self, 0, error))
    return NULL;
  if (self->n_stored == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "%s: there is no sample in it", origin);
    return NULL;
  }
  self->started = TRUE;
  self->resident = self->ended;
  self->n = self->resident ? self->n_stored : items->n;
  if (self->resident)
    self->order = g_new (guint32, self->n);
  return g_steal_pointer (&self);
}

void
latent_shuffle_free (LatentShuffle *self)
{
  if (!self)
    return;
  latent_items_free (self->items);
  g_clear_pointer (&self->blocks, g_ptr_array_unref);
  g_free (self->origin);
  g_free (self->order);
  g_free (self->pending);
  g_free (self);
}

gboolean
latent_shuffle_start (LatentShuffle *self, guint64 epoch, GError **error)
{
  latent_random_init (&self->random, self->settings.seed, LATENT_RANDOM_SHUFFLE, epoch);
  self->drawn = 0;
  if (self->resident) {
    for (guint64 i = 0; i < self->n; i++)
      self->order[i] = (guint32)i;
    return TRUE;
  }
  /* What latent_shuffle_new() read is epoch 0. */
  gboolean ready = self->started && epoch == 0;
  self->started = FALSE;
  return ready || fill (self, epoch, error);
}

/* One step of Fisher and Yates. */
static guint64
draw_resident (LatentShuffle *self)
{
  guint64 i = self->drawn;
  if (self->settings.ordered)
    return i;
  guint64 j = i + latent_random_below (&self->random, self->n - i);
  guint32 place = self->order[j];
  self->order[j] = self->order[i];
  self->order[i] = place;
  return place;
}

/* Puts the stream's next item where the last draw was; at the stream's end the last of the buffer,
 * unless the buffer is a ring in order. */
static gboolean
refill (LatentShuffle *self, GError **error)
{
  if (self->vacant == NONE)
    return TRUE;
  guint8 *place = get_item (self, self->vacant);
  self->vacant = NONE;
  if (!self->ended) {
    memcpy (place, self->pending, self->items->size);
    return read_pending (self, error);
  }
  self->n_stored--;
  if (!self->settings.ordered)
    memmove (place, get_item (self, self->n_stored), self->items->size);
  return TRUE;
}

static guint64
draw_streamed (LatentShuffle *self)
{
  if (!self->settings.ordered)
    return latent_random_below (&self->random, self->n_stored);
  return self->drawn % self->settings.capacity;
}

LatentFeedResult
latent_shuffle_next (LatentShuffle *self, const guint8 **item, guint64 *number, GError **error)
{
  guint64 place;
  if (self->resident) {
    if (self->drawn == self->n)
      return LATENT_FEED_END;
    place = draw_resident (self);
  } else {
    if (!refill (self, error))
      return LATENT_FEED_ERROR;
    if (self->n_stored == 0) {
      self->n = self->drawn;
      return LATENT_FEED_END;
    }
    place = self->vacant = draw_streamed (self);
  }
  *item = get_item (self, place);
  *number = self->drawn++;
  return LATENT_FEED_SAMPLE;
}

guint64
latent_shuffle_get_n (const LatentShuffle *self)
{
  return self->n;
}

gboolean
latent_shuffle_is_resident (const LatentShuffle *self)
{
  return self->resident;
}
