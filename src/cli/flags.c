/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/flags.h"

#include <string.h>

typedef struct {
  char *key, *text;
} Flag;

/* What GOption found; its callbacks have no other place to put it. */
static GArray *flags; /* Flag */
static char **recipes;

static const char *const shown[] = {
    [LATENT_RECIPE_STRING] = "TEXT",
    [LATENT_RECIPE_CHOICE] = NULL, /* the choices */
    [LATENT_RECIPE_INT] = "N",
    [LATENT_RECIPE_DOUBLE] = "X",
    [LATENT_RECIPE_BOOL] = NULL,
    [LATENT_RECIPE_INTS] = "N,N...",
    [LATENT_RECIPE_SIZE] = "WxH",
};

static gboolean
is_key (const char *name)
{
  for (const LatentRecipeKey *key = latent_recipe_get_keys (); key->name; key++)
    if (strcmp (key->name, name) == 0)
      return TRUE;
  return FALSE;
}

/* A flag as it was typed; one that cannot be is refused here, where GOption says so. */
static gboolean
take_flag (const char *option, const char *value, gpointer data, GError **error)
{
  g_autoptr (LatentRecipe) scratch = latent_recipe_new ();
  g_autoptr (GError) cause = NULL;
  const char *name = g_str_equal (option, "-o") ? "output" : option + strspn (option, "-");
  gboolean negated = !is_key (name) && g_str_has_prefix (name, "no-");
  Flag flag = {
      .key = g_strdup (negated ? name + strlen ("no-") : name),
      .text = g_strdup (value     ? value
                        : negated ? "false"
                                  : "true"),
  };
  if (!flags)
    flags = g_array_new (FALSE, FALSE, sizeof (Flag));
  g_array_append_val (flags, flag);
  if (latent_recipe_set (scratch, flag.key, flag.text, &cause))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--%s", cause->message);
  return FALSE;
}

static char *
describe (const LatentRecipeKey *key)
{
  gboolean said = key->fallback && key->type != LATENT_RECIPE_BOOL;
  return said ? g_strdup_printf ("%s (%s)", key->help, key->fallback) : g_strdup (key->help);
}

static void
add_key (GArray *entries, const LatentRecipeKey *key)
{
  gboolean toggles = key->type == LATENT_RECIPE_BOOL;
  GOptionEntry entry = {
      .long_name = key->name,
      .short_name = strcmp (key->name, "output") == 0 ? 'o' : 0,
      .flags = toggles ? G_OPTION_FLAG_NO_ARG : 0,
      .arg = G_OPTION_ARG_CALLBACK,
      .arg_data = (gpointer)take_flag,
      .description = describe (key),
      .arg_description = key->choices ? key->choices : shown[key->type],
  };
  g_array_append_val (entries, entry);
  if (!toggles)
    return;
  entry.long_name = g_strconcat ("no-", key->name, NULL);
  entry.flags |= G_OPTION_FLAG_HIDDEN;
  g_array_append_val (entries, entry);
}

const GOptionEntry *
latent_flags_get_options (void)
{
  static GArray *entries;
  static const GOptionEntry recipe = {"recipe", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &recipes,
      "File of settings, or the name of a shipped one; flags go before it", "FILE.ini"};
  if (entries)
    return (const GOptionEntry *)(gpointer)entries->data;
  entries = g_array_new (TRUE, FALSE, sizeof (GOptionEntry));
  g_array_append_val (entries, recipe);
  for (const LatentRecipeKey *key = latent_recipe_get_keys (); key->name; key++)
    add_key (entries, key);
  return (const GOptionEntry *)(gpointer)entries->data;
}

LatentRecipe *
latent_flags_make_recipe (GError **error)
{
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  for (char **path = recipes; path && *path; path++)
    if (!latent_recipe_load (recipe, *path, error))
      return NULL;
  for (guint i = 0; flags && i < flags->len; i++) {
    const Flag *flag = &g_array_index (flags, Flag, i);
    if (!latent_recipe_set (recipe, flag->key, flag->text, error))
      return NULL;
  }
  return g_steal_pointer (&recipe);
}
