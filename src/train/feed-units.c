/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/feed-units.h"

#include <string.h>

#include "src/model/model.h"

void
latent_feed_units_start (LatentFeedUnits *self, guint64 epoch)
{
  g_clear_pointer (&self->origin, g_free);
  self->epoch = self->part.test ? 0 : epoch;
  self->unit = 0;
  self->plan->kind->start (self);
}

void
latent_feed_units_clear (LatentFeedUnits *self)
{
  if (self->plan)
    self->plan->kind->clear (self);
  g_free (self->origin);
  *self = (LatentFeedUnits){0};
}

gboolean
latent_feed_units_want (const LatentFeedUnits *self, guint64 unit)
{
  const LatentFeedPart *part = &self->part;
  guint64 every = (guint64)latent_recipe_get_int (self->plan->recipe, "every");
  if (unit < part->begin || unit >= part->end || (unit - part->begin) % every != 0)
    return FALSE;
  return !part->picked || (unit < part->n_picked && part->picked[unit]);
}

/* Whether a file goes on where the one before it ended: pictures of one folder do, where the folder
 * is what was asked for. */
static gboolean
goes_on (const LatentFeedUnits *self, const char *origin)
{
  if (g_strv_contains ((const char *const *)self->part.inputs, origin))
    return FALSE;
  g_autofree char *folder = g_path_get_dirname (origin);
  g_autofree char *before = g_path_get_dirname (self->origin);
  return strcmp (folder, before) == 0;
}

gboolean
latent_feed_units_note_origin (LatentFeedUnits *self, const char *origin)
{
  if (self->origin && strcmp (self->origin, origin) == 0)
    return FALSE;
  gboolean anew = !self->origin || !goes_on (self, origin);
  g_free (self->origin);
  self->origin = g_strdup (origin);
  return anew;
}

void
latent_feed_unpack_floats (const LatentFeedPlan *plan, const guint8 *item, guint which,
    LatentRandom *random, float *src, float *weights)
{
  memcpy (src, item, plan->d * sizeof (float));
}
