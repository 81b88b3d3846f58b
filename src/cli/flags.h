/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/recipe.h"

/* Every key of a recipe as a flag of the command line: "--batch 32"; "--pairs" and "--no-pairs" of
 * booleans. And --recipe, as often as one likes, which flags go before wherever they stand. */

/* Ends with an empty entry; made once. */
const GOptionEntry *latent_flags_get_options (void);
/* The recipe that the flags of this process's command line make. An error of the domain
 * G_OPTION_ERROR is one of usage. */
LatentRecipe *latent_flags_make_recipe (GError **error);
