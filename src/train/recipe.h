/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* All that says how a model is learned, as a GKeyFile has it: groups [data] [model] [loss]
 * [optimiser] [output]. A key stands in one group only, so that a flag of `latent train` or a
 * property of latenttrain needs its name alone ("--batch" is batch in [optimiser]). One table
 * (recipe-keys.c) has each key's group, type, default, range and help; docs/learning.md prints it.
 *
 * What is read is checked: an unknown group or key, a value of the wrong kind or out of range is
 * LATENT_ERROR_SETTINGS naming the file, the key, and what was wanted. */

typedef struct _LatentRecipe LatentRecipe;

typedef enum {
  LATENT_RECIPE_STRING,
  LATENT_RECIPE_CHOICE, /* one of `choices` */
  LATENT_RECIPE_INT,
  LATENT_RECIPE_DOUBLE,
  LATENT_RECIPE_BOOL,
  LATENT_RECIPE_INTS, /* "512,256" */
  LATENT_RECIPE_SIZE, /* "WxH" */
} LatentRecipeType;

typedef struct {
  const char *group;
  const char *name;
  LatentRecipeType type;
  const char *fallback; /* as text; NULL: unset */
  double min, max;      /* of numbers, each of a list */
  const char *choices;  /* "a|b|c" */
  const char *help;
} LatentRecipeKey;

/* Ends with a NULL name. */
const LatentRecipeKey *latent_recipe_get_keys (void);

LatentRecipe *latent_recipe_new (void);
LatentRecipe *latent_recipe_copy (const LatentRecipe *self);
void latent_recipe_free (LatentRecipe *self);
/* Over what is set already. A bare name ("mnist-dense") is a shipped recipe, looked for in
 * $LATENT_RECIPES, then where they are installed. Paths that begin with ./ or ../ are meant from
 * the recipe's folder on, others from the current one. A failure changes nothing. */
gboolean latent_recipe_load (LatentRecipe *self, const char *path, GError **error);
/* An empty text unsets what has no default. */
gboolean latent_recipe_set (LatentRecipe *self, const char *key, const char *text, GError **error);
/* The whole recipe, defaults left out, as a file has it; recipes that say the same give equal text,
 * however it was written. */
char *latent_recipe_to_text (const LatentRecipe *self);

/* The key must be in the table and of that type. */
gboolean latent_recipe_has (const LatentRecipe *self, const char *key); /* set, not by default */
const char *latent_recipe_get_string (const LatentRecipe *self, const char *key); /* NULL: unset */
gboolean latent_recipe_is (const LatentRecipe *self, const char *key, const char *choice);
gint64 latent_recipe_get_int (const LatentRecipe *self, const char *key);
double latent_recipe_get_double (const LatentRecipe *self, const char *key);
gboolean latent_recipe_get_bool (const LatentRecipe *self, const char *key);
const gint64 *latent_recipe_get_ints (const LatentRecipe *self, const char *key, guint *n);
gboolean latent_recipe_get_size (
    const LatentRecipe *self, const char *key, guint *width, guint *height); /* FALSE: unset */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentRecipe, latent_recipe_free)
