/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/feed.h"

#include <string.h>

#include "src/cli/feed-items.h"
#include "src/train/ahead.h"

#define TRAIN_BYTES (512u << 20) /* of the shuffle buffer, where the recipe does not say */
#define TEST_BYTES  (128u << 20)

/* Media are decoded while the net learns: so many samples wait at most. */
#define AHEAD_ITEMS 32
#define AHEAD_BYTES (16u << 20)

/* Streams of numbers for samples that are drawn, apart from those for items that are made. */
#define DRAW_STREAM (G_GUINT64_CONSTANT (1) << 55)

typedef struct {
  LatentFeed base;
  const LatentFeedPlan *plan;
  LatentShuffle *shuffle;
  gsize label_width; /* values of a regressor */
  gboolean classes;
  gboolean test;
  guint64 epoch;
  const guint8 *item;
  guint64 number; /* of the item in the epoch */
  guint which;    /* next sample of the item */
} DataFeed;

static gboolean
start_feed (LatentFeed *base, guint64 epoch, GError **error)
{
  DataFeed *self = (DataFeed *)base;
  self->epoch = epoch;
  self->item = NULL;
  return latent_shuffle_start (self->shuffle, epoch, error);
}

static void
unpack (const DataFeed *self, const LatentSampleRoom *room)
{
  const LatentFeedPlan *plan = self->plan;
  LatentRandom random;
  gint64 seed = latent_recipe_get_int (plan->recipe, "seed");
  /* The same for both samples of a pair. */
  latent_random_init (&random, (guint64)seed, LATENT_RANDOM_CROP,
      DRAW_STREAM | (self->epoch & 0x7fffff) << 32 | (self->number & G_MAXUINT32));
  latent_feed_plan_unpack (plan, self->item, self->which, self->test ? NULL : &random, room);
  const guint8 *label = self->item + plan->payload;
  if (room->label && self->classes)
    memcpy (room->label, label, sizeof (gint64));
  if (room->values && self->label_width)
    memcpy (room->values, label, self->label_width * sizeof (float));
}

static LatentFeedResult
next_sample (LatentFeed *base, const LatentSampleRoom *room, GError **error)
{
  DataFeed *self = (DataFeed *)base;
  if (!self->item || self->which == self->plan->n_samples) {
    LatentFeedResult result = latent_shuffle_next (
        self->shuffle, &self->item, &self->number, error);
    self->which = 0;
    if (result != LATENT_FEED_SAMPLE) {
      self->item = NULL;
      base->n_samples = latent_shuffle_get_n (self->shuffle) * self->plan->n_samples;
      return result;
    }
  }
  unpack (self, room);
  self->which++;
  return LATENT_FEED_SAMPLE;
}

static void
free_feed (LatentFeed *base)
{
  DataFeed *self = (DataFeed *)base;
  latent_shuffle_free (self->shuffle);
  g_free (self);
}

LatentFeed *
latent_data_feed_new (const LatentFeedPlan *plan, const LatentFeedPart *part, GError **error)
{
  gint64 asked = part->test ? 0 : latent_recipe_get_int (plan->recipe, "shuffle");
  guint64 room = part->test ? TEST_BYTES : TRAIN_BYTES;
  LatentItems *items = &latent_feed_items_new (plan, part)->base;
  if (plan->settings.kind != LATENT_MEDIA_VECTOR)
    items = latent_items_read_ahead (
        items, (guint)CLAMP (AHEAD_BYTES / items->size, 2, AHEAD_ITEMS));
  LatentShuffleSettings settings = {
      .seed = (guint64)latent_recipe_get_int (plan->recipe, "seed"),
      .capacity = asked ? (guint64)asked : MAX (room / items->size, 1),
      .ordered = part->test,
  };
  LatentShuffle *shuffle = latent_shuffle_new (items, &settings, part->inputs[0], error);
  if (!shuffle)
    return NULL;
  gboolean regress = latent_recipe_is (plan->recipe, "task", "regress");
  DataFeed *self = g_new0 (DataFeed, 1);
  self->base = (LatentFeed){
      .start = start_feed,
      .next = next_sample,
      .free = free_feed,
      .n_samples = latent_shuffle_get_n (shuffle) * plan->n_samples,
  };
  self->plan = plan;
  self->shuffle = shuffle;
  self->test = part->test;
  self->classes = part->labels && !regress;
  self->label_width = part->labels && regress ? latent_labels_get_width (part->labels) : 0;
  return &self->base;
}
