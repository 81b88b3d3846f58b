/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/cli/source.h"

/* A folder of pictures, in the order of their names; folders in it are not looked into. */

static const char *const endings[] = {
    ".png",
    ".jpg",
    ".jpeg",
    ".webp",
    ".bmp",
    ".gif",
    ".tif",
    ".tiff",
    ".pnm",
    ".ppm",
    ".pgm",
    ".jp2",
    ".avif",
    ".heic",
};

typedef struct {
  GPtrArray *paths;
  guint current;
  LatentSourceSettings settings;
  gpointer opened; /* the media source of the current picture */
} FolderSource;

static void
free_folder (gpointer data)
{
  FolderSource *self = data;
  if (!self)
    return;
  if (self->opened)
    latent_source_media.free (self->opened);
  g_ptr_array_unref (self->paths);
  g_free (self);
}

static gboolean
is_picture (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (lower, endings[i]))
      return TRUE;
  return FALSE;
}

static gint
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static gpointer
open_folder (const char *input, const LatentSourceSettings *settings, GError **error)
{
  g_autoptr (GDir) folder = g_dir_open (input, 0, error);
  if (!folder)
    return NULL;
  if (settings->kind != LATENT_MEDIA_VIDEO) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "%s: a folder is one of pictures; what is asked for is no pictures", input);
    return NULL;
  }
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  for (const char *name = g_dir_read_name (folder); name; name = g_dir_read_name (folder))
    if (is_picture (name))
      g_ptr_array_add (paths, g_build_filename (input, name, NULL));
  if (paths->len == 0) {
    g_autofree char *list = g_strjoinv (" ", (char *[]){".png", ".jpg", ".webp", ".bmp", NULL});
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_NOT_FOUND,
        "%s: the folder has no pictures (%s and the like)", input, list);
    return NULL;
  }
  g_ptr_array_sort (paths, compare_paths);

  FolderSource *self = g_new0 (FolderSource, 1);
  self->paths = g_steal_pointer (&paths);
  self->settings = *settings;
  return self;
}

static LatentSourceResult
next_folder (gpointer data, LatentSample *sample, GError **error)
{
  FolderSource *self = data;
  for (; self->current < self->paths->len; self->current++) {
    const char *path = g_ptr_array_index (self->paths, self->current);
    if (!self->opened)
      self->opened = latent_source_media.open (path, &self->settings, error);
    if (!self->opened)
      return LATENT_SOURCE_ERROR;
    LatentSourceResult result = latent_source_media.next (self->opened, sample, error);
    sample->origin = path;
    if (result != LATENT_SOURCE_END)
      return result;
    g_clear_pointer (&self->opened, latent_source_media.free);
  }
  return LATENT_SOURCE_END;
}

static double
get_folder_progress (gpointer data)
{
  FolderSource *self = data;
  return (double)self->current / self->paths->len;
}

const LatentSourceClass latent_source_folder = {
    open_folder,
    next_folder,
    get_folder_progress,
    free_folder,
};
