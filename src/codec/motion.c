/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/error.h>
#include <string.h>

#include "src/codec/motion-private.h"
#include "src/media/format.h"

#define GREY 128

static void
start_planes (const LatentMotion *self, LatentPlane *planes)
{
  const LatentMotionBasis *basis = self->basis;

  for (guint i = 0; i < basis->n_planes; i++) {
    LatentPlane *plane = &planes[i];
    plane->width = (gint)(self->grid_width * latent_motion_basis_get_width (basis, i));
    plane->height = (gint)(self->grid_height * latent_motion_basis_get_height (basis, i));
    plane->data = g_malloc ((gsize)plane->width * (gsize)plane->height);
    memset (plane->data, GREY, (gsize)plane->width * (gsize)plane->height);
  }
}

LatentMotion *
latent_motion_new (const LatentMotionBasis *basis, guint grid_width, guint grid_height)
{
  LatentMotion *self = g_new0 (LatentMotion, 1);

  self->basis = basis;
  self->grid_width = grid_width;
  self->grid_height = grid_height;
  start_planes (self, self->planes);
  start_planes (self, self->memory);
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
    g_free (self->source[i].data);
  }
  g_free (self);
}

const guint8 *
latent_motion_get_plane (const LatentMotion *self, guint plane, guint *width, guint *height)
{
  *width = (guint)self->planes[plane].width;
  *height = (guint)self->planes[plane].height;
  return self->planes[plane].data;
}

/* A tile's pixels, plane after plane, to their places. */
static void
put_tile (
    const LatentMotion *self, const LatentPlane *planes, guint x, guint y, const guint8 *pixels)
{
  for (guint i = 0; i < self->basis->n_planes; i++) {
    const LatentPlane *plane = &planes[i];
    guint width = latent_motion_basis_get_width (self->basis, i);
    guint height = latent_motion_basis_get_height (self->basis, i);
    guint8 *dst = plane->data + (gsize)y * height * (gsize)plane->width + (gsize)x * width;
    for (guint row = 0; row < height; row++, pixels += width, dst += plane->width)
      memcpy (dst, pixels, width);
  }
}

/* Most latents are 0: the others of a tile are gathered. */
static void
synthesise_tile (
    const LatentMotion *self, const LatentPlane *planes, const gint32 *latents, guint x, guint y)
{
  const LatentMotionBasis *basis = self->basis;
  gsize places = (gsize)self->grid_width * self->grid_height;
  guint16 list[LATENT_MOTION_COMPONENTS];
  gint16 weights[LATENT_MOTION_COMPONENTS];
  guint8 pixels[LATENT_MOTION_TILE * LATENT_MOTION_TILE * LATENT_MOTION_PLANES];
  LatentMotionSum sum = {basis->matrix, basis->d, list, weights, 0, basis->mean,
      basis->shift + LATENT_MOTION_FRACTION};

  for (guint i = 0; i < basis->k; i++) {
    gint32 latent = latents[i * places + (gsize)y * self->grid_width + x];
    if (latent == 0)
      continue;
    list[sum.n] = (guint16)i;
    weights[sum.n++] = (gint16)CLAMP (latent, -G_MAXINT16, G_MAXINT16);
  }
  latent_motion_sum (&sum, pixels);
  put_tile (self, planes, x, y, pixels);
}

static void
synthesise (
    const LatentMotion *self, const LatentPlane *planes, const gint32 *latents, const guint8 *mask)
{
  for (guint y = 0; y < self->grid_height; y++)
    for (guint x = 0; x < self->grid_width; x++)
      if (!mask || mask[(gsize)y * self->grid_width + x])
        synthesise_tile (self, planes, latents, x, y);
}

void
latent_motion_synthesise (LatentMotion *self, const gint32 *latents, const guint8 *mask)
{
  synthesise (self, self->planes, latents, mask);
}

void
latent_motion_synthesise_source (LatentMotion *self, const gint32 *latents, const guint8 *mask)
{
  if (!self->source[0].data)
    start_planes (self, self->source);
  synthesise (self, self->source, latents, mask);
}

static void
remember_tile (LatentMotion *self, guint x, guint y)
{
  for (guint i = 0; i < self->basis->n_planes; i++) {
    guint width = latent_motion_basis_get_width (self->basis, i);
    guint height = latent_motion_basis_get_height (self->basis, i);
    gsize stride = (gsize)self->planes[i].width, first = y * height * stride + x * width;
    for (guint row = 0; row < height; row++, first += stride)
      memcpy (self->memory[i].data + first, self->planes[i].data + first, width);
  }
}

void
latent_motion_remember (LatentMotion *self, const guint8 *mask)
{
  for (guint y = 0; y < self->grid_height; y++)
    for (guint x = 0; x < self->grid_width; x++)
      if (!mask || mask[(gsize)y * self->grid_width + x])
        remember_tile (self, x, y);
}

/* A piece of a plane, moved, to rows of LATENT_SAMPLE_ROW. The vector is in units of the plane:
 * quarters, or eighths where it is halved. */
static void
move_piece (const LatentMotion *self, guint plane, gint x, gint y, guint w, guint h,
    const LatentVector *vector, guint8 *dst)
{
  const LatentPlane *src = &self->planes[plane];
  LatentHalves halves;

  if (latent_vector_is_memory (*vector)) {
    latent_plane_fetch (&self->memory[plane], x, y, w, h, dst);
    return;
  }
  if (plane > 0 && self->basis->halved) {
    latent_plane_get_eighths (src, 8 * x + vector->x, 8 * y + vector->y, w, h, dst);
    return;
  }
  gint quarter_x = vector->x & 3, quarter_y = vector->y & 3;
  latent_halves_init (&halves, src, x + (vector->x >> 2), y + (vector->y >> 2), w, h,
      latent_halves_find (quarter_x, quarter_y));
  latent_halves_get (&halves, quarter_x, quarter_y, dst);
}

static gboolean
are_equal (const LatentVector *vectors)
{
  for (guint i = 1; i < LATENT_MOTION_PIECES; i++)
    if (vectors[i].x != vectors[0].x || vectors[i].y != vectors[0].y)
      return FALSE;
  return TRUE;
}

/* One plane of tile (x, y), moved, row by row. */
static void
move_plane (const LatentMotion *self, guint plane, guint x, guint y, const LatentVector *vectors,
    gint16 *dst)
{
  guint width = latent_motion_basis_get_width (self->basis, plane);
  guint height = latent_motion_basis_get_height (self->basis, plane);
  guint n = are_equal (vectors) ? 1 : LATENT_MOTION_PIECES;
  guint w = n > 1 ? width / 2 : width, h = n > 1 ? height / 2 : height;
  guint8 piece[LATENT_SAMPLE_ROOM];

  for (guint i = 0; i < n; i++) {
    guint left = (i & 1) * w, top = (i >> 1) * h;
    move_piece (
        self, plane, (gint)(x * width + left), (gint)(y * height + top), w, h, &vectors[i], piece);
    for (guint row = 0; row < h; row++)
      for (guint column = 0; column < w; column++)
        dst[(top + row) * width + left + column] = piece[row * LATENT_SAMPLE_ROW + column];
  }
}

void
latent_motion_predict (const LatentMotion *self, guint x, guint y,
    const LatentVector vectors[LATENT_MOTION_PIECES], gint32 *prediction)
{
  const LatentMotionBasis *basis = self->basis;
  gint16 pixels[LATENT_MOTION_TILE * LATENT_MOTION_TILE * LATENT_MOTION_PLANES];
  guint shift = basis->shift - LATENT_MOTION_FRACTION, begin = 0;

  for (guint i = 0; i < basis->n_planes; i++) {
    move_plane (self, i, x, y, vectors, pixels + begin);
    begin += latent_motion_basis_get_width (basis, i) * latent_motion_basis_get_height (basis, i);
  }
  latent_motion_multiply (basis->matrix, pixels, basis->d, basis->k, prediction);
  for (guint i = 0; i < basis->k; i++)
    prediction[i] = ((prediction[i] + (1 << (shift - 1))) >> shift) + basis->bias[i];
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

  if (!format || !latent_format_fits (picture->format, self->basis->color)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "motion: pictures are %s, wanted is %s",
        format ? format->name : "of no known format", latent_layout_get (self->basis->color)->name);
    return FALSE;
  }
  if (!self->source[0].data)
    start_planes (self, self->source);
  for (guint i = 0; i < self->basis->n_planes; i++)
    load_plane (&self->source[i], picture, &format->components[i]);
  return TRUE;
}
