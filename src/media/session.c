/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/session.h"

#include <math.h>
#include <string.h>

G_DEFINE_BOXED_TYPE (LatentSession, latent_session, latent_session_ref, latent_session_unref)

char *
latent_session_describe_model (const LatentSession *self)
{
  const char *path = latent_model_get_path (self->model);
  g_autofree char *name = path ? g_path_get_basename (path) : NULL;

  return name ? g_strdup_printf ("model '%s'", name) : g_strdup ("the model");
}

static gboolean
check_new (const LatentSession *self, LatentMode mode, GError **error)
{
  static const char *const modes[] = {"reconstruct", "encode", "decode", "embed"};
  g_autofree char *name = latent_session_describe_model (self);
  guint n_states;

  if (!latent_model_supports_mode (self->model, mode)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "%s lacks a part that mode %s needs: it holds only %s", name, modes[mode],
        latent_model_supports_mode (self->model, LATENT_MODE_ENCODE) ? "an encoder" : "a decoder");
    return FALSE;
  }
  if (self->model->latents->len > 1) {
    g_autofree char *names = NULL;

    g_ptr_array_add (self->model->latents, NULL);
    names = g_strjoinv ("', '", (char **)self->model->latents->pdata);
    g_ptr_array_set_size (self->model->latents, (gint)self->model->latents->len - 1);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "%s has several latents, '%s'; only one is supported", name, names);
    return FALSE;
  }
  latent_model_get_states (self->model, mode, &n_states);
  if (self->batch > 1 && n_states > 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "%s carries state from sample to sample: the batch must be 1, not %u", name, self->batch);
    return FALSE;
  }
  return TRUE;
}

/* What integers must stand for so that they are levels: the same for all channels. */
static void
find_levels (const LatentModel *model, LatentRunnerOptions *options)
{
  const float scale = latent_model_get_scale (model, 0);
  const float offset = latent_model_get_offset (model, 0);
  const float zero_point = -offset / scale;

  for (guint c = 1; c < latent_layout_get (model->media.color)->n_lanes; c++)
    if (latent_model_get_scale (model, c) != scale || latent_model_get_offset (model, c) != offset)
      return;
  if (!(scale > 0) || !(zero_point >= 0) || zero_point > 255 || zero_point != rintf (zero_point))
    return;
  options->level = scale;
  options->level_zero_point = (guint8)zero_point;
}

LatentSession *
latent_session_new (LatentModel *model, LatentMode mode, LatentPrecision precision, guint threads,
    guint batch, GError **error)
{
  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail ((guint)mode <= LATENT_MODE_EMBED, NULL);
  g_return_val_if_fail (threads > 0 && batch > 0, NULL);

  g_autoptr (LatentSession) self = g_new0 (LatentSession, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->model = latent_model_ref (model);
  self->options.mode = mode == LATENT_MODE_EMBED ? LATENT_MODE_ENCODE : mode;
  self->options.precision = precision;
  self->options.threads = threads;
  self->options.leaves_depth = model->media.kind == LATENT_MEDIA_VIDEO &&
                               model->media.color == LATENT_COLOR_I420 &&
                               mode != LATENT_MODE_ENCODE;
  self->options.takes_integers = model->media.kind == LATENT_MEDIA_VIDEO &&
                                 mode != LATENT_MODE_DECODE;
  if (model->media.kind == LATENT_MEDIA_VIDEO && mode != LATENT_MODE_ENCODE)
    find_levels (model, &self->options);
  self->batch = batch;
  self->not_finite = g_new0 (guint64, batch);
  return check_new (self, mode, error) ? g_steal_pointer (&self) : NULL;
}

LatentSession *
latent_session_ref (LatentSession *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
latent_session_unref (LatentSession *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  latent_runner_clear (&self->runner);
  latent_cutter_clear (&self->cutter);
  latent_overlap_clear (&self->overlap);
  g_free (self->not_finite);
  g_free (self->scale);
  g_free (self->offset);
  latent_model_unref (self->model);
  g_free (self);
}

gboolean
latent_session_check_kind (const LatentSession *self, LatentMediaKind kind, GError **error)
{
  static const char *const kinds[] = {"vectors", "video", "audio"};
  LatentMediaKind own = self->model->media.kind;
  g_autofree char *name = NULL;

  if (own == kind)
    return TRUE;
  name = latent_session_describe_model (self);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "%s eats %s, offered was %s", name,
      kinds[own], kinds[kind]);
  return FALSE;
}

/* Samples of a slot must lie at one distance from each other. */
static gboolean
check_batch (const LatentRunner *runner, guint slot_samples, GError **error)
{
  const LatentPort *ports[] = {runner->in, runner->out};

  for (guint i = 0; i < G_N_ELEMENTS (ports); i++) {
    g_autofree char *shape = NULL;
    LatentShape own;

    if (slot_samples == 1 || latent_runner_has_batch (runner, ports[i]))
      continue;
    own = latent_runner_get_shape (runner, ports[i], 1);
    shape = latent_shape_to_string (&own);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "tiles are a batch, and '%s' of shape %s has none", ports[i]->name, shape);
    return FALSE;
  }
  return TRUE;
}

const LatentRunner *
latent_session_prepare (LatentSession *self, const LatentShape *sample, guint slot_samples,
    LatentRunner *fresh, GError **error)
{
  guint64 samples = (guint64)self->batch * slot_samples;
  guint n_states;

  if (self->runner.program && samples == self->runner.samples &&
      latent_shape_equal (sample, &self->runner.shape))
    return &self->runner;
  if (samples > G_MAXINT) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "a batch of %u with %u tiles each is too large", self->batch, slot_samples);
    return NULL;
  }
  latent_model_get_states (self->model, self->options.mode, &n_states);
  if (slot_samples > 1 && n_states > 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "a model that carries state takes one tile, not %u", slot_samples);
    return NULL;
  }
  if (!latent_runner_init (fresh, self->model, &self->options, sample, (guint)samples, error))
    return NULL;
  return check_batch (fresh, slot_samples, error) ? fresh : NULL;
}

void
latent_session_commit (
    LatentSession *self, LatentRunner *fresh, guint slot_samples, const LatentShape *latents)
{
  if (fresh->program) {
    latent_runner_clear (&self->runner);
    self->runner = *fresh;
    memset (fresh, 0, sizeof *fresh);
  }
  self->slot_samples = slot_samples;
  self->latents = *latents;
}

const gint64 *
latent_session_get_latent_dims (const LatentSession *self, guint *n_dims)
{
  *n_dims = self->latents.n;
  return self->latents.dims;
}

gsize
latent_session_get_latent_size (const LatentSession *self)
{
  return latent_shape_product (&self->latents, 0, self->latents.n) * sizeof (float);
}

LatentProgram *
latent_session_get_program (const LatentSession *self)
{
  return self->runner.program;
}

gboolean
latent_session_run (LatentSession *self, GError **error)
{
  g_return_val_if_fail (self->runner.program != NULL, FALSE);
  if (self->model->media.kind == LATENT_MEDIA_VIDEO && self->width == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "latents of %u tiles do not tell the size of the picture: set it too", self->slot_samples);
    return FALSE;
  }
  return latent_runner_run (&self->runner, error);
}

void
latent_session_reset_state (LatentSession *self)
{
  g_return_if_fail (self != NULL);
  if (self->runner.program)
    latent_context_reset (self->runner.context);
}

void
latent_session_reset (LatentSession *self)
{
  if (!self->runner.program)
    return;
  latent_context_reset (self->runner.context);
  if (self->model->media.kind == LATENT_MEDIA_AUDIO)
    latent_session_start_audio (self);
}
