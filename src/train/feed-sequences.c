/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/train/feed-units.h"

/* Sequences of latents: arrays of [N,k], of which so many rows in a row are a unit, or of [N,T,k],
 * each of which is a sequence of its own. */

typedef struct {
  float *rows; /* the last `length` rows, and room for one sample of the source */
  gsize n;     /* rows that are there */
  gsize room;
  gsize begin; /* row at which the next unit begins */
} SequenceState;

static gsize
get_length (const LatentFeedPlan *plan)
{
  return (gsize)plan->spec.sample.dims[0];
}

static gsize
get_width (const LatentFeedPlan *plan)
{
  return (gsize)plan->spec.sample.dims[1];
}

static gboolean
measure_sequence (LatentFeedPlan *plan, const LatentSample *sample, GError **error)
{
  gint64 length = latent_recipe_get_int (plan->recipe, "sequence");
  const LatentShape *shape = &sample->shape;
  g_autofree char *text = latent_shape_to_string (shape);
  if (shape->n > 2 || (shape->n == 1 && length == 0)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "%s: samples of shape %s: a sequence is of latents, [N,k] with --sequence T, or [N,T,k]",
        sample->origin, text);
    return FALSE;
  }
  if (shape->n == 2 && length > shape->dims[0]) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "%s: samples of shape %s are no sequences of %" G_GINT64_FORMAT, sample->origin, text,
        length);
    return FALSE;
  }
  gint64 width = shape->dims[shape->n - 1];
  plan->spec.sample = (LatentShape){
      2, {length ? length : shape->dims[0], width}
  };
  plan->n_samples = 1;
  plan->d = get_length (plan) * get_width (plan);
  plan->payload = plan->d * sizeof (float);
  return TRUE;
}

static void
start_sequences (LatentFeedUnits *self)
{
  if (!self->state)
    self->state = g_new0 (SequenceState, 1);
  SequenceState *state = self->state;
  state->n = state->begin = 0;
}

static gboolean
check_rows (const LatentFeedUnits *self, const LatentSample *sample, GError **error)
{
  gboolean fits = sample->n % get_width (self->plan) == 0 &&
                  sample->shape.dims[sample->shape.n - 1] == self->plan->spec.sample.dims[1];
  for (gsize i = 0; fits && i < sample->n; i++)
    fits = isfinite (sample->values[i]);
  if (!fits) {
    g_autofree char *text = latent_shape_to_string (&sample->shape);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "%s: a sample of shape %s is not %" G_GINT64_FORMAT " finite numbers a row", sample->origin,
        text, self->plan->spec.sample.dims[1]);
  }
  return fits;
}

static gboolean
put_sequence (LatentFeedUnits *self, const LatentSample *sample, GError **error)
{
  SequenceState *state = self->state;
  gsize width = get_width (self->plan), rows = sample->n / width;
  if (!check_rows (self, sample, error))
    return FALSE;
  /* What no unit needs any more goes; all of it where the samples do not follow one another. */
  gboolean anew = latent_feed_units_note_origin (self, sample->origin) || sample->shape.n == 2;
  if (anew)
    state->begin = state->n;
  state->n -= state->begin;
  if (state->n > 0)
    memmove (state->rows, state->rows + state->begin * width, state->n * width * sizeof (float));
  state->begin = 0;
  if (state->n + rows > state->room) {
    state->room = 2 * (state->n + rows);
    state->rows = g_realloc_n (state->rows, state->room * width, sizeof (float));
  }
  memcpy (state->rows + state->n * width, sample->values, sample->n * sizeof (float));
  state->n += rows;
  return TRUE;
}

static gboolean
take_sequence (LatentFeedUnits *self, guint8 *item)
{
  SequenceState *state = self->state;
  while (state->begin + get_length (self->plan) <= state->n) {
    const float *first = state->rows + state->begin++ * get_width (self->plan);
    self->taken = self->unit++;
    if (!latent_feed_units_want (self, self->taken))
      continue;
    memcpy (item, first, self->plan->payload);
    return TRUE;
  }
  return FALSE;
}

static void
clear_sequences (LatentFeedUnits *self)
{
  SequenceState *state = self->state;
  if (state)
    g_free (state->rows);
  g_free (state);
}

const LatentFeedKind latent_feed_sequences = {
    measure_sequence,
    start_sequences,
    put_sequence,
    take_sequence,
    clear_sequences,
    latent_feed_unpack_floats,
};
