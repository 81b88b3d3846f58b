/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/reconstruct.h"

static gboolean
put_all (LatentRebuilder *rebuilder, LatentSource *source, LatentProgress *progress, GError **error)
{
  LatentSample sample;
  LatentSourceResult result = latent_source_next (source, &sample, error);
  for (; result == LATENT_SOURCE_SAMPLE; result = latent_source_next (source, &sample, error)) {
    if (!latent_rebuilder_put (rebuilder, &sample, error))
      return FALSE;
    latent_progress_update (
        progress, latent_source_get_progress (source), latent_source_get_count (source));
  }
  return result == LATENT_SOURCE_END && latent_rebuilder_finish (rebuilder, error);
}

gboolean
latent_reconstruct (LatentRebuilder *rebuilder, LatentModel *model, char **inputs, guint every,
    guint64 max, LatentProgress *progress, guint64 *samples, GError **error)
{
  LatentSourceSettings settings = latent_model_get_source_settings (model);
  settings.every = every;
  settings.max = max;
  g_autoptr (LatentSource) source = latent_source_new (inputs, &settings, error);
  if (!source || !put_all (rebuilder, source, progress, error))
    return FALSE;
  *samples = latent_source_get_count (source);
  return TRUE;
}

char *
latent_reconstruct_make_title (const LatentRebuilder *rebuilder, const LatentModel *model)
{
  double mse = latent_measure_get_mse (latent_rebuilder_get_measure (rebuilder));
  guint64 d, k;
  latent_rebuilder_get_sizes (rebuilder, &d, &k);
  g_autofree char *name = g_path_get_basename (latent_model_get_path (model));
  return g_strdup_printf ("%s: %" G_GUINT64_FORMAT " numbers to %" G_GUINT64_FORMAT
                          ", mean squared error %.6f, %.2f dB",
      name, d, k, mse, latent_measure_get_psnr (mse));
}
