/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/error.h>
#include <string.h>

#include "src/model/model.h"
#include "src/train/feed-units.h"

void
latent_feed_plan_take_model (LatentFeedPlan *plan, LatentModel *model)
{
  plan->spec.media = *latent_model_get_media_info (model);
  plan->settings = latent_model_get_source_settings (model);
  for (guint i = 0; i < LATENT_MAX_LANES; i++) {
    plan->scale[i] = latent_model_get_scale (model, i);
    plan->offset[i] = latent_model_get_offset (model, i);
  }
}

void
latent_feed_plan_take_media (LatentFeedPlan *plan, LatentMediaKind kind, LatentColor color)
{
  static const LatentPixelFormat formats[] = {
      [LATENT_COLOR_RGB] = LATENT_PIXEL_FORMAT_RGB,
      [LATENT_COLOR_GRAY8] = LATENT_PIXEL_FORMAT_GRAY8,
      [LATENT_COLOR_I420] = LATENT_PIXEL_FORMAT_I420,
  };
  plan->spec.media.kind = plan->settings.kind = kind;
  plan->spec.media.color = color;
  plan->settings.format = formats[color];
  plan->settings.rate = (guint)latent_recipe_get_int (plan->recipe, "sample-rate");
  plan->settings.channels = (guint)latent_recipe_get_int (plan->recipe, "channels");
  for (guint i = 0; i < LATENT_MAX_LANES; i++)
    plan->scale[i] = kind == LATENT_MEDIA_AUDIO ? 1.f / 32768 : 1.f / 255;
}

void
latent_feed_plan_choose_kind (LatentFeedPlan *plan)
{
  static const LatentFeedKind *const kinds[] = {
      [LATENT_MEDIA_VECTOR] = &latent_feed_vectors,
      [LATENT_MEDIA_VIDEO] = &latent_feed_pictures,
      [LATENT_MEDIA_AUDIO] = &latent_feed_sound,
  };
  plan->kind = kinds[plan->settings.kind];
  if (plan->settings.kind == LATENT_MEDIA_VECTOR &&
      (latent_recipe_get_int (plan->recipe, "sequence") > 0 ||
          latent_recipe_is (plan->recipe, "task", "predict")))
    plan->kind = &latent_feed_sequences;
}

/* Vectors have the shape that the model's input has. */
gboolean
latent_feed_plan_fit_model (LatentFeedPlan *plan, LatentModel *model, GError **error)
{
  const char *const *names = latent_model_get_cut_inputs (model, LATENT_MODE_RECONSTRUCT);
  if (!names || !names[0])
    names = latent_model_get_cut_inputs (model, LATENT_MODE_ENCODE);
  LatentValue *value = names && names[0] ? latent_graph_find_value (model->graph, names[0]) : NULL;
  if (!value || !value->has_shape || value->shape.n < 1)
    return TRUE;
  LatentShape sample = {.n = value->shape.n - 1};
  memcpy (sample.dims, value->shape.dims + 1, sample.n * sizeof sample.dims[0]);
  if (!latent_shape_is_known (&sample) || plan->kind != &latent_feed_vectors)
    return TRUE;
  if (latent_shape_product (&sample, 0, sample.n) == plan->d) {
    plan->spec.sample = sample;
    return TRUE;
  }
  g_autofree char *text = latent_shape_to_string (&sample);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "the model's input is %s, samples have %" G_GSIZE_FORMAT " elements", text, plan->d);
  return FALSE;
}

void
latent_feed_plan_unpack (const LatentFeedPlan *plan, const guint8 *item, guint which,
    LatentRandom *random, const LatentSampleRoom *room)
{
  for (gsize i = 0; room->weights && i < plan->d; i++)
    room->weights[i] = 1;
  plan->kind->unpack (plan, item, which, random, room->src, room->weights);
  if (latent_recipe_get_bool (plan->recipe, "binarise"))
    for (gsize i = 0; i < plan->d; i++)
      room->src[i] = room->src[i] >= .5f;
  if (room->target)
    memcpy (room->target, room->src, plan->d * sizeof (float));
}
