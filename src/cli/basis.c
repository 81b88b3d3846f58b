/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/basis.h"

#include <cairo.h>

#include "src/cli/canvas.h"

/* Where latent (channel) c stands among the elements; the middle of its plane. */
static gsize
locate (const LatentShape *latents, gsize c)
{
  gsize index = c;
  for (guint i = 2; i < latents->n; i++)
    index = index * (gsize)latents->dims[i] + (gsize)latents->dims[i] / 2;
  return index;
}

static gboolean
plot_all (LatentCanvas *canvas, guint n, GPtrArray *dst, GError **error)
{
  const LatentShape *latents = latent_canvas_get_latents (canvas);
  gsize n_latents = latent_shape_product (latents, 0, latents->n);
  gsize n_values = latent_canvas_get_n_values (canvas);
  g_autofree float *unit = g_new0 (float, n_latents);
  const float *result = latent_canvas_decode (canvas, unit, error);
  if (!result)
    return FALSE;
  g_autofree float *none = g_memdup2 (result, n_values * sizeof (float));
  g_autofree float *difference = g_new (float, n_values);
  gsize channels = latents->n > 1 ? (gsize)latents->dims[1] : n_latents;
  for (gsize c = 0; c < MIN (n, channels); c++) {
    gsize place = locate (latents, c);
    unit[place] = 1;
    result = latent_canvas_decode (canvas, unit, error);
    if (!result)
      return FALSE;
    unit[place] = 0;
    for (gsize i = 0; i < n_values; i++)
      difference[i] = result[i] - none[i];
    g_ptr_array_add (dst, latent_canvas_draw_difference (canvas, difference));
  }
  return TRUE;
}

GPtrArray *
latent_basis_plot (
    LatentModel *model, guint n, guint box, const LatentShape *sample, GError **error)
{
  g_autoptr (GPtrArray)
      surfaces = g_ptr_array_new_with_free_func ((GDestroyNotify)cairo_surface_destroy);
  g_autoptr (LatentCanvas) canvas = latent_canvas_new (model, NULL, sample, box, error);
  return canvas && plot_all (canvas, n, surfaces, error) ? g_steal_pointer (&surfaces) : NULL;
}
