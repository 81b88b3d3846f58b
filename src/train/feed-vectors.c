/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/train/feed-units.h"

/* Vectors: a unit is one of them, an item its elements as bytes or floats. */

typedef struct {
  guint8 *item; /* the vector that was put */
  gboolean waiting;
} VectorState;

static gboolean
measure_vector (LatentFeedPlan *plan, const LatentSample *sample, GError **error)
{
  plan->d = sample->n;
  plan->payload = sample->n * (plan->packed ? 1 : sizeof (float));
  plan->n_samples = 1;
  plan->spec.sample = (LatentShape){1, {(gint64)sample->n}};
  for (guint i = 0; i < 256; i++)
    plan->table[i] = (float)(i * plan->settings.scale + plan->settings.offset);
  return TRUE;
}

static void
start_vectors (LatentFeedUnits *self)
{
  if (!self->state)
    self->state = g_new0 (VectorState, 1);
  ((VectorState *)self->state)->waiting = FALSE;
}

static gboolean
check_vector (const LatentFeedUnits *self, const LatentSample *sample, GError **error)
{
  if (sample->n != self->plan->d) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "%s: samples of %" G_GSIZE_FORMAT " elements, those before have %" G_GSIZE_FORMAT,
        sample->origin, sample->n, self->plan->d);
    return FALSE;
  }
  for (gsize i = 0; i < sample->n; i++)
    if (!isfinite (sample->values[i])) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
          "%s: sample %" G_GUINT64_FORMAT ", element %" G_GSIZE_FORMAT " is %g", sample->origin,
          self->unit, i, sample->values[i]);
      return FALSE;
    }
  return TRUE;
}

static gboolean
put_vector (LatentFeedUnits *self, const LatentSample *sample, GError **error)
{
  const LatentFeedPlan *plan = self->plan;
  VectorState *state = self->state;
  if (!check_vector (self, sample, error))
    return FALSE;
  self->taken = self->unit++;
  state->waiting = latent_feed_units_want (self, self->taken);
  if (!state->waiting)
    return TRUE;
  if (!state->item)
    state->item = g_malloc (plan->payload);
  if (!plan->packed) {
    memcpy (state->item, sample->values, plan->payload);
    return TRUE;
  }
  /* The bytes that the file had. */
  for (gsize i = 0; i < sample->n; i++)
    state->item[i] = (guint8)lrint (
        (sample->values[i] - plan->settings.offset) / plan->settings.scale);
  return TRUE;
}

static gboolean
take_vector (LatentFeedUnits *self, guint8 *item)
{
  VectorState *state = self->state;
  if (!state->waiting)
    return FALSE;
  memcpy (item, state->item, self->plan->payload);
  state->waiting = FALSE;
  return TRUE;
}

static void
clear_vectors (LatentFeedUnits *self)
{
  VectorState *state = self->state;
  if (state)
    g_free (state->item);
  g_free (state);
}

static void
unpack_vector (const LatentFeedPlan *plan, const guint8 *item, guint which, LatentRandom *random,
    float *src, float *weights)
{
  if (!plan->packed)
    latent_feed_unpack_floats (plan, item, which, random, src, weights);
  for (gsize i = 0; plan->packed && i < plan->d; i++)
    src[i] = plan->table[item[i]];
}

const LatentFeedKind latent_feed_vectors = {
    measure_vector,
    start_vectors,
    put_vector,
    take_vector,
    clear_vectors,
    unpack_vector,
};
