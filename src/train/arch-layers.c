/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-layers.h"

#include <math.h>

#include "src/base/limits.h"
#include "src/base/random.h"

static const struct {
  const char *name;    /* in recipes */
  const char *op_type; /* NULL: a composition */
  gboolean rectifies;  /* half of what comes in is let through: weights start larger */
} activations[] = {
    {"relu",       "Relu",      TRUE },
    {"leaky-relu", "LeakyRelu", TRUE },
    {"elu",        "Elu",       TRUE },
    {"gelu",       "Gelu",      TRUE },
    {"silu",       NULL,        TRUE },
    {"softplus",   "Softplus",  TRUE },
    {"tanh",       "Tanh",      FALSE},
    {"sigmoid",    "Sigmoid",   FALSE},
};

/* A parameter to be filled. */
typedef struct {
  LatentTensor *tensor; /* borrowed from the graph */
  LatentFill fill;
  guint64 stream;
} Pending;

static void
fill_tensor (const LatentLayers *self, const Pending *pending)
{
  const LatentFill *fill = &pending->fill;
  float *dst = latent_tensor_get_writable_data (pending->tensor);
  gsize n = pending->tensor->n_elements;
  LatentRandom random;

  latent_random_init (&random, self->seed, LATENT_RANDOM_WEIGHTS, pending->stream);
  if (fill->bound > 0)
    latent_random_fill_uniform (&random, dst, n, -fill->bound, fill->bound);
  else if (fill->deviation > 0)
    latent_random_fill_normal (&random, dst, n, fill->deviation);
  for (gsize i = 0; fill->value != 0 && i < n; i++)
    dst[i] += fill->value;
}

void
latent_layers_init (LatentLayers *self, LatentGraph *graph, guint64 seed, guint64 first)
{
  *self = (LatentLayers){.graph = graph, .seed = seed, .n_streams = first};
  self->pending = g_array_new (FALSE, FALSE, sizeof (Pending));
}

void
latent_layers_clear (LatentLayers *self)
{
  g_clear_pointer (&self->graph, latent_graph_free);
  g_clear_pointer (&self->pending, g_array_unref);
  g_clear_error (&self->error);
}

LatentGraph *
latent_layers_finish (LatentLayers *self, GError **error)
{
  if (self->error != NULL) {
    g_propagate_error (error, g_steal_pointer (&self->error));
    return NULL;
  }
  if (!latent_graph_sort (self->graph, error))
    return NULL;
  for (guint i = 0; i < self->pending->len; i++)
    fill_tensor (self, &g_array_index (self->pending, Pending, i));
  g_array_set_size (self->pending, 0);
  latent_graph_prune (self->graph);
  latent_graph_index (self->graph);
  return g_steal_pointer (&self->graph);
}

static LatentValue *
add_port (
    LatentLayers *self, const char *name, const LatentShape *shape, const char *const *symbols)
{
  LatentValue *value = latent_graph_add_value (self->graph, name);

  value->type = LATENT_DATA_TYPE_FLOAT32;
  value->has_shape = TRUE;
  value->shape = *shape;
  for (guint i = 0; i < shape->n; i++)
    value->symbols[i] = shape->dims[i] < 0 ? g_strdup (symbols[i]) : NULL;
  return value;
}

LatentValue *
latent_layers_input (
    LatentLayers *self, const char *name, const LatentShape *shape, const char *const *symbols)
{
  LatentValue *value = add_port (self, name, shape, symbols);

  g_ptr_array_add (self->graph->inputs, value);
  return value;
}

/* Names of values do not change: the node is given another value. */
LatentValue *
latent_layers_output (LatentLayers *self, LatentValue *value, const char *name,
    const LatentShape *shape, const char *const *symbols)
{
  LatentValue *output = add_port (self, name, shape, symbols);

  for (guint i = 0; i < self->graph->nodes->len; i++) {
    LatentNode *node = g_ptr_array_index (self->graph->nodes, i);
    if (latent_node_get_output (node, 0) == value)
      node->outputs->pdata[0] = output;
  }
  latent_graph_replace_uses (self->graph, value, output);
  g_ptr_array_add (self->graph->outputs, output);
  return output;
}

/* A model's file holds less than 2 GiB. */
static LatentTensor *
new_tensor (LatentLayers *self, const LatentShape *shape)
{
  gsize n, size;

  if (self->error != NULL ||
      !latent_shape_count (shape, LATENT_DATA_TYPE_FLOAT32, &n, &size, &self->error))
    return NULL;
  self->n_bytes += size;
  if (self->n_bytes <= LATENT_LIMIT_FILE_BYTES)
    return latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, shape, &self->error);
  g_set_error (&self->error, LATENT_ERROR, LATENT_ERROR_LIMIT,
      "the net's weights need more than the 2 GiB that a file can hold (LATENT_LIMIT_FILE_BYTES)");
  return NULL;
}

LatentValue *
latent_layers_parameter (LatentLayers *self, const char *path, const char *name,
    const LatentShape *shape, const LatentFill *fill)
{
  g_autofree char *full = g_strdup_printf ("%s/%s", path, name);
  gboolean is_first = self->error == NULL;
  g_autoptr (LatentTensor) tensor = new_tensor (self, shape);
  Pending pending = {tensor, *fill, self->n_streams++};
  LatentValue *value;

  if (tensor == NULL) {
    if (is_first)
      g_prefix_error (&self->error, "%s: ", full);
    return latent_graph_add_value (self->graph, full);
  }
  g_array_append_val (self->pending, pending);
  value = latent_graph_add_constant (self->graph, full, tensor);
  value->is_parameter = TRUE;
  return value;
}

LatentValue *
latent_layers_constant (LatentLayers *self, const char *path, LatentTensor *tensor)
{
  g_autoptr (LatentTensor) owned = tensor;
  LatentNode *node = latent_layers_node (self, "Constant", path, NULL, NULL, NULL);

  latent_node_set_tensor (node, "value", owned);
  return latent_node_get_output (node, 0);
}

LatentNode *
latent_layers_node (LatentLayers *self, const char *op_type, const char *path, LatentValue *a,
    LatentValue *b, LatentValue *c)
{
  LatentValue *dst = latent_graph_add_value (self->graph, path);
  /* Under the value's name, which is unique: ONNX Runtime refuses nodes of the same name. */
  LatentNode *node = latent_graph_add_node (self->graph, op_type, dst->name);
  LatentValue *const src[] = {a, b, c};

  for (guint i = 0; i < G_N_ELEMENTS (src); i++)
    if (src[i] != NULL)
      latent_node_add_input (node, src[i]);
  latent_node_add_output (node, dst);
  return node;
}

LatentValue *
latent_layers_apply (
    LatentLayers *self, const char *op_type, const char *path, LatentValue *a, LatentValue *b)
{
  return latent_node_get_output (latent_layers_node (self, op_type, path, a, b, NULL), 0);
}

LatentValue *
latent_layers_reshape (
    LatentLayers *self, const char *path, LatentValue *src, const gint64 *dims, guint n)
{
  g_autoptr (LatentTensor) tensor = latent_tensor_new_int64s (dims, n);
  g_autofree char *name = g_strdup_printf ("%s/shape", path);
  LatentValue *shape = latent_graph_add_constant (self->graph, name, tensor);

  return latent_layers_apply (self, "Reshape", path, src, shape);
}

LatentValue *
latent_layers_transpose (
    LatentLayers *self, const char *path, LatentValue *src, const gint64 *order, guint n)
{
  LatentNode *node = latent_layers_node (self, "Transpose", path, src, NULL, NULL);

  latent_node_set_ints (node, "perm", order, n);
  return latent_node_get_output (node, 0);
}

LatentValue *
latent_layers_flatten (LatentLayers *self, const char *path, LatentValue *src)
{
  LatentNode *node = latent_layers_node (self, "Flatten", path, src, NULL, NULL);

  latent_node_set_int (node, "axis", 1);
  return latent_node_get_output (node, 0);
}

static LatentValue *
add_number (LatentLayers *self, const char *path, const char *name, float number)
{
  g_autofree char *full = g_strdup_printf ("%s/%s", path, name);

  return latent_layers_constant (self, full, latent_tensor_new_float (number));
}

/* x (1 + erf (x / sqrt (2))) / 2 */
static LatentValue *
compose_gelu (LatentLayers *self, const char *path, LatentValue *src)
{
  LatentValue *x = latent_layers_apply (
      self, "Div", path, src, add_number (self, path, "sqrt2", 1.41421356f));

  x = latent_layers_apply (self, "Erf", path, x, NULL);
  x = latent_layers_apply (self, "Add", path, x, add_number (self, path, "one", 1));
  x = latent_layers_apply (self, "Mul", path, src, x);
  return latent_layers_apply (self, "Mul", path, x, add_number (self, path, "half", .5f));
}

LatentValue *
latent_layers_activate (
    LatentLayers *self, const char *path, LatentValue *src, const char *activation)
{
  g_autofree char *name = NULL;
  const char *op_type = NULL;

  if (activation == NULL || g_str_equal (activation, "none"))
    return src;
  name = g_strdup_printf ("%s/%s", path, activation);
  if (g_str_equal (activation, "gelu") && self->graph->opset < LATENT_LAYERS_OPSET_GELU)
    return compose_gelu (self, name, src);
  for (guint i = 0; i < G_N_ELEMENTS (activations); i++)
    if (g_str_equal (activations[i].name, activation))
      op_type = activations[i].op_type;
  if (op_type != NULL)
    return latent_layers_apply (self, op_type, name, src, NULL);
  g_autofree char *gate = g_strdup_printf ("%s/gate", name);
  return latent_layers_apply (
      self, "Mul", name, src, latent_layers_apply (self, "Sigmoid", gate, src, NULL));
}

static gboolean
rectifies (const char *activation)
{
  for (guint i = 0; activation != NULL && i < G_N_ELEMENTS (activations); i++)
    if (g_str_equal (activations[i].name, activation))
      return activations[i].rectifies;
  return FALSE;
}

/* He et al. 2015 before rectifiers; Glorot and Bengio 2010 else. `fan` counts what a number of the
 * output is made of, and what a number of the input goes into. */
static LatentFill
choose_fill (double fan_in, double fan_out, const char *activation, float gain)
{
  float factor = gain > 0 ? gain : 1;

  if (rectifies (activation))
    return (LatentFill){.deviation = factor * (float)sqrt (2 / fan_in)};
  return (LatentFill){.bound = factor * (float)sqrt (6 / (fan_in + fan_out))};
}

static LatentValue *
add_bias (LatentLayers *self, const char *path, gint64 n)
{
  return latent_layers_parameter (self, path, "bias", &(LatentShape){1, {n}}, &(LatentFill){0});
}

LatentValue *
latent_layers_dense (LatentLayers *self, const char *path, LatentValue *src, gint64 n_src,
    gint64 n_dst, const char *activation)
{
  LatentFill fill = choose_fill ((double)n_src, (double)n_dst, activation, 1);
  LatentShape shape = {
      2, {n_dst, n_src}
  };
  LatentValue *weights = latent_layers_parameter (self, path, "weights", &shape, &fill);
  LatentNode *node = latent_layers_node (
      self, "Gemm", path, src, weights, add_bias (self, path, n_dst));

  latent_node_set_int (node, "transB", 1);
  return latent_layers_activate (self, path, latent_node_get_output (node, 0), activation);
}

LatentValue *
latent_layers_tokens (LatentLayers *self, const char *path, LatentValue *src, gint64 n_src,
    gint64 n_dst, const char *activation, float gain)
{
  LatentFill fill = choose_fill ((double)n_src, (double)n_dst, activation, gain);
  LatentShape shape = {
      2, {n_src, n_dst}
  };
  LatentValue *weights = latent_layers_parameter (self, path, "weights", &shape, &fill);
  g_autofree char *product = g_strdup_printf ("%s/product", path);
  LatentValue *value = latent_layers_apply (self, "MatMul", product, src, weights);

  value = latent_layers_apply (self, "Add", path, value, add_bias (self, path, n_dst));
  return latent_layers_activate (self, path, value, activation);
}

LatentValue *
latent_layers_conv (
    LatentLayers *self, const char *path, LatentValue *src, const LatentConvLayer *conv)
{
  LatentShape shape = {
      2 + conv->n_axes, {conv->n_dst, conv->n_src}
  };
  gint64 strides[2], pads[4];
  double taps = 1;

  for (guint i = 0; i < conv->n_axes; i++) {
    shape.dims[2 + i] = conv->kernel;
    strides[i] = conv->stride;
    pads[i] = pads[conv->n_axes + i] = conv->kernel / 2;
    taps *= (double)conv->kernel;
  }
  LatentFill fill = choose_fill ((double)conv->n_src * taps,
      (double)conv->n_dst * taps / (double)conv->stride, conv->activation, conv->gain);
  LatentValue *weights = latent_layers_parameter (self, path, "weights", &shape, &fill);
  LatentNode *node = latent_layers_node (
      self, "Conv", path, src, weights, add_bias (self, path, conv->n_dst));
  latent_node_set_ints (node, "kernel_shape", shape.dims + 2, conv->n_axes);
  latent_node_set_ints (node, "strides", strides, conv->n_axes);
  latent_node_set_ints (node, "pads", pads, 2 * conv->n_axes);
  return latent_layers_activate (self, path, latent_node_get_output (node, 0), conv->activation);
}
