/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/recipe.h"

#define LATENT_RECIPE_MAX_INTS 64 /* numbers of a list */

/* One key's value. A zeroed one is unset. */
typedef struct {
  char *text;     /* the same for equal values; NULL: unset */
  gboolean given; /* not by default */
  double number;
  guint n;                                 /* of integers */
  gint64 integers[LATENT_RECIPE_MAX_INTS]; /* of sizes: width, height; of booleans: 0 or 1 */
} LatentRecipeValue;

/* Reads what a key can have into a zeroed value; an empty string unsets. LATENT_ERROR_SETTINGS says
 * the key, what was given and what is wanted. */
gboolean latent_recipe_value_parse (
    LatentRecipeValue *self, const LatentRecipeKey *key, const char *text, GError **error);
/* dst is zeroed. */
void latent_recipe_value_copy (LatentRecipeValue *dst, const LatentRecipeValue *src);
void latent_recipe_value_clear (LatentRecipeValue *self);
