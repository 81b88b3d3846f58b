/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/loading.h"

#include "src/gst/enums.h"

static const char *
get_nick (LatentMode mode)
{
  return g_enum_get_value (g_type_class_peek (LATENT_GST_TYPE_MODE), (gint)mode)->value_nick;
}

LatentModel *
latent_load_model (const char *path, LatentMode mode, GError **error)
{
  LatentModel *model;

  if (!path) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "property model must be set: the path of an .onnx file");
    return NULL;
  }
  model = latent_model_load (path, error);
  if (!model || latent_model_supports_mode (model, mode))
    return model;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "model '%s' lacks the part that mode=%s needs", path, get_nick (mode));
  latent_model_unref (model);
  return NULL;
}

gboolean
latent_check_media (const LatentModel *model, LatentMediaKind kind, GError **error)
{
  static const char *const names[] = {
      [LATENT_MEDIA_VECTOR] = "vectors",
      [LATENT_MEDIA_VIDEO] = "video",
      [LATENT_MEDIA_AUDIO] = "audio",
  };
  LatentMediaKind found = latent_model_get_media_info (model)->kind;
  const char *path = latent_model_get_path (model);

  if (found == kind)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "model '%s' is of %s, wanted is one of %s",
      path ? path : latent_model_get_id (model), names[found], names[kind]);
  return FALSE;
}
