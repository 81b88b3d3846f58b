/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"
#include "src/ops/op.h"

/* Functions that exporters write as several nodes: a product of the argument x, of a function of
 * it, and of a number. */

#define MOST_NODES 6 /* of a product */

/* A tree of Mul and Div of numbers, seen from its root. */
typedef struct {
  double number;
  LatentValue *factors[2];
  guint n_factors;
  guint n_nodes;
} Product;

static gboolean
is_about (double a, double b)
{
  return fabs (a - b) <= 1e-6 * fabs (b);
}

/* A constant of one number that leaves the shape of what it meets as it is. */
static gboolean
read_number (const LatentValue *value, const LatentShape *shape, double *number)
{
  if (value == NULL || value->data == NULL || value->type != LATENT_DATA_TYPE_FLOAT32 ||
      value->data->n_elements != 1 || value->shape.n > shape->n)
    return FALSE;
  *number = latent_tensor_get_double (value->data, 0);
  return TRUE;
}

static gboolean
is_node (const LatentNode *node, const char *op_type, guint n_inputs)
{
  return node != NULL && latent_node_is (node, op_type) && node->inputs->len == n_inputs &&
         latent_node_get_int (node, "broadcast", 0) == 0;
}

/* The other input of a node of two where one is about `wanted`; NULL where none is. */
static LatentValue *
get_beside_number (const LatentNode *node, const char *op_type, double wanted)
{
  const LatentShape *shape;
  double number;

  if (!is_node (node, op_type, 2))
    return NULL;
  shape = &latent_node_get_output (node, 0)->shape;
  for (guint i = 0; i < 2; i++)
    if (read_number (latent_node_get_input (node, i), shape, &number) && is_about (number, wanted))
      return latent_node_get_input (node, 1 - i);
  return NULL;
}

static gboolean collect (Product *self, LatentNode *node);

static gboolean
add_factor (Product *self, LatentValue *value, const LatentShape *shape)
{
  LatentNode *producer = latent_pass_get_only_producer (value);
  double number;

  if (read_number (value, shape, &number)) {
    self->number *= number;
    return TRUE;
  }
  if (is_node (producer, "Mul", 2) || is_node (producer, "Div", 2)) {
    Product inner = *self;
    if (collect (&inner, producer)) {
      *self = inner;
      return TRUE;
    }
  }
  if (self->n_factors == G_N_ELEMENTS (self->factors) || value == NULL ||
      !latent_shape_equal (&value->shape, shape))
    return FALSE;
  self->factors[self->n_factors++] = value;
  return TRUE;
}

/* FALSE where it is no product of two values and numbers. */
static gboolean
collect (Product *self, LatentNode *node)
{
  const LatentShape *shape = &latent_node_get_output (node, 0)->shape;
  double number;

  if (++self->n_nodes > MOST_NODES)
    return FALSE;
  if (is_node (node, "Mul", 2))
    return add_factor (self, latent_node_get_input (node, 0), shape) &&
           add_factor (self, latent_node_get_input (node, 1), shape);
  if (!is_node (node, "Div", 2) || !read_number (latent_node_get_input (node, 1), shape, &number) ||
      number == 0)
    return FALSE;
  self->number /= number;
  return add_factor (self, latent_node_get_input (node, 0), shape);
}

/* x, where a value is erf (x / sqrt (2)) + 1. */
static LatentValue *
find_erf (LatentValue *value, double *number)
{
  LatentNode *add = latent_pass_get_only_producer (value);
  LatentNode *erf = latent_pass_get_only_producer (get_beside_number (add, "Add", 1));
  LatentNode *scale;
  LatentValue *x;

  *number = 0.5;
  if (!is_node (erf, "Erf", 1))
    return NULL;
  scale = latent_pass_get_only_producer (latent_node_get_input (erf, 0));
  x = get_beside_number (scale, "Mul", G_SQRT2 / 2);
  if (x == NULL && (x = get_beside_number (scale, "Div", G_SQRT2)) != NULL &&
      x != latent_node_get_input (scale, 0))
    return NULL;
  return x;
}

static gboolean
has_bounds (const LatentNode *node, double low, double high)
{
  const LatentShape *shape = &latent_node_get_output (node, 0)->shape;
  double min = latent_node_get_float (node, "min", -G_MAXFLOAT);
  double max = latent_node_get_float (node, "max", G_MAXFLOAT);

  if (latent_node_get_input (node, 1) != NULL &&
      !read_number (latent_node_get_input (node, 1), shape, &min))
    return FALSE;
  if (latent_node_get_input (node, 2) != NULL &&
      !read_number (latent_node_get_input (node, 2), shape, &max))
    return FALSE;
  return min == low && max == high;
}

/* x, where a value is x + 3 held between 0 and 6, or a sixth of that. */
static LatentValue *
find_ramp (LatentValue *value, double *number)
{
  LatentNode *node = latent_pass_get_only_producer (value);

  *number = 1.0 / 6;
  if (node != NULL && latent_node_is (node, "Clip") && has_bounds (node, 0, 6))
    return get_beside_number (
        latent_pass_get_only_producer (latent_node_get_input (node, 0)), "Add", 3);
  *number = 1;
  if (is_node (node, "HardSigmoid", 1) &&
      is_about (latent_node_get_float (node, "alpha", 0.2f), 1.0 / 6) &&
      latent_node_get_float (node, "beta", 0.5f) == 0.5f)
    return latent_node_get_input (node, 0);
  return NULL;
}

static const struct {
  const char *op_type;
  guint opset;
  /* x, where a value is this function divided by x and `number` */
  LatentValue *(*find) (LatentValue *value, double *number);
} functions[] = {
    {"Gelu",      20, find_erf },
    {"HardSwish", 14, find_ramp},
};

/* Makes node i of the graph that function of x. What it was made of, nobody needs any more. */
static gboolean
replace (LatentGraph *graph, guint i, guint function, LatentValue *x, GError **error)
{
  LatentNode *old = g_ptr_array_index (graph->nodes, i);
  LatentNode *node = latent_graph_add_node (graph, functions[function].op_type, old->name);

  node->opset = functions[function].opset;
  latent_node_add_input (node, x);
  latent_node_add_output (node, latent_node_get_output (old, 0));
  latent_node_get_output (old, 0)->producer = node;
  g_ptr_array_set_size (old->outputs, 0); /* for prune */
  g_ptr_array_steal_index (graph->nodes, graph->nodes->len - 1);
  g_ptr_array_insert (graph->nodes, (gint)i + 1, node);
  return latent_op_infer (node, error);
}

/* A number that meets a value stands behind it: then it can be fused. */
static void
swap_number (LatentNode *node)
{
  const LatentShape *shape;
  double number;
  gpointer first;

  if (node->outputs->len == 0 || (!is_node (node, "Mul", 2) && !is_node (node, "Add", 2)))
    return;
  shape = &latent_node_get_output (node, 0)->shape;
  if (!read_number (latent_node_get_input (node, 0), shape, &number) ||
      latent_node_get_input (node, 1)->data != NULL)
    return;
  first = node->inputs->pdata[0];
  node->inputs->pdata[0] = node->inputs->pdata[1];
  node->inputs->pdata[1] = first;
}

static gboolean
recognise_node (LatentGraph *graph, guint i, GError **error)
{
  LatentNode *node = g_ptr_array_index (graph->nodes, i);
  Product product = {.number = 1};

  swap_number (node);
  if (node->outputs->len == 0 || (!is_node (node, "Mul", 2) && !is_node (node, "Div", 2)) ||
      !collect (&product, node) || product.n_factors != 2)
    return TRUE;
  for (guint j = 0; j < G_N_ELEMENTS (functions); j++)
    for (guint k = 0; k < 2; k++) {
      double number = 0;
      LatentValue *x = functions[j].find (product.factors[k], &number);
      if (x != NULL && x == product.factors[1 - k] && x->type == LATENT_DATA_TYPE_FLOAT32 &&
          is_about (product.number, number))
        return replace (graph, i, j, x, error);
    }
  return TRUE;
}

gboolean
latent_pass_recognise (LatentGraph *graph, GError **error)
{
  for (guint i = 0; i < graph->nodes->len; i++)
    if (!recognise_node (graph, i, error))
      return FALSE;
  latent_graph_prune (graph);
  return TRUE;
}
