/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>

#include "src/ops/gradient.h"
#include "src/train/objective-private.h"

gboolean
latent_objective_fail (GError **error, const char *key, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "%s: %s", key, text);
  return FALSE;
}

LatentValue *
latent_objective_add_input (LatentObjectiveMaker *maker, const char *name, LatentDataType type,
    const LatentShape *shape, GError **error)
{
  LatentValue *value;

  if (!latent_shape_count (shape, type, NULL, NULL, error)) {
    g_prefix_error (error, "'%s': ", name);
    return NULL;
  }
  value = latent_graph_add_value (maker->graph, name);
  value->type = type;
  value->shape = *shape;
  value->has_shape = TRUE;
  g_ptr_array_add (maker->graph->inputs, value);
  return value;
}

LatentValue *
latent_objective_add_scalar (LatentObjectiveMaker *maker, const char *name, GError **error)
{
  const LatentShape one = {1, {1}};

  return latent_objective_add_input (maker, name, LATENT_DATA_TYPE_FLOAT32, &one, error);
}

LatentValue *
latent_objective_add_constant (
    LatentObjectiveMaker *maker, const char *name, const LatentShape *shape, GError **error)
{
  g_autoptr (LatentTensor)
      tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, shape, error);

  return tensor != NULL ? latent_graph_add_constant (maker->graph, name, tensor) : NULL;
}

LatentValue *
latent_objective_add_parameter (
    LatentObjectiveMaker *maker, const char *name, const LatentShape *shape, GError **error)
{
  LatentValue *value = latent_objective_add_constant (maker, name, shape, error);

  if (value == NULL)
    return NULL;
  value->is_parameter = TRUE;
  g_ptr_array_add (maker->self->parameters, value);
  g_ptr_array_add (maker->self->names, NULL);
  return value;
}

LatentNode *
latent_objective_add_node (LatentObjectiveMaker *maker, const char *op, const char *domain, guint n,
    LatentValue *const *inputs)
{
  LatentNode *node = latent_graph_add_node (maker->graph, op, NULL);

  node->opset = domain != NULL ? 1 : LATENT_GRADIENT_OPSET;
  if (domain != NULL) {
    g_free (node->domain);
    node->domain = g_strdup (domain);
  }
  for (guint i = 0; i < n; i++)
    latent_node_add_input (node, inputs[i]);
  return node;
}

LatentValue *
latent_objective_add_output (
    LatentObjectiveMaker *maker, LatentNode *node, const char *name, GError **error)
{
  LatentValue *value = latent_graph_add_value (maker->graph, name);

  value->producer = node;
  latent_node_add_output (node, value);
  return latent_op_check (node, error) && latent_op_infer (node, error) ? value : NULL;
}
