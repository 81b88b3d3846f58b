/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/motion-private.h"

#include <latent/error.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/media/format.h"

#define GREY 128

static void
start_plane (const LatentMotion *self, guint i, LatentPlane *plane)
{
  plane->width = (gint)(self->grid_width * latent_motion_basis_get_width (self->basis, i));
  plane->height = (gint)(self->grid_height * latent_motion_basis_get_height (self->basis, i));
  plane->data = g_malloc ((gsize)plane->width * (gsize)plane->height);
  memset (plane->data, GREY, (gsize)plane->width * (gsize)plane->height);
}

LatentMotion *
latent_motion_new (const LatentMotionBasis *basis, guint grid_width, guint grid_height)
{
  LatentMotion *self = g_new0 (LatentMotion, 1);

  self->basis = basis;
  latent_motion_pairs_init (&self->pairs, basis);
  self->grid_width = grid_width;
  self->grid_height = grid_height;
  self->changed = g_malloc ((gsize)grid_width * grid_height);
  memset (self->changed, TRUE, (gsize)grid_width * grid_height);
  for (guint i = 0; i < basis->n_planes; i++) {
    start_plane (self, i, &self->planes[i]);
    start_plane (self, i, &self->memory[i]);
  }
  return self;
}

void
latent_motion_free (LatentMotion *self)
{
  if (!self)
    return;
  for (guint i = 0; i < LATENT_MOTION_PLANES; i++) {
    g_free (self->planes[i].data);
    g_free (self->memory[i].data);
  }
  latent_motion_pairs_clear (&self->pairs);
  g_free (self->source.data);
  g_free (self->changed);
  latent_phases_clear (&self->phases);
  g_free (self);
}

const guint8 *
latent_motion_get_plane (const LatentMotion *self, guint plane, guint *width, guint *height)
{
  *width = (guint)self->planes[plane].width;
  *height = (guint)self->planes[plane].height;
  return self->planes[plane].data;
}

static void
copy_rows (
    const LatentPlane *plane, guint x, guint y, guint width, guint height, const guint8 *pixels)
{
  guint8 *dst = plane->data + (gsize)y * height * (gsize)plane->width + (gsize)x * width;

  for (guint row = 0; row < height; row++, pixels += width, dst += plane->width)
    memcpy (dst, pixels, width);
}

/* A tile's pixels, plane after plane, to their places. */
static void
put_tile (
    const LatentMotion *self, const LatentPlane *planes, guint x, guint y, const guint8 *pixels)
{
  for (guint i = 0; i < self->basis->n_planes; i++) {
    guint width = latent_motion_basis_get_width (self->basis, i);
    guint height = latent_motion_basis_get_height (self->basis, i);
    copy_rows (&planes[i], x, y, width, height, pixels);
    pixels += width * height;
  }
}

/* Pixels [begin, end) of up to LATENT_MOTION_BATCH tiles. */
static void
sum_tiles (const LatentMotion *self, const gint32 *latents, guint n, guint begin, guint end,
    guint8 *pixels)
{
  const guint k = self->basis->k, stride = 2 * self->pairs.n;
  gint16 levels[LATENT_MOTION_BATCH * LATENT_MOTION_COMPONENTS];

  for (guint i = 0; i < n; i++, latents += k) {
    gint16 *row = levels + (gsize)i * stride;
    for (guint c = 0; c < k; c++)
      row[c] = (gint16)CLAMP (latents[c], -G_MAXINT16, G_MAXINT16);
    if (k < stride)
      row[k] = 0;
  }
  latent_motion_pairs_sum (&self->pairs, levels, n, begin, end, pixels);
}

void
latent_motion_synthesise (
    LatentMotion *self, guint y, const guint *columns, guint n, const gint32 *latents)
{
  const guint d = self->basis->d;
  guint8 pixels[LATENT_MOTION_BATCH * LATENT_MOTION_PIXELS];

  for (guint i = 0; i < n; i++) {
    const guint tile = i % LATENT_MOTION_BATCH;
    if (tile == 0)
      sum_tiles (self, latents + (gsize)i * self->basis->k, MIN (n - i, LATENT_MOTION_BATCH), 0, d,
          pixels);
    put_tile (self, self->planes, columns[i], y, pixels + (gsize)tile * d);
    self->changed[(gsize)y * self->grid_width + columns[i]] = TRUE;
  }
  if (n > 0)
    __atomic_store_n (&self->is_up_to_date, FALSE, __ATOMIC_RELAXED);
}

void
latent_motion_start_source (LatentMotion *self)
{
  if (self->source.data)
    return;
  start_plane (self, latent_motion_get_main (self->basis), &self->source);
  latent_phases_init (&self->phases, self->source.width, self->source.height);
}

void
latent_motion_synthesise_source (
    LatentMotion *self, guint y, const guint *columns, guint n, const gint32 *latents)
{
  const LatentMotionBasis *basis = self->basis;
  const guint width = basis->tile_width, height = basis->tile_height;
  const guint d = width * height, begin = latent_motion_get_main (basis) * d;
  guint8 pixels[LATENT_MOTION_BATCH * LATENT_MOTION_TILE * LATENT_MOTION_TILE];

  for (guint i = 0; i < n; i++) {
    const guint tile = i % LATENT_MOTION_BATCH;
    if (tile == 0)
      sum_tiles (self, latents + (gsize)i * basis->k, MIN (n - i, LATENT_MOTION_BATCH), begin,
          begin + d, pixels);
    copy_rows (&self->source, columns[i], y, width, height, pixels + (gsize)tile * d);
  }
}

void
latent_motion_remember (LatentMotion *self, guint x, guint y)
{
  for (guint i = 0; i < self->basis->n_planes; i++) {
    guint width = latent_motion_basis_get_width (self->basis, i);
    guint height = latent_motion_basis_get_height (self->basis, i);
    gsize stride = (gsize)self->planes[i].width, first = y * height * stride + x * width;
    for (guint row = 0; row < height; row++, first += stride)
      memcpy (self->memory[i].data + first, self->planes[i].data + first, width);
  }
}

/* Whether any tile from (x - 1, y - 1) to (x + 1, y + 1) has changed. */
static gboolean
has_changed (const LatentMotion *self, guint x, guint y)
{
  const guint right = MIN (x + 1, self->grid_width - 1),
              bottom = MIN (y + 1, self->grid_height - 1);

  for (guint row = y > 0 ? y - 1 : 0; row <= bottom; row++)
    for (guint column = x > 0 ? x - 1 : 0; column <= right; column++)
      if (self->changed[(gsize)row * self->grid_width + column])
        return TRUE;
  return FALSE;
}

static void
put_phases (gsize y, gpointer data)
{
  LatentMotion *self = data;
  const gint width = (gint)self->basis->tile_width, height = (gint)self->basis->tile_height;
  const guint8 *changed = self->changed + y * self->grid_width;

  for (gint x = 0; x < (gint)self->grid_width; x++)
    if (changed[x])
      latent_phases_put (&self->phases, &self->planes[latent_motion_get_main (self->basis)],
          (gint)y * height, ((gint)y + 1) * height, x * width, (x + 1) * width);
}

/* Neighbours in a row together; what is around the picture, with the tiles at its edges. */
static void
filter_phases (gsize y, gpointer data)
{
  LatentMotion *self = data;
  const gint width = (gint)self->basis->tile_width, height = (gint)self->basis->tile_height;
  const gint around = LATENT_PHASES_REACH;
  const gint begin = y > 0 ? (gint)y * height : -around;
  const gint end = y + 1 < self->grid_height ? ((gint)y + 1) * height
                                             : self->phases.height + around;

  for (guint x = 0; x < self->grid_width; x++) {
    const guint first = x;
    while (x < self->grid_width && has_changed (self, x, (guint)y))
      x++;
    if (x > first)
      latent_phases_filter (&self->phases, begin, end, first > 0 ? (gint)first * width : -around,
          x < self->grid_width ? (gint)x * width : self->phases.width + around);
  }
}

void
latent_motion_prepare (LatentMotion *self, guint threads)
{
  if (__atomic_load_n (&self->is_up_to_date, __ATOMIC_RELAXED))
    return;
  latent_parallel_each (threads, self->grid_height, put_phases, self);
  latent_phases_close (&self->phases);
  latent_parallel_each (threads, self->grid_height, filter_phases, self);
  memset (self->changed, FALSE, (gsize)self->grid_width * self->grid_height);
  __atomic_store_n (&self->is_up_to_date, TRUE, __ATOMIC_RELAXED);
}

/* A component of a picture, its edges repeated up to the plane's size. */
static void
load_plane (const LatentPlane *dst, const LatentPicture *picture, const LatentComponent *component)
{
  guint width = latent_component_get_size (component, picture->width);
  guint height = latent_component_get_size (component, picture->height);

  for (guint y = 0; y < (guint)dst->height; y++) {
    const guint8 *src = picture->data[component->plane] + component->offset +
                        (gssize)MIN (y, height - 1) * picture->stride[component->plane];
    guint8 *row = dst->data + (gsize)y * (gsize)dst->width;
    for (guint x = 0; x < (guint)dst->width; x++)
      row[x] = src[(gsize)MIN (x, width - 1) * component->step];
  }
}

gboolean
latent_motion_set_source (LatentMotion *self, const LatentPicture *picture, GError **error)
{
  const LatentFormat *format = latent_format_get (picture->format);
  guint main;

  if (!format || !latent_format_fits (picture->format, self->basis->color)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "motion: pictures are %s, wanted is %s",
        format ? format->name : "of no known format", latent_layout_get (self->basis->color)->name);
    return FALSE;
  }
  main = latent_motion_get_main (self->basis);
  latent_motion_start_source (self);
  load_plane (&self->source, picture, &format->components[main]);
  latent_motion_prepare (self, 1);
  return TRUE;
}
