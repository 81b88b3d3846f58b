/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/media/session.h"

/* The shape that the file declares for the first input of a part; n is 0 where it has none. An
 * unknown batch is one. */
static LatentShape
get_declared (const LatentSession *self, LatentMode mode)
{
  const char *const *names = latent_model_get_cut_inputs (self->model, mode);
  const LatentValue *value = names && names[0]
                                 ? latent_graph_find_value (self->model->graph, names[0])
                                 : NULL;
  LatentShape shape = {0};

  if (!value || !value->has_shape)
    return shape;
  shape = value->shape;
  if (shape.n > 1 && shape.dims[0] < 0)
    shape.dims[0] = 1;
  return shape;
}

/* Input of the encoder, one sample. */
static gboolean
find_encoder_sample (
    const LatentSession *self, const LatentGeometry *geometry, LatentShape *sample, GError **error)
{
  const LatentMediaInfo *media = &self->model->media;
  LatentShape declared = get_declared (self, LATENT_MODE_ENCODE);
  g_autofree char *shape = NULL;

  if (media->kind == LATENT_MEDIA_VIDEO) {
    const LatentLayout *layout = latent_layout_get (media->color);
    *sample = (LatentShape){
        4, {1, layout->n_lanes, geometry->height / layout->density,
            geometry->width / layout->density}
    };
    return TRUE;
  }
  if (media->kind == LATENT_MEDIA_AUDIO) {
    *sample = (LatentShape){
        3, {1, media->channels, media->window}
    };
    if (declared.n == 2)
      *sample = (LatentShape){
          2, {1, media->window}
      };
    return TRUE;
  }
  *sample = declared;
  if (declared.n > 0 && latent_shape_is_known (&declared))
    return TRUE;
  shape = latent_shape_to_string (&declared);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "the file says %s of the size of a vector; only the first dimension, the batch, can be open",
      declared.n > 0 ? shape : "nothing");
  return FALSE;
}

/* Walks the encoder's shapes; computes nothing. */
static gboolean
infer_encoder (
    const LatentSession *self, const LatentShape *sample, LatentShape *latents, GError **error)
{
  const LatentModel *model = self->model;
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentGraph) graph = latent_graph_cut (model->graph,
      latent_model_get_cut_inputs (model, LATENT_MODE_ENCODE),
      latent_model_get_cut_outputs (model, LATENT_MODE_ENCODE), error);

  if (!graph)
    return FALSE;
  latent_request_set_shape (request, NULL, sample->n, sample->dims);
  if (!latent_exec_bind (graph, request, error) || !latent_exec_infer (graph, error))
    return FALSE;
  *latents = ((LatentValue *)g_ptr_array_index (graph->outputs, 0))->shape;
  return TRUE;
}

/* A decoder by itself: sizes that it leaves open follow from the picture's by the stride. */
static gboolean
guess_latents (
    const LatentSession *self, const LatentGeometry *geometry, LatentShape *latents, GError **error)
{
  g_autofree char *shape = NULL;
  guint stride = MAX (self->model->media.stride, 1);

  *latents = get_declared (self, LATENT_MODE_DECODE);
  if (latents->n == 4 && geometry) {
    if (latents->dims[2] < 0)
      latents->dims[2] = (geometry->height + stride - 1) / stride;
    if (latents->dims[3] < 0)
      latents->dims[3] = (geometry->width + stride - 1) / stride;
  }
  if (latents->n > 0 && latent_shape_is_known (latents))
    return TRUE;
  shape = latent_shape_to_string (latents);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "the decoder says %s of its latents' size; tell their dimensions",
      latents->n > 0 ? shape : "nothing");
  return FALSE;
}

static gboolean
find_latent_sample (
    const LatentSession *self, const LatentGeometry *geometry, LatentShape *latents, GError **error)
{
  LatentShape sample;

  if (!latent_model_supports_mode (self->model, LATENT_MODE_ENCODE))
    return guess_latents (self, geometry, latents, error);
  return find_encoder_sample (self, geometry, &sample, error) &&
         infer_encoder (self, &sample, latents, error);
}

gboolean
latent_session_find_sample (
    const LatentSession *self, const LatentGeometry *geometry, LatentShape *sample, GError **error)
{
  if (self->options.mode == LATENT_MODE_DECODE)
    return find_latent_sample (self, geometry, sample, error);
  return find_encoder_sample (self, geometry, sample, error);
}

gboolean
latent_session_find_latents (const LatentSession *self, const LatentRunner *runner,
    guint slot_samples, LatentShape *latents, GError **error)
{
  if (self->options.mode != LATENT_MODE_RECONSTRUCT) {
    const LatentPort *port = self->options.mode == LATENT_MODE_DECODE ? runner->in : runner->out;

    *latents = latent_runner_get_shape (runner, port, slot_samples);
    return TRUE;
  }
  if (!infer_encoder (self, &runner->shape, latents, error))
    return FALSE;
  if (latents->n > 1 && latents->dims[0] == 1)
    latents->dims[0] = slot_samples;
  return TRUE;
}

/* What the model's latents are like; sizes may be those of some other picture. */
static LatentShape
get_latent_layout (const LatentSession *self)
{
  const LatentMediaInfo *media = &self->model->media;
  LatentShape shape = get_declared (self, LATENT_MODE_DECODE);
  LatentGeometry geometry = {0};

  if (shape.n > 0)
    return shape;
  if (media->kind == LATENT_MEDIA_VIDEO &&
      !latent_geometry_init (
          &geometry, media, MAX (media->fixed_width, 1), MAX (media->fixed_height, 1), NULL))
    return shape;
  if (!find_latent_sample (self, &geometry, &shape, NULL))
    shape.n = 0;
  return shape;
}

/* Splits a slot's latents into samples. Ones in front come and go with the notation, as caps do not
 * fix the number of dimensions: they are taken away or added until there are as many as the model's
 * latents have. */
static LatentShape
split_latents (const LatentSession *self, guint n_dims, const gint64 *dims, guint *samples)
{
  LatentShape layout = get_latent_layout (self);
  LatentShape shape = {0};
  guint drop = 0;

  while (layout.n > 0 && n_dims - drop > layout.n && dims[drop] == 1)
    drop++;
  while (shape.n + n_dims - drop < layout.n)
    shape.dims[shape.n++] = 1;
  memcpy (shape.dims + shape.n, dims + drop, (n_dims - drop) * sizeof *dims);
  shape.n += n_dims - drop;
  *samples = 1;
  if (shape.n > 1 && (layout.n == 0 || layout.dims[0] == 1)) {
    *samples = (guint)shape.dims[0];
    shape.dims[0] = 1;
  }
  return shape;
}

static gboolean
check_latent_dims (guint n_dims, const gint64 *dims, GError **error)
{
  for (guint i = 0; i < n_dims && n_dims <= LATENT_MAX_DIMS; i++) {
    if (dims[i] < 1 || dims[i] > G_MAXINT) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
          "dimension %u of latents cannot be %" G_GINT64_FORMAT, i, dims[i]);
      return FALSE;
    }
  }
  if (n_dims >= 1 && n_dims <= LATENT_MAX_DIMS)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "latents have 1 to %u dimensions, offered were %u", LATENT_MAX_DIMS, n_dims);
  return FALSE;
}

static gboolean
check_output (const LatentSession *self, const LatentRunner *runner, GError **error)
{
  switch (self->model->media.kind) {
  case LATENT_MEDIA_VIDEO:
    return latent_session_check_pictures (self, runner, error);
  case LATENT_MEDIA_AUDIO:
    return latent_session_check_windows (self, runner, error);
  default:
    return TRUE;
  }
}

gboolean
latent_session_set_latents (LatentSession *self, guint n_dims, const gint64 *dims, GError **error)
{
  g_auto (LatentRunner) fresh = {0};
  const LatentRunner *runner;
  LatentShape sample, latents;
  guint samples;
  gboolean same;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (self->options.mode == LATENT_MODE_DECODE, FALSE);
  if (!check_latent_dims (n_dims, dims, error))
    return FALSE;
  sample = split_latents (self, n_dims, dims, &samples);
  if (samples > 1 && self->model->media.tile_width == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "latents of %u samples were offered for a frame; the model has no tiles and wants 1",
        samples);
    return FALSE;
  }
  runner = latent_session_prepare (self, &sample, samples, &fresh, error);
  if (!runner || !check_output (self, runner, error))
    return FALSE;
  latents = latent_runner_get_shape (runner, runner->in, samples);
  same = runner == &self->runner && samples == self->slot_samples;
  latent_session_commit (self, &fresh, samples, &latents);
  self->latents_told = TRUE;
  if (self->model->media.kind == LATENT_MEDIA_VIDEO && (samples == 1 || !same))
    latent_session_start_video (self);
  if (self->model->media.kind == LATENT_MEDIA_AUDIO)
    latent_session_start_audio (self);
  return TRUE;
}
