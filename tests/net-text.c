/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/net-text.h"

#include <stdlib.h>
#include <string.h>

#include "src/ops/op.h"

typedef struct {
  NetText *net;
  gboolean parameters;
  guint seed;
  guint n_arrays;
} Parser;

static guint
draw (guint *seed, guint n)
{
  *seed = *seed * 1664525u + 1013904223u;
  return (*seed >> 8) % n;
}

/* A number stands a quarter or three into its cell of the range: arrays of one size that come one
 * after the other share none. */
LatentTensor *
net_text_spread (const LatentShape *shape, float low, float high, guint index, guint *seed)
{
  LatentTensor *tensor = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, shape, NULL);
  float *data = latent_tensor_get_writable_data (tensor);
  guint n = (guint)tensor->n_elements;
  float place = index % 2 == 0 ? 0.25f : 0.75f;

  for (guint i = 0; i < n; i++)
    data[i] = low + (high - low) * ((float)i + place) / (float)n;
  for (guint i = n; i > 1; i--) {
    guint other = draw (seed, i);
    float number = data[i - 1];
    data[i - 1] = data[other];
    data[other] = number;
  }
  return tensor;
}

static LatentValue *
get_value (LatentGraph *graph, const char *name)
{
  LatentValue *value = latent_graph_find_value (graph, name);
  return value != NULL ? value : latent_graph_add_value (graph, name);
}

static void
add_integers (LatentGraph *graph, const char *name, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  gint64 values[2 * LATENT_MAX_DIMS];
  g_autoptr (LatentTensor) tensor = NULL;
  guint n = 0;

  for (; parts[n] != NULL; n++)
    values[n] = g_ascii_strtoll (parts[n], NULL, 10);
  tensor = latent_tensor_new_int64s (values, n);
  latent_graph_add_constant (graph, name, tensor);
}

static void
set_shape (LatentValue *value, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "x", -1);

  value->type = LATENT_DATA_TYPE_FLOAT32;
  value->has_shape = TRUE;
  for (value->shape.n = 0; parts[value->shape.n] != NULL; value->shape.n++)
    value->shape.dims[value->shape.n] = g_ascii_strtoll (parts[value->shape.n], NULL, 10);
}

static void
add_array (Parser *self, const char *name, const char *text)
{
  LatentGraph *graph = self->net->graph;
  g_auto (GStrv) words = g_strsplit (text, " ", 2);
  const char *dots = words[1] != NULL ? strstr (words[1], "..") : NULL;
  LatentValue *value = get_value (graph, name);
  g_autoptr (LatentTensor) numbers = NULL;

  set_shape (value, words[0]);
  numbers = net_text_spread (&value->shape,
      dots != NULL ? (float)g_ascii_strtod (words[1], NULL) : -1,
      dots != NULL ? (float)g_ascii_strtod (dots + 2, NULL) : 1, self->n_arrays++, &self->seed);
  if (*name == 'k' || (*name == 'w' && self->parameters)) {
    value->data = latent_tensor_ref (numbers);
    value->is_parameter = *name == 'w';
  } else {
    g_ptr_array_add (graph->inputs, value);
  }
  if (*name == 'k')
    return;
  g_ptr_array_add (self->net->arrays, value);
  g_ptr_array_add (self->net->numbers, g_steal_pointer (&numbers));
}

static void
set_strings (LatentNode *node, const char *name, char **strings)
{
  LatentAttribute *attribute = g_new0 (LatentAttribute, 1);

  attribute->name = g_strdup (name);
  attribute->type = LATENT_ATTRIBUTE_STRINGS;
  attribute->n = g_strv_length (strings);
  attribute->strings = g_strdupv (strings);
  latent_node_take_attribute (node, attribute);
}

static void
add_attribute (LatentNode *node, const char *text)
{
  g_auto (GStrv) parts = g_strsplit_set (text, ":=", 3);
  g_auto (GStrv) numbers = g_strsplit (parts[2], ",", -1);
  gint64 ints[2 * LATENT_MAX_DIMS];
  float floats[2 * LATENT_MAX_DIMS];
  guint n = 0;

  for (; numbers[n] != NULL; n++) {
    ints[n] = g_ascii_strtoll (numbers[n], NULL, 10);
    floats[n] = (float)g_ascii_strtod (numbers[n], NULL);
  }
  if (*parts[1] == 'S')
    set_strings (node, parts[0], numbers);
  else if (*parts[1] == 'I')
    latent_node_set_ints (node, parts[0], ints, n);
  else if (*parts[1] == 'F')
    latent_node_set_floats (node, parts[0], floats, n);
  else if (*parts[1] == 'i')
    latent_node_set_int (node, parts[0], ints[0]);
  else if (*parts[1] == 'f')
    latent_node_set_float (node, parts[0], (float)g_ascii_strtod (parts[2], NULL));
  else
    latent_node_set_string (node, parts[0], parts[2]);
}

/* Operators whose axes or pads moved to inputs later are written as they were before. */
static guint
get_opset (const char *op)
{
  static const struct {
    const char *op;
    guint opset;
  } opsets[] = {
      {"Gelu",               20},
      {"LayerNormalization", 18},
      {"Mish",               18},
      {"HardSwish",          14},
  };

  for (guint i = 0; i < G_N_ELEMENTS (opsets); i++)
    if (g_str_equal (opsets[i].op, op))
      return opsets[i].opset;
  return g_str_has_prefix (op, "Reduce") ? 11 : 13;
}

/* "domain.OP@opset" */
static LatentNode *
new_node (LatentGraph *graph, const char *text, const char *name)
{
  g_auto (GStrv) parts = g_strsplit (text, "@", 2);
  const char *dot = strrchr (parts[0], '.');
  LatentNode *node = latent_graph_add_node (graph, dot != NULL ? dot + 1 : parts[0], name);

  node->opset = parts[1] != NULL ? (guint)atoi (parts[1]) : dot != NULL ? 1 : get_opset (parts[0]);
  if (dot != NULL) {
    g_free (node->domain);
    node->domain = g_strndup (parts[0], (gsize)(dot - parts[0]));
  }
  return node;
}

static const LatentNode *
add_node (LatentGraph *graph, const char *name, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_auto (GStrv) call = g_strsplit_set (words[0], "()", 3);
  g_auto (GStrv) arguments = g_strsplit (call[1], ",", -1);
  g_auto (GStrv) results = g_strsplit (name, ",", -1);
  LatentNode *node = new_node (graph, call[0], name);

  for (guint i = 0; arguments[i] != NULL; i++)
    latent_node_add_input (node, *arguments[i] != '\0' ? get_value (graph, arguments[i]) : NULL);
  for (guint i = 1; words[i] != NULL; i++)
    if (*words[i] != '\0')
      add_attribute (node, words[i]);
  for (guint i = 0; results[i] != NULL; i++)
    latent_node_add_output (node, *results[i] != '\0' ? get_value (graph, results[i]) : NULL);
  return node;
}

static void
unref_tensor (gpointer tensor)
{
  latent_tensor_unref (tensor);
}

NetText *
net_text_parse (const char *text, gboolean parameters, guint seed)
{
  NetText *self = g_new0 (NetText, 1);
  Parser parser = {self, parameters, seed, 0};
  g_auto (GStrv) parts = g_strsplit (text, ";", -1);
  const LatentNode *last = NULL;
  g_autoptr (GError) error = NULL;

  self->graph = latent_graph_new (text, 13);
  self->arrays = g_ptr_array_new ();
  self->numbers = g_ptr_array_new_with_free_func (unref_tensor);
  for (guint i = 0; parts[i] != NULL; i++) {
    char *part = g_strstrip (parts[i]);
    gsize n = strcspn (part, ":=#");
    g_autofree char *name = g_strndup (part, n);
    if (*part == '\0')
      continue;
    if (part[n] == '#')
      add_integers (self->graph, name, part + n + 1);
    else if (part[n] == ':')
      add_array (&parser, name, part + n + 1);
    else
      last = add_node (self->graph, name, part + n + 1);
  }
  for (guint i = 0; i < last->outputs->len; i++)
    if (latent_node_get_output (last, i) != NULL)
      g_ptr_array_add (self->graph->outputs, latent_node_get_output (last, i));
  if (!latent_graph_sort (self->graph, &error))
    g_error ("%s: %s", text, error->message);
  return self;
}

void
net_text_free (NetText *self)
{
  if (self == NULL)
    return;
  latent_graph_free (self->graph);
  g_ptr_array_unref (self->arrays);
  g_ptr_array_unref (self->numbers);
  g_free (self);
}

LatentTensor *
net_text_get_input (const NetText *self, guint i)
{
  guint index = 0;

  g_ptr_array_find (self->arrays, g_ptr_array_index (self->graph->inputs, i), &index);
  return g_ptr_array_index (self->numbers, index);
}
