/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/session.h"

/* Pixels that a port holds across and down, of one sample. */
static guint
get_port_width (const LatentSession *self, const LatentPort *port)
{
  return (guint)port->dims[3] * latent_layout_get (self->model->media.color)->density;
}

static guint
get_port_height (const LatentSession *self, const LatentPort *port)
{
  return (guint)port->dims[2] * latent_layout_get (self->model->media.color)->density;
}

static LatentPixelMap
make_map (const LatentSession *self, const LatentPort *port, gint64 sample_stride, guint tiles_x,
    guint tiles_y)
{
  LatentColor color = self->model->media.color;
  LatentPixelMap map = {.color = color,
      .tiles_x = tiles_x,
      .tiles_y = tiles_y,
      .width = (guint)port->dims[3],
      .height = (guint)port->dims[2],
      .sample_stride = sample_stride,
      .channel_stride = port->strides[1],
      .row_stride = port->strides[2],
      .column_stride = port->strides[3],
      .threads = self->options.threads};

  for (guint c = 0; c < latent_layout_get (color)->n_lanes; c++) {
    map.scale[c] = latent_model_get_scale (self->model, c);
    map.offset[c] = latent_model_get_offset (self->model, c);
  }
  return map;
}

static void
set_size (LatentSession *self, guint width, guint height, guint tiles_x, guint tiles_y)
{
  const LatentRunner *runner = &self->runner;

  self->width = width;
  self->height = height;
  if (self->options.mode != LATENT_MODE_DECODE)
    self->picture_in = make_map (self, runner->in, runner->input_stride, tiles_x, tiles_y);
  if (self->options.mode != LATENT_MODE_DECODE && latent_runner_get_quantization (runner) != NULL)
    latent_byte_map_init (&self->bytes_in, &self->picture_in, runner->in->type,
        latent_runner_get_quantization (runner));
  if (self->options.mode != LATENT_MODE_ENCODE) {
    self->picture_out = make_map (self, runner->out, runner->output_stride, tiles_x, tiles_y);
    self->picture_out.block = latent_runner_get_block (runner);
  }
}

gboolean
latent_session_check_pictures (
    const LatentSession *self, const LatentRunner *runner, GError **error)
{
  const LatentPort *port = runner->out;
  const LatentLayout *layout = latent_layout_get (self->model->media.color);
  g_autofree char *offered = NULL;
  LatentShape shape;

  if (port->n_dims == 4 && latent_runner_has_batch (runner, port) &&
      port->dims[1] == layout->n_lanes)
    return TRUE;
  shape = latent_runner_get_shape (runner, port, 1);
  offered = latent_shape_to_string (&shape);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "output '%s' of the model is %s; %s pictures are 1x%ux(height)x(width)", port->name, offered,
      layout->name, layout->n_lanes);
  return FALSE;
}

/* Whether the output covers pictures of that size. */
static gboolean
check_cover (const LatentSession *self, const LatentRunner *runner, guint width, guint height,
    const LatentGeometry *geometry, GError **error)
{
  const LatentMediaInfo *media = &self->model->media;
  guint x = get_port_width (self, runner->out);
  guint y = get_port_height (self, runner->out);
  gboolean fits = width <= x && height <= y;

  if (media->tile_width > 0)
    fits = x == geometry->width && y == geometry->height;
  else if (self->latents_told)
    fits = latent_geometry_is_padded (media, width, x) &&
           latent_geometry_is_padded (media, height, y);
  if (fits)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "output '%s' of the model is %ux%u pixels, which does not fit pictures of %ux%u%s",
      runner->out->name, x, y, width, height, media->tile_width > 0 ? " in its tiles" : "");
  return FALSE;
}

/* Where the latents' shape was told it stays; only the picture's size is new. */
static gboolean
check_told_tiles (const LatentSession *self, const LatentGeometry *geometry, GError **error)
{
  guint tiles = geometry->tiles_x * geometry->tiles_y;

  if (!self->latents_told || tiles == self->slot_samples)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "the latents are of %u tiles, the picture is cut into %ux%u", self->slot_samples,
      geometry->tiles_x, geometry->tiles_y);
  return FALSE;
}

/* A told picture's padding is that of its latents, so only tiles need its geometry. */
static gboolean
find_geometry (
    const LatentSession *self, guint width, guint height, LatentGeometry *geometry, GError **error)
{
  const LatentMediaInfo *media = &self->model->media;

  if (self->latents_told && media->tile_width == 0) {
    *geometry = (LatentGeometry){1, 1, width, height};
    return TRUE;
  }
  return latent_geometry_init (geometry, media, width, height, error) &&
         check_told_tiles (self, geometry, error);
}

static gboolean
set_checked_video (LatentSession *self, guint width, guint height, GError **error)
{
  g_auto (LatentRunner) fresh = {0};
  const LatentRunner *runner;
  LatentGeometry geometry;
  LatentShape sample, latents;
  guint tiles;

  if (!find_geometry (self, width, height, &geometry, error))
    return FALSE;
  tiles = geometry.tiles_x * geometry.tiles_y;
  if (self->latents_told)
    sample = self->runner.shape;
  else if (!latent_session_find_sample (self, &geometry, &sample, error))
    return FALSE;
  runner = latent_session_prepare (self, &sample, tiles, &fresh, error);
  if (!runner || !latent_session_find_latents (self, runner, tiles, &latents, error))
    return FALSE;
  if (self->options.mode != LATENT_MODE_ENCODE &&
      (!latent_session_check_pictures (self, runner, error) ||
          !check_cover (self, runner, width, height, &geometry, error)))
    return FALSE;
  latent_session_commit (self, &fresh, tiles, &latents);
  set_size (self, width, height, geometry.tiles_x, geometry.tiles_y);
  return TRUE;
}

gboolean
latent_session_set_video (
    LatentSession *self, LatentPixelFormat format, guint width, guint height, GError **error)
{
  const LatentFormat *offered = latent_format_get (format);
  LatentColor color;

  g_return_val_if_fail (self != NULL && offered != NULL, FALSE);
  g_return_val_if_fail (width > 0 && height > 0, FALSE);
  if (!latent_session_check_kind (self, LATENT_MEDIA_VIDEO, error))
    return FALSE;
  color = self->model->media.color;
  if (!latent_format_fits (format, color)) {
    g_autofree char *name = latent_session_describe_model (self);

    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "%s wants %s pictures, offered was %s",
        name, latent_layout_get (color)->name, offered->name);
    return FALSE;
  }
  return set_checked_video (self, width, height, error);
}

void
latent_session_start_video (LatentSession *self)
{
  const LatentPort *port = self->runner.out;

  if (self->slot_samples > 1)
    self->width = self->height = 0;
  else
    set_size (self, get_port_width (self, port), get_port_height (self, port), 1, 1);
}

gboolean
latent_session_supports_format (const LatentModel *model, LatentPixelFormat format)
{
  return model->media.kind == LATENT_MEDIA_VIDEO && latent_format_fits (format, model->media.color);
}

void
latent_session_get_size (const LatentSession *self, guint *width, guint *height)
{
  *width = self->width;
  *height = self->height;
}

static gboolean
is_expected (const LatentSession *self, guint slot, const LatentPicture *picture)
{
  return slot < self->batch && self->width > 0 && picture->width == self->width &&
         picture->height == self->height &&
         latent_session_supports_format (self->model, picture->format);
}

void
latent_session_put_picture (LatentSession *self, guint slot, const LatentPicture *src)
{
  gpointer dst;

  g_return_if_fail (self->options.mode != LATENT_MODE_DECODE);
  g_return_if_fail (is_expected (self, slot, src));
  dst = latent_runner_get_input (&self->runner, slot * self->slot_samples);
  if (latent_runner_get_quantization (&self->runner) != NULL)
    latent_byte_map_load (&self->bytes_in, dst, src);
  else
    latent_pixel_map_load (&self->picture_in, dst, src);
}

guint64
latent_session_get_picture (LatentSession *self, guint slot, const LatentPicture *dst)
{
  g_return_val_if_fail (self->options.mode != LATENT_MODE_ENCODE, 0);
  g_return_val_if_fail (is_expected (self, slot, dst), 0);
  if (latent_runner_gives_levels (&self->runner)) {
    latent_pixel_map_store_levels (&self->picture_out,
        latent_runner_get_output (&self->runner, slot * self->slot_samples), dst);
    return self->not_finite[slot];
  }
  return latent_pixel_map_store (
      &self->picture_out, latent_runner_get_output (&self->runner, slot * self->slot_samples), dst);
}
