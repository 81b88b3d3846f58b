/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/saved.h"

#include "src/cli/result.h"

gboolean
latent_saved_print (LatentModel *model, const char *path, gboolean json, GError **error)
{
  if (!latent_model_save (model, path, error))
    return FALSE;
  /* The id may be that of the file's bytes, which only the file has. */
  g_autoptr (LatentModel) saved = latent_model_load (path, error);
  if (!saved)
    return FALSE;
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (
      &builder, "{sv}", "id", g_variant_new_string (latent_model_get_id (saved)));
  g_autoptr (GVariant) result = g_variant_ref_sink (g_variant_builder_end (&builder));
  latent_result_print (json, result);
  return TRUE;
}
