/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/recipe.h"

#include <latent/error.h>
#include <math.h>
#include <string.h>

#include "src/base/file.h"
#include "src/train/recipe-value.h"

#define FILE_LIMIT (1u << 20) /* bytes of a recipe */
#define SUFFIX     ".ini"

struct _LatentRecipe {
  guint n;                   /* keys of the table */
  LatentRecipeValue *values; /* in the table's order */
};

static gint
find_key (const char *name)
{
  const LatentRecipeKey *keys = latent_recipe_get_keys ();
  for (gint i = 0; keys[i].name; i++)
    if (strcmp (keys[i].name, name) == 0)
      return i;
  return -1;
}

/* The value of a key that the caller knows to be there and of that type. */
static const LatentRecipeValue *
get_value (const LatentRecipe *self, const char *name, LatentRecipeType type)
{
  const LatentRecipeKey *keys = latent_recipe_get_keys ();
  gint i = find_key (name);
  gboolean text = i >= 0 && type == LATENT_RECIPE_STRING && keys[i].type == LATENT_RECIPE_CHOICE;
  if (i >= 0 && (keys[i].type == type || text))
    return &self->values[i];
  g_critical ("recipe: the key '%s' is asked for as what it is not", name);
  return NULL;
}

LatentRecipe *
latent_recipe_new (void)
{
  const LatentRecipeKey *keys = latent_recipe_get_keys ();
  LatentRecipe *self = g_new0 (LatentRecipe, 1);
  while (keys[self->n].name)
    self->n++;
  self->values = g_new0 (LatentRecipeValue, self->n);
  for (guint i = 0; i < self->n; i++)
    if (keys[i].fallback &&
        !latent_recipe_value_parse (&self->values[i], &keys[i], keys[i].fallback, NULL))
      g_critical ("recipe: the default of '%s' is none that it can have", keys[i].name);
  return self;
}

LatentRecipe *
latent_recipe_copy (const LatentRecipe *self)
{
  LatentRecipe *copy = g_new0 (LatentRecipe, 1);
  copy->n = self->n;
  copy->values = g_new0 (LatentRecipeValue, self->n);
  for (guint i = 0; i < self->n; i++)
    latent_recipe_value_copy (&copy->values[i], &self->values[i]);
  return copy;
}

void
latent_recipe_free (LatentRecipe *self)
{
  if (!self)
    return;
  for (guint i = 0; i < self->n; i++)
    latent_recipe_value_clear (&self->values[i]);
  g_free (self->values);
  g_free (self);
}

/* The names of a group's keys, for messages; NULL where there is no such group. */
static char *
list_keys (const char *group)
{
  const LatentRecipeKey *keys = latent_recipe_get_keys ();
  g_autoptr (GString) list = g_string_new (NULL);
  for (guint i = 0; keys[i].name; i++)
    if (strcmp (keys[i].group, group) == 0)
      g_string_append_printf (list, "%s%s", list->len ? ", " : "", keys[i].name);
  return list->len ? g_string_free (g_steal_pointer (&list), FALSE) : NULL;
}

gboolean
latent_recipe_set (LatentRecipe *self, const char *key, const char *text, GError **error)
{
  gint i = find_key (key);
  if (i < 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "%s: a recipe has no such key", key);
    return FALSE;
  }
  LatentRecipeValue value = {0};
  if (!latent_recipe_value_parse (&value, &latent_recipe_get_keys ()[i], text, error))
    return FALSE;
  latent_recipe_value_clear (&self->values[i]);
  self->values[i] = value;
  self->values[i].given = value.text != NULL;
  return TRUE;
}

/* Paths that begin with ./ or ../ are meant from the recipe's folder on; `text` may be several,
 * apart by semicolons. */
static char *
resolve_paths (const char *text, const char *folder)
{
  if (g_str_has_prefix (text, "gst:"))
    return g_strdup (text);
  g_auto (GStrv) parts = g_strsplit (text, ";", -1);
  for (char **part = parts; *part; part++) {
    g_strstrip (*part);
    if (!g_str_has_prefix (*part, "./") && !g_str_has_prefix (*part, "../"))
      continue;
    char *path = g_build_filename (folder, *part, NULL);
    g_free (*part);
    *part = path;
  }
  return g_strjoinv (";", parts);
}

static gboolean
load_key (LatentRecipe *self, GKeyFile *file, const char *group, const char *name,
    const char *folder, GError **error)
{
  const LatentRecipeKey *keys = latent_recipe_get_keys ();
  gint i = find_key (name);
  g_autoptr (GError) cause = NULL;
  g_autofree char *text = g_key_file_get_string (file, group, name, &cause);
  if (cause) /* there is text all the same where an escape is wrong */
    g_clear_pointer (&text, g_free);
  if (i >= 0 && strcmp (keys[i].group, group) == 0 && text) {
    g_autofree char *resolved = keys[i].type == LATENT_RECIPE_STRING ? resolve_paths (text, folder)
                                                                     : g_strdup (text);
    return latent_recipe_set (self, name, resolved, error);
  }
  g_autofree char *list = list_keys (group);
  if (i >= 0 && text)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "%s: belongs in [%s], not in [%s]",
        name, keys[i].group, group);
  else if (text)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "%s: no such key; [%s] can have %s",
        name, group, list);
  else
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "%s: not UTF-8, or a backslash that is no escape (a backslash is \\\\)", name);
  return FALSE;
}

static gboolean
load_group (
    LatentRecipe *self, GKeyFile *file, const char *group, const char *folder, GError **error)
{
  g_autofree char *list = list_keys (group);
  g_auto (GStrv) names = g_key_file_get_keys (file, group, NULL, NULL);
  if (!list) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "no such group; a recipe has [data], [model], [loss], [optimiser] and [output]");
    return FALSE;
  }
  for (char **name = names; name && *name; name++)
    if (!load_key (self, file, group, *name, folder, error))
      return FALSE;
  return TRUE;
}

/* Where shipped recipes are, in the order in which they are looked for. */
static const char *
get_folder (guint i)
{
  const char *own = g_getenv ("LATENT_RECIPES");
  const char *const folders[] = {own && *own ? own : LATENT_RECIPES_FOLDER, LATENT_RECIPES_FOLDER};
  return i < G_N_ELEMENTS (folders) ? folders[i] : NULL;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* "a, b, c": the recipes of the first folder that has some. */
static char *
list_shipped (void)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; get_folder (i) && names->len == 0; i++) {
    g_autoptr (GDir) folder = g_dir_open (get_folder (i), 0, NULL);
    const char *name = folder ? g_dir_read_name (folder) : NULL;
    for (; name; name = g_dir_read_name (folder))
      if (g_str_has_suffix (name, SUFFIX))
        g_ptr_array_add (names, g_strndup (name, strlen (name) - strlen (SUFFIX)));
  }
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (", ", (char **)names->pdata);
}

/* The file that a name stands for. */
static char *
find_file (const char *name, GError **error)
{
  if (strchr (name, '/') || g_str_has_suffix (name, SUFFIX) ||
      g_file_test (name, G_FILE_TEST_IS_REGULAR))
    return g_strdup (name);
  g_autofree char *file = g_strconcat (name, SUFFIX, NULL);
  for (guint i = 0; get_folder (i); i++) {
    g_autofree char *path = g_build_filename (get_folder (i), file, NULL);
    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&path);
  }
  g_autofree char *list = list_shipped ();
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_NOT_FOUND,
      "%s: neither a file nor a shipped recipe (%s)", name, *list ? list : "none are installed");
  return NULL;
}

static GKeyFile *
read_file (const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = latent_file_read (path, FILE_LIMIT, error);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) cause = NULL;
  if (!bytes)
    return NULL;
  if (g_key_file_load_from_bytes (file, bytes, G_KEY_FILE_NONE, &cause))
    return g_steal_pointer (&file);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "%s: %s", path, cause->message);
  return NULL;
}

gboolean
latent_recipe_load (LatentRecipe *self, const char *path, GError **error)
{
  g_autofree char *found = find_file (path, error);
  g_autoptr (GKeyFile) file = found ? read_file (found, error) : NULL;
  if (!file)
    return FALSE;
  g_autofree char *folder = g_path_get_dirname (found);
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);
  g_autoptr (LatentRecipe) whole = latent_recipe_copy (self); /* a failure leaves all as it was */
  for (char **group = groups; *group; group++)
    if (!load_group (whole, file, *group, folder, error)) {
      g_prefix_error (error, "%s: [%s] ", found, *group);
      return FALSE;
    }
  LatentRecipe old = *self;
  *self = *whole;
  *whole = old;
  return TRUE;
}

char *
latent_recipe_to_text (const LatentRecipe *self)
{
  const LatentRecipeKey *keys = latent_recipe_get_keys ();
  g_autoptr (LatentRecipe) defaults = latent_recipe_new ();
  g_autoptr (GKeyFile) file = g_key_file_new ();
  for (guint i = 0; i < self->n; i++)
    if (g_strcmp0 (self->values[i].text, defaults->values[i].text) != 0)
      g_key_file_set_string (
          file, keys[i].group, keys[i].name, self->values[i].text ? self->values[i].text : "");
  return g_key_file_to_data (file, NULL, NULL);
}

gboolean
latent_recipe_has (const LatentRecipe *self, const char *key)
{
  gint i = find_key (key);
  g_return_val_if_fail (i >= 0, FALSE);
  return self->values[i].given;
}

const char *
latent_recipe_get_string (const LatentRecipe *self, const char *key)
{
  const LatentRecipeValue *value = get_value (self, key, LATENT_RECIPE_STRING);
  return value ? value->text : NULL;
}

gboolean
latent_recipe_is (const LatentRecipe *self, const char *key, const char *choice)
{
  return g_strcmp0 (latent_recipe_get_string (self, key), choice) == 0;
}

gint64
latent_recipe_get_int (const LatentRecipe *self, const char *key)
{
  const LatentRecipeValue *value = get_value (self, key, LATENT_RECIPE_INT);
  return value ? value->integers[0] : 0;
}

double
latent_recipe_get_double (const LatentRecipe *self, const char *key)
{
  const LatentRecipeValue *value = get_value (self, key, LATENT_RECIPE_DOUBLE);
  return value ? value->number : 0;
}

gboolean
latent_recipe_get_bool (const LatentRecipe *self, const char *key)
{
  const LatentRecipeValue *value = get_value (self, key, LATENT_RECIPE_BOOL);
  return value && value->integers[0] != 0;
}

const gint64 *
latent_recipe_get_ints (const LatentRecipe *self, const char *key, guint *n)
{
  const LatentRecipeValue *value = get_value (self, key, LATENT_RECIPE_INTS);
  *n = value ? value->n : 0;
  return *n ? value->integers : NULL;
}

gboolean
latent_recipe_get_size (const LatentRecipe *self, const char *key, guint *width, guint *height)
{
  const LatentRecipeValue *value = get_value (self, key, LATENT_RECIPE_SIZE);
  if (!value || value->n == 0)
    return FALSE;
  *width = (guint)value->integers[0];
  *height = (guint)value->integers[1];
  return TRUE;
}
