/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/exec.h"

/* Whether a dimension as the file has it may take a requested size: a known one only its own, but
 * that the batch may be raised. */
static gboolean
dim_fits (gint64 own, gint64 wanted, guint axis)
{
  return own < 0 || own == wanted || (axis == 0 && wanted > own);
}

static gboolean
shape_fits (const LatentValue *input, const LatentShape *wanted)
{
  if (!input->has_shape)
    return TRUE;
  if (input->shape.n != wanted->n)
    return FALSE;
  for (guint i = 0; i < wanted->n; i++)
    if (!dim_fits (input->shape.dims[i], wanted->dims[i], i))
      return FALSE;
  return TRUE;
}

static gboolean
set_shape (LatentValue *input, const LatentShape *wanted, GError **error)
{
  g_autofree char *offered = latent_shape_to_string (wanted);

  if (!latent_shape_is_known (wanted)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "input '%s': the requested shape %s has an unknown size", input->name, offered);
    return FALSE;
  }
  if (!shape_fits (input, wanted)) {
    g_autofree char *own = latent_shape_to_string (&input->shape);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "input '%s': the model wants shape %s, offered was %s", input->name, own, offered);
    return FALSE;
  }
  if (!latent_shape_count (wanted, input->type, NULL, NULL, error)) {
    g_prefix_error (error, "input '%s': ", input->name);
    return FALSE;
  }
  input->shape = *wanted;
  input->has_shape = TRUE;
  return TRUE;
}

/* Remembers what size a symbol was given; the first one stands. */
static void
note_symbols (GHashTable *sizes, const LatentValue *input)
{
  for (guint i = 0; i < input->shape.n; i++) {
    const char *symbol = input->symbols[i];
    if (symbol != NULL && input->shape.dims[i] >= 0 && !g_hash_table_contains (sizes, symbol))
      g_hash_table_insert (sizes, (gpointer)symbol, &((LatentValue *)input)->shape.dims[i]);
  }
}

static void
fill_symbols (GHashTable *sizes, LatentValue *input)
{
  for (guint i = 0; i < input->shape.n; i++) {
    const gint64 *size = input->symbols[i] != NULL ? g_hash_table_lookup (sizes, input->symbols[i])
                                                   : NULL;
    if (input->shape.dims[i] < 0 && size != NULL)
      input->shape.dims[i] = *size;
  }
}

static LatentValue *
find_input (const LatentGraph *graph, const char *name, guint *index)
{
  for (guint i = 0; i < graph->inputs->len; i++) {
    LatentValue *value = g_ptr_array_index (graph->inputs, i);
    if (g_str_equal (value->name, name)) {
      *index = i;
      return value;
    }
  }
  return NULL;
}

static gboolean
bind_value (LatentGraph *graph, const char *name, LatentTensor *data, GError **error)
{
  guint index;
  LatentValue *input = find_input (graph, name, &index);

  if (input == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "cannot bind '%s': it is no input of the part that is compiled", name);
    return FALSE;
  }
  if (input->type != LATENT_DATA_TYPE_NONE && input->type != data->type) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "input '%s': the model wants %s, bound was %s", name,
        latent_data_type_get_name (input->type), latent_data_type_get_name (data->type));
    return FALSE;
  }
  if (!set_shape (input, &data->shape, error))
    return FALSE;
  input->type = data->type;
  input->data = latent_tensor_ref (data);
  g_ptr_array_remove_index (graph->inputs, index);
  return TRUE;
}

static gboolean
set_shapes (LatentGraph *graph, GHashTable *shapes, GError **error)
{
  GHashTableIter iter;
  gpointer name, shape;

  g_hash_table_iter_init (&iter, shapes);
  while (g_hash_table_iter_next (&iter, &name, &shape)) {
    guint index = 0;
    LatentValue *input = *(char *)name != '\0'    ? find_input (graph, name, &index)
                         : graph->inputs->len > 0 ? g_ptr_array_index (graph->inputs, 0)
                                                  : NULL;
    if (input == NULL) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
          "cannot set the shape of '%s': it is no input of the part that is compiled",
          (char *)name);
      return FALSE;
    }
    if (!set_shape (input, shape, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_known (const LatentValue *input, GError **error)
{
  g_autofree char *shape = NULL;

  if (!input->has_shape) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "input '%s': the model gives no shape, and none was requested", input->name);
    return FALSE;
  }
  shape = latent_shape_to_string (&input->shape);
  for (guint i = 0; i < input->shape.n; i++) {
    if (input->shape.dims[i] >= 0)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "input '%s' of shape %s: dimension %u (%s) is not known, and no shape was requested",
        input->name, shape, i, input->symbols[i] != NULL ? input->symbols[i] : "without a name");
    return FALSE;
  }
  if (!latent_shape_count (&input->shape, input->type, NULL, NULL, error)) {
    g_prefix_error (error, "input '%s' of shape %s: ", input->name, shape);
    return FALSE;
  }
  return TRUE;
}

gboolean
latent_exec_bind (LatentGraph *graph, const LatentRequest *request, GError **error)
{
  g_autoptr (GHashTable) symbols = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer name, data;

  if (!set_shapes (graph, request->shapes, error))
    return FALSE;
  for (guint i = 0; i < graph->inputs->len; i++)
    note_symbols (symbols, g_ptr_array_index (graph->inputs, i));
  g_hash_table_iter_init (&iter, request->bound);
  while (g_hash_table_iter_next (&iter, &name, &data))
    if (!bind_value (graph, name, data, error))
      return FALSE;
  for (guint i = 0; i < graph->inputs->len; i++) {
    LatentValue *input = g_ptr_array_index (graph->inputs, i);
    fill_symbols (symbols, input);
    if (!check_known (input, error))
      return FALSE;
  }
  return TRUE;
}
