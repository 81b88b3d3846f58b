/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/media/samples.h"
#include "src/train/feed-units.h"

/* Sound: a unit is a window, channel by channel, or, where so many windows in a row are a sequence,
 * the samples of all of these and of one hop more: where they begin is random. */

#define DEFAULT_WINDOW 1024

typedef struct {
  LatentCutter cutter;
  LatentWindowMap map;
} SoundState;

/* Samples of an item. */
static guint
get_item_length (const LatentFeedPlan *plan)
{
  const LatentMediaInfo *media = &plan->spec.media;
  return media->window + (plan->n_samples > 1 ? plan->n_samples * media->hop : 0);
}

static gboolean
measure_sound (LatentFeedPlan *plan, const LatentSample *sample, GError **error)
{
  LatentMediaInfo *media = &plan->spec.media;
  guint window = (guint)latent_recipe_get_int (plan->recipe, "window");
  guint hop = (guint)latent_recipe_get_int (plan->recipe, "hop");
  if (sample->rate == 0 || sample->channels > LATENT_MAX_LANES) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "%s: %u channels at %u Hz: --channels takes %d at most, and --sample-rate says how many "
        "samples a second has where the file does not",
        sample->origin, sample->channels, sample->rate, LATENT_MAX_LANES);
    return FALSE;
  }
  if (media->window == 0) /* else the model that is learned further says it */
    media->window = window ? window : DEFAULT_WINDOW;
  if (media->hop == 0)
    media->hop = hop ? hop : media->window;
  guint sequence = (guint)latent_recipe_get_int (plan->recipe, "sequence");
  if (media->hop > media->window) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "hop: %u is more than the window of %u", media->hop, media->window);
    return FALSE;
  }
  media->rate = sample->rate;
  media->channels = sample->channels;
  plan->spec.sample = (LatentShape){
      2, {media->channels, media->window}
  };
  plan->n_samples = MAX (sequence, 1);
  plan->d = (gsize)media->channels * media->window;
  plan->payload = (gsize)get_item_length (plan) * media->channels * sizeof (float);
  return TRUE;
}

static void
start_sound (LatentFeedUnits *self)
{
  const LatentFeedPlan *plan = self->plan;
  const LatentMediaInfo *media = &plan->spec.media;
  if (!self->state)
    self->state = g_new0 (SoundState, 1);
  SoundState *state = self->state;
  state->map = (LatentWindowMap){
      .window = get_item_length (plan),
      .hop = media->hop * plan->n_samples,
      .channels = media->channels,
      .channel_stride = get_item_length (plan),
      .time_stride = 1,
      .scale = plan->scale,
      .offset = plan->offset,
  };
  latent_cutter_reset (&state->cutter, &state->map);
}

static gboolean
put_sound (LatentFeedUnits *self, const LatentSample *sample, GError **error)
{
  const LatentMediaInfo *media = &self->plan->spec.media;
  SoundState *state = self->state;
  if (sample->rate != media->rate || sample->channels != media->channels) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "%s: %u channels at %u Hz, those before have %u at %u Hz: --sample-rate and --channels "
        "make them alike",
        sample->origin, sample->channels, sample->rate, media->channels, media->rate);
    return FALSE;
  }
  if (latent_feed_units_note_origin (self, sample->origin))
    latent_cutter_reset (&state->cutter, &state->map);
  latent_cutter_push (
      &state->cutter, &state->map, LATENT_SAMPLE_FORMAT_F32, sample->values, sample->n);
  return TRUE;
}

static gboolean
take_window (LatentFeedUnits *self, guint8 *item)
{
  SoundState *state = self->state;
  while (latent_cutter_get_pending (&state->cutter, &state->map, FALSE) > 0) {
    latent_cutter_take (&state->cutter, &state->map, (float *)(gpointer)item);
    self->taken = self->unit++;
    if (latent_feed_units_want (self, self->taken))
      return TRUE;
  }
  return FALSE;
}

/* The part of an item that one window has. */
static void
unpack_sound (const LatentFeedPlan *plan, const guint8 *item, guint which, LatentRandom *random,
    float *src, float *weights)
{
  const LatentMediaInfo *media = &plan->spec.media;
  const float *samples = (const float *)(gconstpointer)item;
  float chances[2] = {0, 0}, gain = 1;
  if (plan->n_samples == 1) {
    memcpy (src, samples, plan->d * sizeof (float));
    return;
  }
  if (random) {
    latent_random_fill_uniform (random, chances, 2, 0, 1);
    gain = powf (
        10, (2 * chances[1] - 1) / 20 * (float)latent_recipe_get_double (plan->recipe, "gain"));
  }
  guint begin = which * media->hop + MIN ((guint)(chances[0] * (float)media->hop), media->hop - 1);
  for (guint c = 0; c < media->channels; c++)
    for (guint i = 0; i < media->window; i++)
      src[c * media->window + i] = (samples[c * get_item_length (plan) + begin + i] -
                                       plan->offset[c]) *
                                       gain +
                                   plan->offset[c];
}

static void
clear_sound (LatentFeedUnits *self)
{
  SoundState *state = self->state;
  if (state)
    latent_cutter_clear (&state->cutter);
  g_free (state);
}

const LatentFeedKind latent_feed_sound = {
    measure_sound,
    start_sound,
    put_sound,
    take_window,
    clear_sound,
    unpack_sound,
};
