/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/media/samples.h"
#include "src/train/feed-units.h"

/* Sound: a unit is a window, channel by channel. */

#define DEFAULT_WINDOW 1024

typedef struct {
  LatentCutter cutter;
  LatentWindowMap map;
} SoundState;

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
  plan->n_samples = 1;
  plan->d = (gsize)media->channels * media->window;
  plan->payload = plan->d * sizeof (float);
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
      .window = media->window,
      .hop = media->hop,
      .channels = media->channels,
      .channel_stride = media->window,
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
    latent_feed_unpack_floats,
};
