/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/draws.h"

#include <math.h>

#include "src/base/random.h"
#include "src/cli/canvas.h"
#include "src/cli/grid.h"

gboolean
latent_model_is_variational (const LatentModel *model)
{
  return latent_model_get_metadata (model, "latent.logvar") != NULL;
}

/* The kept samples' deviations from their mean, added up with normal weights of variance 1 / n:
 * that has the mean and the covariance of the samples, without a matrix of k x k. */
static void
draw_like (const LatentCloud *cloud, LatentRandom *random, float *latents)
{
  gsize k = latent_cloud_get_k (cloud);
  guint n = latent_cloud_get_n (cloud);
  const float *mean = latent_cloud_get_mean (cloud);
  g_autofree float *weights = g_new (float, n);
  latent_random_fill_normal (random, weights, n, (float)(1 / sqrt ((double)n)));
  for (gsize j = 0; j < k; j++)
    latents[j] = mean[j];
  for (guint i = 0; i < n; i++) {
    const float *sample = latent_cloud_get_latents (cloud, i);
    for (gsize j = 0; j < k; j++)
      latents[j] += weights[i] * (sample[j] - mean[j]);
  }
}

static char *
make_title (const LatentCloud *cloud, const char *name, guint64 seed)
{
  const char *from = cloud ? "a normal distribution fitted to the samples' latents"
                           : "the prior, normal (0, 1)";
  return g_strdup_printf ("%s: decoded from %s; seed %" G_GUINT64_FORMAT, name, from, seed);
}

/* look: they are not drawn yet. */
static gboolean
fill_grid (LatentGrid *grid, LatentCanvas *canvas, const LatentCloud *cloud, guint count,
    guint64 seed, gboolean look, GError **error)
{
  const LatentShape *shape = latent_canvas_get_latents (canvas);
  gsize k = latent_shape_product (shape, 0, shape->n);
  g_autofree float *latents = g_new (float, k);
  LatentRandom random;
  latent_random_init (&random, seed, LATENT_RANDOM_SAMPLE, 0);
  for (guint i = 0; i < count; i++) {
    if (cloud)
      draw_like (cloud, &random, latents);
    else
      latent_random_fill_normal (&random, latents, k, 1);
    const float *values = latent_canvas_decode (canvas, latents, error);
    if (!values)
      return FALSE;
    if (look)
      latent_canvas_look_at (canvas, values);
    else
      latent_grid_add (grid, latent_canvas_draw (canvas, values));
  }
  return TRUE;
}

GBytes *
latent_draws_draw (LatentModel *model, const LatentCloud *cloud, const char *name, guint count,
    guint64 seed, LatentChartFormat format, GError **error)
{
  g_autofree char *title = make_title (cloud, name, seed);
  g_autoptr (LatentCanvas)
      canvas = latent_canvas_new (model, cloud ? latent_cloud_get_shape (cloud) : NULL,
          cloud ? latent_cloud_get_sample_shape (cloud) : NULL, 0, error);
  guint columns = (guint)ceil (sqrt (count));
  g_autoptr (LatentGrid) grid = latent_grid_new (title, NULL, columns);
  if (!canvas || (latent_canvas_is_curve (canvas) &&
                     !fill_grid (grid, canvas, cloud, count, seed, TRUE, error)))
    return NULL;
  return fill_grid (grid, canvas, cloud, count, seed, FALSE, error)
             ? latent_grid_draw (grid, format, error)
             : NULL;
}
