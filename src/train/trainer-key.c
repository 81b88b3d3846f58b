/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/model/model.h"
#include "src/train/trainer-private.h"

static void
add_text (GChecksum *sum, const char *text)
{
  /* with its end, so that what is added next cannot be taken for more of it */
  g_checksum_update (sum, (const guchar *)text, (gssize)strlen (text) + 1);
}

static void
add_values (GChecksum *sum, const GPtrArray *values)
{
  for (guint i = 0; i < values->len; i++) {
    const LatentValue *value = g_ptr_array_index (values, i);
    add_text (sum, value != NULL ? value->name : "");
  }
  add_text (sum, "");
}

static void
add_shape (GChecksum *sum, const char *name, const LatentShape *shape)
{
  g_autofree char *text = latent_shape_to_string (shape);

  add_text (sum, name);
  add_text (sum, text);
}

/* Values that are learned start as they like: only their shapes count. */
static void
add_constant (GChecksum *sum, const LatentValue *value, GHashTable *learned)
{
  add_shape (sum, value->name, &value->data->shape);
  if (!g_hash_table_contains (learned, value->name) && value->data->size > 0)
    g_checksum_update (sum, value->data->data, (gssize)value->data->size);
}

char *
latent_trainer_make_key (const LatentModel *model, const LatentObjective *objective)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GHashTable) learned = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < objective->parameters->len; i++) {
    const LatentValue *value = g_ptr_array_index (objective->parameters, i);
    const char *name = g_ptr_array_index (objective->names, i);
    add_shape (sum, name != NULL ? name : "", &value->data->shape);
    if (name != NULL)
      g_hash_table_add (learned, (gpointer)name);
  }
  for (guint i = 0; i < model->graph->values->len; i++) {
    const LatentValue *value = g_ptr_array_index (model->graph->values, i);
    if (value->data != NULL)
      add_constant (sum, value, learned);
  }
  for (guint i = 0; i < model->graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (model->graph->nodes, i);
    add_text (sum, node->op_type);
    add_values (sum, node->inputs);
    add_values (sum, node->outputs);
  }
  return g_strdup (g_checksum_get_string (sum));
}
