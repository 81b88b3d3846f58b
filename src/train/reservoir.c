/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/reservoir.h"

#include <latent/error.h>
#include <string.h>

#include "src/base/random.h"

struct _LatentReservoir {
  GMutex lock; /* held for the time of a copy */
  guint8 *items;
  gsize size;
  guint64 capacity;
  guint64 n;
  LatentRandom places; /* of what is replaced */
  LatentRandom draws;
};

LatentReservoir *
latent_reservoir_new (gsize size, guint64 capacity, guint64 seed, GError **error)
{
  guint8 *items = g_try_malloc_n (capacity, size);
  if (!items) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "shuffle: memory is short for %" G_GUINT64_FORMAT " samples of %" G_GSIZE_FORMAT " bytes",
        capacity, size);
    return NULL;
  }
  LatentReservoir *self = g_new0 (LatentReservoir, 1);
  g_mutex_init (&self->lock);
  self->items = items;
  self->size = size;
  self->capacity = capacity;
  latent_random_init (&self->places, seed, LATENT_RANDOM_SHUFFLE, 0);
  latent_random_init (&self->draws, seed, LATENT_RANDOM_SHUFFLE, 1);
  return self;
}

void
latent_reservoir_free (LatentReservoir *self)
{
  if (!self)
    return;
  g_mutex_clear (&self->lock);
  g_free (self->items);
  g_free (self);
}

gboolean
latent_reservoir_put (LatentReservoir *self, gconstpointer item)
{
  if (!g_mutex_trylock (&self->lock))
    return FALSE;
  guint64 place = self->n < self->capacity ? self->n++
                                           : latent_random_below (&self->places, self->capacity);
  memcpy (self->items + place * self->size, item, self->size);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

gboolean
latent_reservoir_draw (LatentReservoir *self, gpointer item)
{
  g_mutex_lock (&self->lock);
  gboolean any = self->n > 0;
  if (any)
    memcpy (
        item, self->items + latent_random_below (&self->draws, self->n) * self->size, self->size);
  g_mutex_unlock (&self->lock);
  return any;
}

guint64
latent_reservoir_get_n (LatentReservoir *self)
{
  g_mutex_lock (&self->lock);
  guint64 n = self->n;
  g_mutex_unlock (&self->lock);
  return n;
}

guint64
latent_reservoir_get_capacity (const LatentReservoir *self)
{
  return self->capacity;
}
