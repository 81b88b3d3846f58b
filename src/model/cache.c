/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/model/cache.h"

G_LOCK_DEFINE_STATIC (models);
static GHashTable *models; /* key -> LatentModel, made when first needed */

static LatentModel *
find_locked (const char *key)
{
  LatentModel *model = models != NULL ? g_hash_table_lookup (models, key) : NULL;

  return model != NULL ? latent_model_ref (model) : NULL;
}

LatentModel *
latent_model_cache_find (const char *key)
{
  LatentModel *model;

  G_LOCK (models);
  model = find_locked (key);
  G_UNLOCK (models);
  return model;
}

LatentModel *
latent_model_cache_add (LatentModel *model)
{
  LatentModel *other;

  G_LOCK (models);
  if (models == NULL)
    models = g_hash_table_new (g_str_hash, g_str_equal);
  other = find_locked (model->key);
  if (other == NULL) {
    model->cached = TRUE;
    g_hash_table_insert (models, model->key, model);
  }
  G_UNLOCK (models);
  if (other == NULL)
    return model;
  latent_model_unref (model);
  return other;
}

gboolean
latent_model_cache_drop (LatentModel *model)
{
  gboolean last;

  G_LOCK (models); /* nobody must find a model whose last reference goes */
  last = g_atomic_ref_count_dec (&model->ref_count);
  if (last && model->cached)
    g_hash_table_remove (models, model->key);
  if (models != NULL && g_hash_table_size (models) == 0)
    g_clear_pointer (&models, g_hash_table_unref);
  G_UNLOCK (models);
  return last;
}
