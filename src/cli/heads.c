/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/heads.h"

#include <math.h>

#include "src/cli/feed.h"
#include "src/cli/net.h"
#include "src/cli/precision.h"

gboolean
latent_model_has_head (const LatentModel *model)
{
  return latent_model_get_metadata (model, "latent.head") != NULL;
}

static gboolean
set_number (LatentRecipe *recipe, const char *key, guint64 number, GError **error)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);
  return latent_recipe_set (recipe, key, text, error);
}

/* The samples as a feed in their order. */
static LatentData *
open_data (
    LatentModel *model, char **inputs, const char *labels, guint every, guint64 max, GError **error)
{
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  if (!latent_recipe_set (
          recipe, "task", latent_model_get_metadata (model, "latent.head"), error) ||
      !latent_recipe_set (recipe, "labels", labels, error) ||
      !set_number (recipe, "every", every, error) ||
      !set_number (recipe, "max-samples", max, error))
    return NULL;
  return latent_data_new (recipe, inputs, model, error);
}

static guint
find_greatest (const float *values, guint n)
{
  guint best = 0;
  for (guint i = 1; i < n; i++)
    if (values[i] > values[best])
      best = i;
  return best;
}

typedef struct {
  LatentNet *net;
  float *src;
  float *values; /* that the labels have */
  guint n_outputs;
  gboolean classes;
  double squares;
  guint64 correct;
} Scorer;

static void
clear_scorer (Scorer *self)
{
  latent_net_free (self->net);
  g_free (self->src);
  g_free (self->values);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scorer, clear_scorer)

/* One sample whose class is `label`, or whose values are in the scorer. */
static gboolean
score_sample (Scorer *self, gint64 label, GError **error)
{
  const float *dst = latent_net_run (self->net, self->src, error);
  if (!dst)
    return FALSE;
  if (self->classes)
    self->correct += find_greatest (dst, self->n_outputs) == label;
  for (guint i = 0; !self->classes && i < self->n_outputs; i++)
    self->squares += pow ((double)dst[i] - self->values[i], 2);
  return TRUE;
}

static gboolean
open_net (Scorer *self, LatentModel *model, const LatentShape *sample, guint n_labels,
    guint threads, GError **error)
{
  self->net = latent_net_new (
      model, LATENT_MODE_RECONSTRUCT, latent_precision_get (), threads, sample, error);
  if (!self->net)
    return FALSE;
  LatentShape output = latent_net_get_output_shape (self->net);
  self->n_outputs = (guint)latent_shape_product (&output, 0, output.n);
  if (n_labels > self->n_outputs || (!self->classes && n_labels != self->n_outputs)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "the labels have %u %s, the model's output %u", n_labels,
        self->classes ? "classes" : "values", self->n_outputs);
    return FALSE;
  }
  self->src = g_new (float, latent_shape_product (sample, 0, sample->n));
  self->values = g_new (float, self->n_outputs);
  return TRUE;
}

static gboolean
score_all (Scorer *self, LatentFeed *feed, guint64 *samples, GError **error)
{
  gint64 label = -1;
  LatentSampleRoom room = {.src = self->src, .label = &label, .values = self->values};
  LatentFeedResult result = feed->start (feed, 0, error) ? LATENT_FEED_SAMPLE : LATENT_FEED_ERROR;
  while (result == LATENT_FEED_SAMPLE) {
    result = feed->next (feed, &room, error);
    if (result == LATENT_FEED_SAMPLE && !score_sample (self, label, error))
      return FALSE;
    *samples += result == LATENT_FEED_SAMPLE;
  }
  return result == LATENT_FEED_END;
}

gboolean
latent_head_measure (LatentModel *model, char **inputs, const char *labels, guint every,
    guint64 max, guint threads, LatentHeadScore *score, GError **error)
{
  g_auto (Scorer) scorer = {0};
  g_autoptr (LatentData) data = open_data (model, inputs, labels, every, max, error);
  g_autoptr (LatentFeed) feed = data ? latent_data_open_all (data, error) : NULL;
  g_autoptr (GVariant) about = latent_model_describe (model, error);
  scorer.classes = g_strcmp0 (latent_model_get_metadata (model, "latent.head"), "classify") == 0;
  *score = (LatentHeadScore){.accuracy = NAN, .mse = NAN};
  if (!feed || !about)
    return FALSE;
  if (!open_net (&scorer, model, &latent_data_get_spec (data)->sample,
          latent_data_get_n_outputs (data), threads, error) ||
      !score_all (&scorer, feed, &score->samples, error))
    return FALSE;
  g_variant_lookup (about, "d", "t", &score->d);
  g_variant_lookup (about, "k", "t", &score->k);
  if (scorer.classes)
    score->accuracy = (double)scorer.correct / (double)score->samples;
  else
    score->mse = scorer.squares / ((double)score->samples * scorer.n_outputs);
  return TRUE;
}
