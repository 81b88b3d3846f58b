/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/objective-private.h"

gboolean
latent_objective_add_latent_terms (LatentObjectiveMaker *maker, GError **error)
{
  return TRUE;
}
