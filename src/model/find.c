/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/model/find.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "src/base/file.h"
#include "src/base/limits.h"
#include "src/dnn/engine.h"
#include "src/exec/qdq.h"
#include "src/model/model.h"
#include "src/onnx/peek.h"

#define SUFFIX ".onnx"

/* What is known of a file. */
typedef struct {
  gint64 size;
  gint64 time;
  gint64 nanoseconds;
  char *id; /* NULL: no model */
} Entry;

G_LOCK_DEFINE_STATIC (entries);
static GHashTable *entries; /* path -> Entry; as small as the folders */

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  g_free (entry->id);
  g_free (entry);
}

static char *
read_id (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  char *id = latent_onnx_peek (path, "latent.id", &error);

  if (id || error)
    return id;
  bytes = latent_file_read (path, LATENT_LIMIT_FILE_BYTES, NULL);
  return bytes ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes) : NULL;
}

/* The id of a file, or NULL. */
static char *
get_id (const char *path)
{
  struct stat status;
  Entry *entry;
  char *id = NULL;

  if (stat (path, &status) != 0 || !S_ISREG (status.st_mode))
    return NULL;
  G_LOCK (entries);
  if (!entries)
    entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_entry);
  entry = g_hash_table_lookup (entries, path);
  if (!entry || entry->size != status.st_size || entry->time != status.st_mtim.tv_sec ||
      entry->nanoseconds != status.st_mtim.tv_nsec) {
    entry = g_new0 (Entry, 1);
    entry->size = status.st_size;
    entry->time = status.st_mtim.tv_sec;
    entry->nanoseconds = status.st_mtim.tv_nsec;
    entry->id = read_id (path);
    g_hash_table_replace (entries, g_strdup (path), entry);
  }
  id = g_strdup (entry->id);
  G_UNLOCK (entries);
  return id;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* In the order of their names, so that what is found does not depend on the file system. */
static GPtrArray *
list_models (const char *folder)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)) && paths->len < LATENT_LIMIT_FOLDER_MODELS) {
    if (g_str_has_suffix (name, SUFFIX))
      g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
  }
  g_ptr_array_sort (paths, compare_names);
  return paths;
}

char **
latent_find_get_folders (void)
{
  const char *own = g_getenv ("LATENT_MODELS");
  g_autoptr (GStrvBuilder) folders = g_strv_builder_new ();
  g_autofree char *users = g_build_filename (g_get_user_data_dir (), "latent", "models", NULL);

  if (own && *own)
    g_strv_builder_add (folders, own);
  g_strv_builder_add (folders, LATENT_MODELS_FOLDER);
  g_strv_builder_add (folders, users);
  return g_strv_builder_end (folders);
}

/* Paths of the files of that id in a folder, in order. */
static GPtrArray *
find_all (const char *id, const char *folder)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) paths = list_models (folder);

  for (guint i = 0; i < paths->len; i++) {
    g_autofree char *other = get_id (paths->pdata[i]);

    if (other && g_str_equal (other, id))
      g_ptr_array_add (found, g_strdup (paths->pdata[i]));
  }
  return found;
}

/* Quantised models are for CPUs that compute in integers; on others they are the slower ones. */
static gboolean
suits_cpu (const LatentModel *model)
{
  return latent_qdq_is_in (model->graph) == latent_engine_has_int8 ();
}

/* The first that has the part, of those that suit the CPU or else of all; NULL with the last error
 * of loading, or without one. */
static LatentModel *
load_one (const GPtrArray *paths, LatentMode mode, GError **error)
{
  g_autoptr (LatentModel) other = NULL;

  for (guint i = 0; i < paths->len; i++) {
    g_autoptr (LatentModel) model = NULL;

    g_clear_error (error);
    model = latent_model_load (paths->pdata[i], error);
    if (!model || !latent_model_supports_mode (model, mode))
      continue;
    if (suits_cpu (model))
      return g_steal_pointer (&model);
    if (!other)
      other = g_steal_pointer (&model);
  }
  if (other)
    g_clear_error (error);
  return g_steal_pointer (&other);
}

LatentModel *
latent_find_model (const char *id, LatentMode mode, const char *const *folders, GError **error)
{
  g_auto (GStrv) fallback = folders ? NULL : latent_find_get_folders ();
  const char *const *all = folders ? folders : (const char *const *)fallback;
  g_autofree char *names = g_strjoinv ("', '", (char **)all);
  g_autoptr (GError) local = NULL;
  gboolean any = FALSE;

  for (guint i = 0; all[i]; i++) {
    g_autoptr (GPtrArray) paths = find_all (id, all[i]);
    LatentModel *model = NULL;

    if (paths->len == 0)
      continue;
    any = TRUE;
    g_clear_error (&local);
    model = load_one (paths, mode, &local);
    if (model)
      return model;
  }
  if (local) {
    g_propagate_error (error, g_steal_pointer (&local));
    return NULL;
  }
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_NOT_FOUND,
      "no model of latent id %s: no " SUFFIX " file in '%s' has it%s", id, names,
      any ? " and the part of the net that is needed" : "");
  return NULL;
}
