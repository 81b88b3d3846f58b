/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/feed-items.h"

#include <string.h>

static gboolean
start_items (LatentItems *base, guint64 epoch, GError **error)
{
  LatentFeedItems *self = (LatentFeedItems *)base;
  g_clear_pointer (&self->source, latent_source_free);
  self->source = latent_source_new (self->units.part.inputs, &self->units.plan->settings, error);
  self->given = 0;
  self->ended = FALSE;
  latent_feed_units_start (&self->units, epoch);
  return self->source != NULL;
}

/* The next sample of the source, to the kind. */
static gboolean
read_sample (LatentFeedItems *self, GError **error)
{
  LatentSample sample;
  LatentSourceResult result = latent_source_next (self->source, &sample, error);
  self->ended = result == LATENT_SOURCE_END;
  if (result != LATENT_SOURCE_SAMPLE)
    return self->ended;
  if (sample.kind != self->units.plan->settings.kind) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "%s: floats are vectors; pictures are uint8, sound int16", sample.origin);
    return FALSE;
  }
  return self->units.plan->kind->put (&self->units, &sample, error);
}

static gboolean
put_label (const LatentFeedItems *self, guint8 *item, GError **error)
{
  const LatentLabels *labels = self->units.part.labels;
  guint8 *place = item + self->units.plan->payload;
  if (!labels)
    return TRUE;
  if (self->units.taken >= latent_labels_get_n (labels)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "%s: %" G_GUINT64_FORMAT " labels, and there are more samples in %s",
        latent_labels_get_path (labels), latent_labels_get_n (labels), self->units.part.inputs[0]);
    return FALSE;
  }
  if (latent_recipe_is (self->units.plan->recipe, "task", "regress")) {
    memcpy (place, latent_labels_get_values (labels, self->units.taken),
        latent_labels_get_width (labels) * sizeof (float));
  } else {
    gint64 class = latent_labels_get_class (labels, self->units.taken);
    memcpy (place, &class, sizeof class);
  }
  return TRUE;
}

static LatentFeedResult
next_item (LatentItems *base, gpointer item, GError **error)
{
  LatentFeedItems *self = (LatentFeedItems *)base;
  const LatentFeedPlan *plan = self->units.plan;
  guint64 most = (guint64)latent_recipe_get_int (plan->recipe, "max-samples");
  if (most && self->given >= MAX (most / plan->n_samples, 1))
    return LATENT_FEED_END;
  while (!plan->kind->take (&self->units, item)) {
    if (self->ended || self->units.unit >= self->units.part.end)
      return LATENT_FEED_END;
    if (!read_sample (self, error))
      return LATENT_FEED_ERROR;
  }
  self->given++;
  return put_label (self, item, error) ? LATENT_FEED_SAMPLE : LATENT_FEED_ERROR;
}

static void
free_items (LatentItems *base)
{
  LatentFeedItems *self = (LatentFeedItems *)base;
  latent_feed_units_clear (&self->units);
  g_clear_pointer (&self->source, latent_source_free);
  g_free (self);
}

gsize
latent_feed_items_get_size (const LatentFeedPlan *plan, const LatentFeedPart *part)
{
  gsize label = 0;
  if (part->labels)
    label = latent_recipe_is (plan->recipe, "task", "regress")
                ? latent_labels_get_width (part->labels) * sizeof (float)
                : sizeof (gint64);
  return (plan->payload + label + 7) / 8 * 8;
}

LatentFeedItems *
latent_feed_items_new (const LatentFeedPlan *plan, const LatentFeedPart *part)
{
  LatentFeedItems *self = g_new0 (LatentFeedItems, 1);
  self->base = (LatentItems){
      .start = start_items,
      .next = next_item,
      .free = free_items,
      .size = latent_feed_items_get_size (plan, part),
  };
  self->units.plan = plan;
  self->units.part = *part;
  return self;
}

gboolean
latent_feed_count_units (const LatentFeedPlan *plan, char **inputs, guint64 *n, GError **error)
{
  LatentFeedPart none = {.inputs = inputs, .begin = G_MAXUINT64, .end = G_MAXUINT64, .test = TRUE};
  g_autoptr (LatentItems) items = &latent_feed_items_new (plan, &none)->base;
  g_autofree guint8 *item = g_malloc (items->size);
  if (!items->start (items, 0, error) || items->next (items, item, error) == LATENT_FEED_ERROR)
    return FALSE;
  *n = ((LatentFeedItems *)items)->units.unit;
  return TRUE;
}
