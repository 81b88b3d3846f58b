/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>
#include <string.h>

#include "cli-run.h"
#include "src/cli/feed.h"

/* What tests of feeds share: arrays in files, and what is drawn from them. */

/* Returns the file's path. */
static inline char *
write_array (const char *name, const char *descr, const char *shape, gconstpointer data, gsize size)
{
  write_npy (name, descr, shape, data, size);
  return in_folder (name);
}

/* A recipe of "key=value key=value". */
static inline LatentRecipe *
make_recipe (const char *settings)
{
  LatentRecipe *recipe = latent_recipe_new ();
  g_auto (GStrv) parts = g_strsplit (settings, " ", -1);
  for (char **part = parts; *part && **part; part++) {
    g_auto (GStrv) pair = g_strsplit (*part, "=", 2);
    fail_unless (latent_recipe_set (recipe, pair[0], pair[1], NULL), "%s", *part);
  }
  return recipe;
}

static inline LatentData *
open_data (const char *input, const char *settings)
{
  g_autoptr (LatentRecipe) recipe = make_recipe (settings);
  g_autoptr (GError) error = NULL;
  char *inputs[] = {(char *)input, NULL};
  LatentData *data = latent_data_new (recipe, inputs, NULL, &error);
  fail_unless (data != NULL, "%s", error ? error->message : "");
  return data;
}

/* An epoch's samples, as one array of floats; labels beside it where they are wanted. */
static inline GArray *
draw (LatentFeed *feed, guint64 epoch, gsize d, GArray *labels, GArray *weights)
{
  GArray *samples = g_array_new (FALSE, TRUE, sizeof (float));
  g_autoptr (GError) error = NULL;
  LatentFeedResult result = LATENT_FEED_SAMPLE;
  fail_unless (feed->start (feed, epoch, NULL));
  for (guint i = 0;; i++) {
    g_autofree float *target = g_new0 (float, d);
    gint64 label = -1;
    g_array_set_size (samples, (guint)((i + 1) * d));
    if (weights)
      g_array_set_size (weights, (guint)((i + 1) * d));
    LatentSampleRoom room = {
        .src = &g_array_index (samples, float, i *d),
        .target = target,
        .weights = weights ? &g_array_index (weights, float, i *d) : NULL,
        .label = labels ? &label : NULL,
    };
    result = feed->next (feed, &room, &error);
    if (result != LATENT_FEED_SAMPLE) {
      g_array_set_size (samples, (guint)(i * d));
      break;
    }
    fail_unless (memcmp (target, room.src, d * sizeof (float)) == 0);
    if (labels)
      g_array_append_val (labels, label);
  }
  fail_unless (result == LATENT_FEED_END, "%s", error ? error->message : "");
  return samples;
}

static inline float
get (const GArray *array, guint i)
{
  return g_array_index (array, float, i);
}
