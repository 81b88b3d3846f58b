/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/synthesis.h"

#include <string.h>

#include "src/cli/media-sink.h"
#include "src/cli/net.h"
#include "src/cli/precision.h"
#include "src/media/npy.h"
#include "src/train/sample.h"

struct _LatentSynthesis {
  LatentModel *model;
  LatentSynthesisOptions options;
  /* Tensors as they are. */
  LatentNet *net;
  LatentNpyWriter *writer;
  /* Media. */
  LatentSession *session;
  LatentMediaSink *sink;
  float *room;        /* sound */
  guint64 not_finite; /* numbers of media */
};

void
latent_synthesis_free (LatentSynthesis *self)
{
  if (!self)
    return;
  g_clear_pointer (&self->net, latent_net_free);
  g_clear_pointer (&self->writer, latent_npy_writer_free);
  g_clear_pointer (&self->session, latent_session_unref);
  g_clear_pointer (&self->sink, latent_media_sink_free);
  latent_model_unref (self->model);
  g_free (self->room);
  g_free (self);
}

static gboolean
open_array (LatentSynthesis *self, const LatentShape *latents, GError **error)
{
  self->net = latent_net_new (self->model, LATENT_MODE_DECODE, latent_precision_get (),
      self->options.threads, latents, error);
  if (!self->net)
    return FALSE;
  LatentShape shape = latent_net_get_output_shape (self->net);
  shape = latent_shape_drop_batch (&shape);
  self->writer = latent_npy_writer_new (self->options.output, &shape, error);
  return self->writer != NULL;
}

/* Latents with the 1 in front that a session's have. */
static gboolean
set_latents (LatentSynthesis *self, const LatentShape *latents, GError **error)
{
  gint64 dims[LATENT_MAX_DIMS] = {1};
  guint tiles = latent_model_get_media_info (self->model)->tile_width > 0;
  guint front = tiles ? 0 : 1;
  if (latents->n + front > LATENT_MAX_DIMS)
    front = 0;
  memcpy (dims + front, latents->dims, latents->n * sizeof dims[0]);
  return latent_session_set_latents (self->session, latents->n + front, dims, error);
}

static gboolean
open_video (LatentSynthesis *self, GError **error)
{
  const LatentSynthesisOptions *options = &self->options;
  LatentPixelFormat format = latent_model_get_pixel_format (self->model);
  guint width = options->width, height = options->height;
  if (!width)
    latent_session_get_size (self->session, &width, &height);
  if (!width || !height) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "the number of tiles does not say how large pictures are: --size does");
    return FALSE;
  }
  if (!latent_session_set_video (self->session, format, width, height, error))
    return FALSE;
  self->sink = latent_media_sink_new_video (options->output, format, width, height, options->rate_n,
      options->rate_d, options->look, error);
  return self->sink != NULL;
}

static gboolean
open_media (LatentSynthesis *self, const LatentShape *latents, GError **error)
{
  const LatentMediaInfo *media = latent_model_get_media_info (self->model);
  self->session = latent_session_new (
      self->model, LATENT_MODE_DECODE, latent_precision_get (), self->options.threads, 1, error);
  if (!self->session || !set_latents (self, latents, error))
    return FALSE;
  if (media->kind == LATENT_MEDIA_VIDEO)
    return open_video (self, error);
  if (!latent_session_set_audio (self->session, LATENT_SAMPLE_FORMAT_F32, error))
    return FALSE;
  self->sink = latent_media_sink_new_audio (
      self->options.output, media->rate, media->channels, error);
  self->room = g_new (float, (gsize)MAX (media->window, 1) * media->channels);
  return self->sink != NULL;
}

LatentSynthesis *
latent_synthesis_new (LatentModel *model, const LatentSynthesisOptions *options,
    const LatentShape *latents, GError **error)
{
  g_autoptr (LatentSynthesis) self = g_new0 (LatentSynthesis, 1);
  LatentMediaKind kind = latent_model_get_media_info (model)->kind;
  self->model = latent_model_ref (model);
  self->options = *options;
  if (g_str_has_suffix (options->output, ".npy"))
    return open_array (self, latents, error) ? g_steal_pointer (&self) : NULL;
  if (kind != LATENT_MEDIA_VECTOR && latent_media_sink_supports (options->output, kind))
    return open_media (self, latents, error) ? g_steal_pointer (&self) : NULL;
  g_autofree char *list = latent_media_sink_list_endings (kind);
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "-o: '%s': what this model decodes is written to %s, or to gst-launch text after 'gst:'",
      options->output, list);
  return NULL;
}

/* Writes what sound is finished. */
static gboolean
flush_sound (LatentSynthesis *self, gboolean drain, GError **error)
{
  gsize window = latent_model_get_media_info (self->model)->window;
  for (;;) {
    gsize n = MIN (latent_session_get_available_samples (self->session, drain), window);
    if (n == 0)
      return TRUE;
    latent_session_pop_samples (self->session, self->room, n);
    if (!latent_media_sink_put_samples (self->sink, self->room, n, error))
      return FALSE;
  }
}

static gboolean
put_media (LatentSynthesis *self, const float *latents, guint64 pts, guint n, GError **error)
{
  const LatentMediaInfo *media = latent_model_get_media_info (self->model);
  latent_session_put_latent (self->session, 0, latents);
  if (!latent_session_run (self->session, error))
    return FALSE;
  if (media->kind == LATENT_MEDIA_AUDIO) {
    self->not_finite += latent_session_add_window (self->session, 0, n);
    return flush_sound (self, FALSE, error);
  }
  const LatentPicture *picture = latent_media_sink_get_picture (self->sink, error);
  if (!picture)
    return FALSE;
  self->not_finite += latent_session_get_picture (self->session, 0, picture);
  latent_media_sink_set_time (self->sink, pts);
  return latent_media_sink_put_picture (self->sink, error);
}

gboolean
latent_synthesis_put_at (
    LatentSynthesis *self, const float *latents, guint64 pts, guint n, GError **error)
{
  if (self->session)
    return put_media (self, latents, pts, n, error);
  const float *decoded = latent_net_run (self->net, latents, error);
  return decoded && latent_npy_writer_put (self->writer, decoded, error);
}

gboolean
latent_synthesis_put (LatentSynthesis *self, const float *latents, GError **error)
{
  return latent_synthesis_put_at (
      self, latents, G_MAXUINT64, latent_model_get_media_info (self->model)->hop, error);
}

void
latent_synthesis_reset_state (LatentSynthesis *self)
{
  if (self->session)
    latent_session_reset_state (self->session);
  else
    latent_net_reset_state (self->net);
}

gboolean
latent_synthesis_finish (LatentSynthesis *self, guint64 *size, GError **error)
{
  if (self->writer)
    return latent_npy_writer_finish (self->writer, size, error);
  if (latent_model_get_media_info (self->model)->kind == LATENT_MEDIA_AUDIO &&
      !flush_sound (self, TRUE, error))
    return FALSE;
  if (self->not_finite)
    g_printerr (
        "%s: %" G_GUINT64_FORMAT
        " numbers that the model gave are NaN or infinite; 0 or the nearest end is written\n",
        g_get_prgname (), self->not_finite);
  return latent_media_sink_finish (self->sink, size, error);
}
