/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/train-private.h"

#include <latent/error.h>
#include <string.h>

/* "key=value key=value", quoted as a shell does. */
static gboolean
apply_settings (LatentRecipe *recipe, const char *text, GError **error)
{
  g_auto (GStrv) parts = NULL;
  g_autoptr (GError) cause = NULL;
  if (!text || !g_shell_parse_argv (text, NULL, &parts, &cause)) {
    if (!cause || g_error_matches (cause, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING))
      return TRUE;
    g_set_error (
        error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "property settings: %s", cause->message);
    return FALSE;
  }
  for (char **part = parts; *part; part++) {
    char *value = strchr (*part, '=');
    if (!value) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
          "property settings: '%s' is not KEY=VALUE", *part);
      return FALSE;
    }
    *value++ = '\0';
    if (!latent_recipe_set (recipe, *part, value, error)) {
      g_prefix_error (error, "property settings: ");
      return FALSE;
    }
  }
  return TRUE;
}

LatentRecipe *
latent_train_make_recipe (LatentTrain *self, GError **error)
{
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  if (self->recipe && !latent_recipe_load (recipe, self->recipe, error)) {
    g_prefix_error (error, "property recipe: ");
    return NULL;
  }
  if (!apply_settings (recipe, self->settings, error) ||
      (self->init && !latent_recipe_set (recipe, "init", self->init, error)) ||
      (self->model && !latent_recipe_set (recipe, "output", self->model, error)))
    return NULL;
  if (!latent_recipe_get_string (recipe, "output")) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "property model must be set: the path of the .onnx file to write");
    return NULL;
  }
  return g_steal_pointer (&recipe);
}
