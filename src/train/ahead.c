/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/ahead.h"

#include <string.h>

typedef struct {
  LatentItems base;
  LatentItems *items;
  guint most;
  guint8 *ring; /* `most` items */
  GThread *thread;

  GMutex lock;
  GCond changed;
  guint begin, n;          /* items that wait, from place `begin` on */
  LatentFeedResult result; /* what follows them once the thread is done; until then SAMPLE */
  GError *error;
  gboolean cancelled;
} Ahead;

/* Room for the next item; NULL where the thread shall end. */
static guint8 *
wait_for_room (Ahead *self)
{
  guint8 *room = NULL;
  g_mutex_lock (&self->lock);
  while (self->n == self->most && !self->cancelled)
    g_cond_wait (&self->changed, &self->lock);
  if (!self->cancelled)
    room = self->ring + (gsize)((self->begin + self->n) % self->most) * self->base.size;
  g_mutex_unlock (&self->lock);
  return room;
}

static gpointer
read_items (gpointer data)
{
  Ahead *self = data;
  LatentFeedResult result = LATENT_FEED_SAMPLE;
  while (result == LATENT_FEED_SAMPLE) {
    g_autoptr (GError) error = NULL;
    guint8 *room = wait_for_room (self);
    if (!room)
      return NULL;
    result = self->items->next (self->items, room, &error);
    g_mutex_lock (&self->lock);
    self->n += result == LATENT_FEED_SAMPLE;
    self->result = result;
    self->error = g_steal_pointer (&error);
    g_cond_signal (&self->changed);
    g_mutex_unlock (&self->lock);
  }
  return NULL;
}

static void
stop (Ahead *self)
{
  if (!self->thread)
    return;
  g_mutex_lock (&self->lock);
  self->cancelled = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  g_thread_join (g_steal_pointer (&self->thread));
}

static gboolean
start_ahead (LatentItems *base, guint64 epoch, GError **error)
{
  Ahead *self = (Ahead *)base;
  stop (self);
  g_clear_error (&self->error);
  self->begin = self->n = 0;
  self->result = LATENT_FEED_SAMPLE;
  self->cancelled = FALSE;
  if (!self->items->start (self->items, epoch, error))
    return FALSE;
  self->thread = g_thread_new ("latent-ahead", read_items, self);
  return TRUE;
}

static LatentFeedResult
next_ahead (LatentItems *base, gpointer item, GError **error)
{
  Ahead *self = (Ahead *)base;
  LatentFeedResult result = LATENT_FEED_SAMPLE;
  g_mutex_lock (&self->lock);
  while (self->n == 0 && self->result == LATENT_FEED_SAMPLE)
    g_cond_wait (&self->changed, &self->lock);
  if (self->n > 0) {
    memcpy (item, self->ring + (gsize)self->begin * base->size, base->size);
    self->begin = (self->begin + 1) % self->most;
    self->n--;
    g_cond_signal (&self->changed);
  } else {
    result = self->result;
    if (self->error)
      g_propagate_error (error, g_error_copy (self->error));
  }
  g_mutex_unlock (&self->lock);
  return result;
}

static void
free_ahead (LatentItems *base)
{
  Ahead *self = (Ahead *)base;
  stop (self);
  latent_items_free (self->items);
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self->ring);
  g_free (self);
}

LatentItems *
latent_items_read_ahead (LatentItems *items, guint most)
{
  Ahead *self = g_new0 (Ahead, 1);
  self->base = (LatentItems){start_ahead, next_ahead, free_ahead, items->size, items->n};
  self->items = items;
  self->most = MAX (most, 1);
  self->ring = g_malloc (self->most * items->size);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  return &self->base;
}
