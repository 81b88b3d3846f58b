/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/recipe.h"

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <latent/error.h>
#include <string.h>

static char *folder;

static void
make_folder (void)
{
  folder = g_dir_make_tmp ("latent-recipe-XXXXXX", NULL);
  g_setenv ("LATENT_RECIPES", folder, TRUE);
}

static void
remove_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name = g_dir_read_name (dir); name; name = g_dir_read_name (dir)) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_unlink (path);
  }
  g_rmdir (folder);
  g_clear_pointer (&folder, g_free);
}

static char *
write_recipe (const char *name, const char *text)
{
  char *path = g_build_filename (folder, name, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

GST_START_TEST (defaults)
{
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  guint n, width, height;

  fail_unless_equals_string (latent_recipe_get_string (recipe, "arch"), "dense");
  fail_unless (latent_recipe_is (recipe, "optimiser", "adam"));
  fail_unless_equals_int64 (latent_recipe_get_int (recipe, "batch"), 64);
  fail_unless_equals_float (latent_recipe_get_double (recipe, "lr"), .001);
  fail_if (latent_recipe_get_bool (recipe, "pairs"));
  fail_unless (latent_recipe_get_string (recipe, "input") == NULL);
  fail_unless (latent_recipe_get_ints (recipe, "hidden", &n) == NULL && n == 0);
  fail_unless_equals_int64 (latent_recipe_get_ints (recipe, "conv-channels", &n)[1], 64);
  fail_unless_equals_int ((int)n, 2);
  fail_if (latent_recipe_get_size (recipe, "crop", &width, &height));
  fail_if (latent_recipe_has (recipe, "batch"));
  fail_if (latent_recipe_has (recipe, "kl"));
}
GST_END_TEST

/* Every default is one that its key can have, and every key's name and group are words. */
GST_START_TEST (table)
{
  for (const LatentRecipeKey *key = latent_recipe_get_keys (); key->name; key++) {
    g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
    g_autoptr (GError) error = NULL;
    fail_unless (key->help != NULL && *key->help, "%s: no help", key->name);
    fail_unless (strspn (key->name, "abcdefghijklmnopqrstuvwxyz-0123456789") == strlen (key->name));
    fail_unless (!key->fallback || latent_recipe_set (recipe, key->name, key->fallback, &error),
        "%s: %s", key->name, error ? error->message : "");
  }
}
GST_END_TEST

/* The user's page lists every key as the table has it. */
GST_START_TEST (documented)
{
  g_autofree char *path = g_build_filename (
      g_getenv ("LATENT_SRCDIR"), "docs", "learning.md", NULL);
  g_autofree char *page = NULL;
  fail_unless (g_file_get_contents (path, &page, NULL, NULL));
  for (const LatentRecipeKey *key = latent_recipe_get_keys (); key->name; key++) {
    g_autofree char *end = g_strdup_printf (
        " | %s | %s |\n", key->fallback ? key->fallback : "", key->help);
    g_autofree char *begin = g_strdup_printf ("\n| %s | ", key->name);
    const char *row = strstr (page, begin);
    const char *rest = row ? strchr (row + 1, '\n') : NULL;
    fail_unless (rest != NULL && (gsize)(rest + 1 - row) > strlen (end), "%s", key->name);
    fail_unless (strncmp (rest + 1 - strlen (end), end, strlen (end)) == 0, "%s", key->name);
  }
}
GST_END_TEST

static const struct {
  const char *key, *text, *kept;
} good[] = {
    {"batch",  " 32 ",       "32"        },
    {"lr",     "1e-3",       "0.001"     },
    {"lr",     "0.00030",    "0.0003"    },
    {"pairs",  "Yes",        "true"      },
    {"halve",  "0",          "false"     },
    {"hidden", "512, 256",   "512,256"   },
    {"hidden", "",           NULL        },
    {"crop",   "64x48",      "64x48"     },
    {"arch",   "VAE",        "vae"       },
    {"input",  "a b.png;c",  "a b.png;c" },
    {"seed",   "9000000000", "9000000000"},
};

GST_START_TEST (values)
{
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *line = g_strdup_printf ("\n%s=%s\n", good[__i__].key, good[__i__].kept);

  fail_unless (latent_recipe_set (recipe, good[__i__].key, good[__i__].text, &error), "%s",
      error ? error->message : "");
  fail_unless (latent_recipe_has (recipe, good[__i__].key) == (good[__i__].kept != NULL));
  latent_recipe_set (recipe, "epochs", "99", NULL); /* so that something is kept */
  g_autofree char *text = latent_recipe_to_text (recipe);
  gboolean isdefault = strcmp (line, "\nlr=0.001\n") == 0 || strcmp (line, "\nhalve=false\n") == 0;
  fail_unless ((strstr (text, line) != NULL) == (good[__i__].kept && !isdefault), "%s", text);
}
GST_END_TEST

static const struct {
  const char *key, *text, *said;
} bad[] = {
    {"btach",  "32",                   "btach: a recipe has no such key"                           },
    {"batch",  "",                     "batch: '' is not a whole number from 1 to 65536"           },
    {"batch",  "0",                    "batch: '0' is not a whole number from 1 to 65536"          },
    {"batch",  "3.5",                  "batch: '3.5' is not a whole number"                        },
    {"batch",  "3,5",                  "batch: '3,5' is not a whole number"                        },
    {"seed",   "99999999999999999999", "seed: "                                                    },
    {"seed",   "-1",                   "seed: '-1' is not a whole number from 0 to 9e+18"          },
    {"lr",     "nan",                  "lr: 'nan' is not a number from 0 to 1000"                  },
    {"lr",     "0.1x",                 "lr: '0.1x' is not a number"                                },
    {"pairs",  "maybe",                "pairs: 'maybe' is not true or false"                       },
    {"hidden", "512,",                 "hidden: '512,' is not whole numbers like 512,256"          },
    {"crop",   "64",                   "crop: '64' is not a size like 64x48 from 8 to 4096"        },
    {"crop",   "64x4",                 "crop: '64x4' is not a size"                                },
    {"arch",   "deep",                 "arch: 'deep' is not one of linear, dense, conv, lapped, va"},
    {"input",  "\xff",                 "input: '\xff' is not text in UTF-8"                        },
};

GST_START_TEST (refused)
{
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  g_autoptr (GError) error = NULL;

  fail_if (latent_recipe_set (recipe, bad[__i__].key, bad[__i__].text, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
  fail_unless (g_str_has_prefix (error->message, bad[__i__].said), "%s", error->message);
  fail_unless_equals_int64 (latent_recipe_get_int (recipe, "batch"), 64);
}
GST_END_TEST

GST_START_TEST (long_lists_are_refused)
{
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  g_autoptr (GString) list = g_string_new ("1");
  for (guint i = 1; i < 64; i++)
    g_string_append (list, ",1");
  fail_unless (latent_recipe_set (recipe, "hidden", list->str, NULL));
  g_string_append (list, ",1");
  fail_if (latent_recipe_set (recipe, "hidden", list->str, NULL));
}
GST_END_TEST

GST_START_TEST (reads_a_file_over_what_is_set)
{
  g_autofree char *path = write_recipe ("a.ini",
      "# a comment\n[data]\ninput=./x.idx;../y; z\nhalve=true\n\n[optimiser]\nbatch = 16\n");
  g_autofree char *inputs = g_strdup_printf ("%s/./x.idx;%s/../y;z", folder, folder);
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  g_autoptr (GError) error = NULL;

  latent_recipe_set (recipe, "batch", "8", NULL);
  latent_recipe_set (recipe, "lr", "0.5", NULL);
  fail_unless (latent_recipe_load (recipe, path, &error), "%s", error ? error->message : "");
  fail_unless_equals_int64 (latent_recipe_get_int (recipe, "batch"), 16);
  fail_unless_equals_float (latent_recipe_get_double (recipe, "lr"), .5);
  fail_unless (latent_recipe_get_bool (recipe, "halve"));
  fail_unless_equals_string (latent_recipe_get_string (recipe, "input"), inputs);
}
GST_END_TEST

GST_START_TEST (a_bare_name_is_a_shipped_recipe)
{
  g_autofree char *path = write_recipe ("tiny.ini", "[optimiser]\nbatch=3\n");
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  g_autoptr (GError) error = NULL;

  fail_unless (latent_recipe_load (recipe, "tiny", NULL));
  fail_unless_equals_int64 (latent_recipe_get_int (recipe, "batch"), 3);
  fail_if (latent_recipe_load (recipe, "huge", &error));
  fail_unless_equals_string (error->message, "huge: neither a file nor a shipped recipe (tiny)");
}
GST_END_TEST

static const struct {
  const char *text, *said;
} files[] = {
    {"[data]\nbatch=3\n",            "a.ini: [data] batch: belongs in [optimiser], not in [data]"},
    {"[output]\nx=3\n",              "[output] x: no such key; [output] can have output, checkpo"},
    {"[train]\nx=3\n",               "[train] no such group; a recipe has [data], [model]"       },
    {"[optimiser]\nbatch=x\n",       "a.ini: [optimiser] batch: 'x' is not a whole number"       },
    {"[optimiser]\nlr=1\nbatch=x\n", "batch: 'x' is not a whole number"                          },
    {"[data]\ninput=a\\b\n",         "[data] input: not UTF-8, or a backslash"                   },
    {"batch=3\n",                    "a.ini: "                                                   },
    {"[data\n",                      "a.ini: "                                                   },
};

/* All recipes that the tree has. */
GST_START_TEST (shipped)
{
  g_autofree char *path = g_build_filename (
      g_getenv ("LATENT_SRCDIR"), "examples", "recipes", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;
  for (const char *name = g_dir_read_name (dir); name; name = g_dir_read_name (dir)) {
    g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
    g_autoptr (GError) error = NULL;
    g_autofree char *file = g_build_filename (path, name, NULL);
    if (!g_str_has_suffix (name, ".ini"))
      continue;
    n++;
    fail_unless (latent_recipe_load (recipe, file, &error), "%s", error ? error->message : "");
  }
  fail_unless (n >= 9);
}
GST_END_TEST

GST_START_TEST (files_that_are_refused)
{
  g_autofree char *path = write_recipe ("a.ini", files[__i__].text);
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  g_autoptr (GError) error = NULL;

  fail_if (latent_recipe_load (recipe, path, &error));
  fail_unless (strstr (error->message, files[__i__].said) != NULL, "%s", error->message);
  fail_unless_equals_float (latent_recipe_get_double (recipe, "lr"), .001); /* as it was */
}
GST_END_TEST

GST_START_TEST (text_makes_the_same_recipe)
{
  g_autoptr (LatentRecipe) recipe = latent_recipe_new ();
  g_autoptr (LatentRecipe) read = latent_recipe_new ();
  g_autoptr (LatentRecipe) copy = NULL;
  latent_recipe_set (recipe, "kl", "0", NULL);
  latent_recipe_set (recipe, "lr", "0.1234567890123456789", NULL);
  latent_recipe_set (recipe, "input", " a\tb;gst:x ! y ", NULL);
  latent_recipe_set (recipe, "crop", "16x8", NULL);
  g_autofree char *text = latent_recipe_to_text (recipe);
  g_autofree char *path = write_recipe ("b.ini", text);

  fail_unless (latent_recipe_load (read, path, NULL));
  g_autofree char *again = latent_recipe_to_text (read);
  fail_unless_equals_string (again, text);
  fail_unless (latent_recipe_has (read, "kl")); /* 0 is not unset */
  copy = latent_recipe_copy (read);
  g_autofree char *copied = latent_recipe_to_text (copy);
  fail_unless_equals_string (copied, text);
}
GST_END_TEST

static Suite *
recipe_suite (void)
{
  Suite *suite = suite_create ("recipe");
  TCase *tcase = tcase_create ("recipe");
  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, make_folder, remove_folder);
  tcase_add_test (tcase, defaults);
  tcase_add_test (tcase, table);
  tcase_add_test (tcase, documented);
  tcase_add_loop_test (tcase, values, 0, G_N_ELEMENTS (good));
  tcase_add_loop_test (tcase, refused, 0, G_N_ELEMENTS (bad));
  tcase_add_test (tcase, long_lists_are_refused);
  tcase_add_test (tcase, reads_a_file_over_what_is_set);
  tcase_add_test (tcase, a_bare_name_is_a_shipped_recipe);
  tcase_add_test (tcase, shipped);
  tcase_add_loop_test (tcase, files_that_are_refused, 0, G_N_ELEMENTS (files));
  tcase_add_test (tcase, text_makes_the_same_recipe);
  return suite;
}

GST_CHECK_MAIN (recipe)
