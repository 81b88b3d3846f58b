/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/gradient.h"

#include <string.h>

#include "src/base/numeric.h"
#include "src/ops/private.h"

struct _LatentGradient {
  LatentGraph *graph;
  GHashTable *wanted;      /* LatentValue *: all on a way from what is wanted to the loss */
  GHashTable *derivatives; /* LatentValue * -> GPtrArray of LatentValue *: what flows into it */
};

static gboolean
is_float (const LatentValue *value)
{
  return value->type == LATENT_DATA_TYPE_FLOAT32;
}

/* Reals, and integers that may stand for some: whether they do is for DequantizeLinear to say. */
static gboolean
carries (const LatentValue *value)
{
  return latent_data_type_is_real (value->type) || value->type == LATENT_DATA_TYPE_INT8 ||
         value->type == LATENT_DATA_TYPE_UINT8 || value->type == LATENT_DATA_TYPE_INT16 ||
         value->type == LATENT_DATA_TYPE_UINT16;
}

/* A value is wanted where its node reads one that is. */
static void
mark_wanted (LatentGradient *self, LatentValue *const *wanted, guint n)
{
  for (guint i = 0; i < n; i++)
    g_hash_table_add (self->wanted, wanted[i]);
  for (guint i = 0; i < self->graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (self->graph->nodes, i);
    gboolean reads = FALSE;
    for (guint j = 0; j < node->inputs->len && !reads; j++)
      reads = latent_gradient_wants (self, latent_node_get_input (node, j));
    for (guint j = 0; j < node->outputs->len && reads; j++) {
      LatentValue *value = latent_node_get_output (node, j);
      if (value != NULL && carries (value))
        g_hash_table_add (self->wanted, value);
    }
  }
}

/* Several derivatives become their sum, once. */
static gboolean
sum_up (LatentGradient *self, const LatentValue *value, GError **error)
{
  GPtrArray *parts = g_hash_table_lookup (self->derivatives, value);
  LatentValue *sum;

  if (parts == NULL || parts->len < 2)
    return TRUE;
  sum = g_ptr_array_index (parts, 0);
  for (guint i = 1; i < parts->len; i++) {
    sum = latent_gradient_apply (self, "Add", sum, g_ptr_array_index (parts, i), error);
    if (sum == NULL)
      return FALSE;
  }
  g_ptr_array_set_size (parts, 0);
  g_ptr_array_add (parts, sum);
  return TRUE;
}

LatentValue *
latent_gradient_get (LatentGradient *self, const LatentValue *value)
{
  const GPtrArray *parts = value != NULL ? g_hash_table_lookup (self->derivatives, value) : NULL;
  return parts != NULL ? g_ptr_array_index (parts, 0) : NULL;
}

gboolean
latent_gradient_wants (const LatentGradient *self, const LatentValue *value)
{
  return value != NULL && g_hash_table_contains (self->wanted, value);
}

void
latent_gradient_add (LatentGradient *self, LatentValue *value, LatentValue *derivative)
{
  GPtrArray *parts;

  if (derivative == NULL || !latent_gradient_wants (self, value))
    return;
  parts = g_hash_table_lookup (self->derivatives, value);
  if (parts == NULL) {
    parts = g_ptr_array_new ();
    g_hash_table_insert (self->derivatives, value, parts);
  }
  g_ptr_array_add (parts, derivative);
}

LatentNode *
latent_gradient_node (LatentGradient *self, const char *op_type, const char *domain)
{
  LatentNode *node = latent_graph_add_node (self->graph, op_type, NULL);

  node->opset = domain != NULL ? 1 : LATENT_GRADIENT_OPSET;
  if (domain != NULL) {
    g_free (node->domain);
    node->domain = g_strdup (domain);
  }
  return node;
}

LatentValue *
latent_gradient_finish (LatentGradient *self, LatentNode *node, guint n, GError **error)
{
  for (guint i = 0; i < n; i++) {
    LatentValue *value = latent_graph_add_value (self->graph, "gradient");
    value->producer = node;
    latent_node_add_output (node, value);
  }
  if (!latent_op_check (node, error) || !latent_op_infer (node, error))
    return NULL;
  return latent_node_get_output (node, 0);
}

LatentValue *
latent_gradient_apply (
    LatentGradient *self, const char *op_type, LatentValue *a, LatentValue *b, GError **error)
{
  LatentNode *node = latent_gradient_node (self, op_type, NULL);

  latent_node_add_input (node, a);
  if (b != NULL)
    latent_node_add_input (node, b);
  return latent_gradient_finish (self, node, 1, error);
}

LatentValue *
latent_gradient_apply_training (LatentGradient *self, const char *op_type,
    const LatentNode *attributes_of, LatentValue *a, LatentValue *b, LatentValue *c, GError **error)
{
  LatentNode *node = latent_gradient_node (self, op_type, LATENT_DOMAIN_TRAINING);

  for (guint i = 0; attributes_of != NULL && i < attributes_of->attributes->len; i++)
    latent_node_take_attribute (
        node, latent_attribute_copy (g_ptr_array_index (attributes_of->attributes, i)));
  latent_node_add_input (node, a);
  if (b != NULL || c != NULL)
    latent_node_add_input (node, b);
  if (c != NULL)
    latent_node_add_input (node, c);
  return latent_gradient_finish (self, node, 1, error);
}

static LatentValue *
add_constant (LatentGradient *self, LatentTensor *tensor)
{
  LatentValue *value = latent_graph_add_constant (self->graph, "gradient.constant", tensor);
  latent_tensor_unref (tensor);
  return value;
}

LatentValue *
latent_gradient_constant (LatentGradient *self, LatentTensor *tensor)
{
  return latent_graph_add_constant (self->graph, "gradient.constant", tensor);
}

LatentValue *
latent_gradient_scalar (LatentGradient *self, float value)
{
  return add_constant (self, latent_tensor_new_float (value));
}

LatentValue *
latent_gradient_scale (LatentGradient *self, LatentValue *value, float factor, GError **error)
{
  if (value == NULL || factor == 1)
    return value;
  return latent_gradient_apply (self, "Mul", value, latent_gradient_scalar (self, factor), error);
}

LatentValue *
latent_gradient_ints (LatentGradient *self, const gint64 *values, guint n)
{
  return add_constant (self, latent_tensor_new_int64s (values, n));
}

LatentValue *
latent_gradient_reshape (
    LatentGradient *self, LatentValue *derivative, const LatentShape *to, GError **error)
{
  if (latent_shape_equal (&derivative->shape, to))
    return derivative;
  return latent_gradient_apply (
      self, "Reshape", derivative, latent_gradient_ints (self, to->dims, to->n), error);
}

LatentValue *
latent_gradient_unbroadcast (
    LatentGradient *self, LatentValue *derivative, const LatentShape *to, GError **error)
{
  const LatentShape *from = &derivative->shape;
  gint64 axes[LATENT_MAX_DIMS];
  guint n = 0;

  for (guint i = 0; i < from->n; i++) {
    guint missing = from->n - to->n;
    if (from->dims[i] != 1 && (i < missing || to->dims[i - missing] == 1))
      axes[n++] = i;
  }
  if (n > 0) {
    LatentNode *sum = latent_gradient_node (self, "ReduceSum", NULL);
    latent_node_add_input (sum, derivative);
    latent_node_add_input (sum, latent_gradient_ints (self, axes, n));
    derivative = latent_gradient_finish (self, sum, 1, error);
    if (derivative == NULL)
      return NULL;
  }
  return latent_gradient_reshape (self, derivative, to, error);
}

gboolean
latent_gradient_add_unbroadcast (LatentGradient *self, LatentValue *value, LatentValue *derivative,
    const LatentShape *aligned, GError **error)
{
  if (derivative == NULL)
    return FALSE;
  if (!latent_gradient_wants (self, value))
    return TRUE;
  derivative = latent_gradient_unbroadcast (
      self, derivative, aligned != NULL ? aligned : &value->shape, error);
  if (derivative != NULL)
    derivative = latent_gradient_reshape (self, derivative, &value->shape, error);
  latent_gradient_add (self, value, derivative);
  return derivative != NULL;
}

gboolean
latent_gradient_stop (LatentGradient *self, const LatentNode *node, GError **error)
{
  return TRUE;
}

static gboolean
fail (const LatentNode *node, GError **error)
{
  g_autofree char *name = latent_node_describe (node);

  g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
      "%s: training through %s is not supported: it has no derivative here", name, node->op_type);
  return FALSE;
}

static gboolean
walk_node (LatentGradient *self, const LatentNode *node, GError **error)
{
  const LatentOp *op = latent_op_find (node->op_type, node->domain, node->opset);
  gboolean flows = FALSE;

  for (guint i = 0; i < node->outputs->len; i++) {
    const LatentValue *value = latent_node_get_output (node, i);
    if (latent_gradient_get (self, value) == NULL)
      continue;
    flows = TRUE;
    if (!sum_up (self, value, error))
      return FALSE;
  }
  if (!flows)
    return TRUE;
  if (op == NULL || op->gradient == NULL)
    return fail (node, error);
  if (op->gradient (self, node, error))
    return TRUE;
  g_autofree char *name = latent_node_describe (node);
  g_prefix_error (error, "derivative of %s: ", name);
  return FALSE;
}

/* Only nodes between what is wanted and the loss are walked: what flows ends elsewhere. */
static gboolean
walk (LatentGradient *self, GError **error)
{
  for (guint i = self->graph->nodes->len; i > 0; i--)
    if (!walk_node (self, g_ptr_array_index (self->graph->nodes, i - 1), error))
      return FALSE;
  return TRUE;
}

static LatentValue *
add_seed (LatentGradient *self, const LatentValue *loss, GError **error)
{
  return latent_gradient_reshape (self, latent_gradient_scalar (self, 1), &loss->shape, error);
}

static gboolean
check_loss (const LatentValue *loss, GError **error)
{
  g_autofree char *offered = latent_shape_to_string (&loss->shape);

  if (is_float (loss) && latent_shape_product (&loss->shape, 0, loss->shape.n) == 1)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "loss '%s': wanted one float32, offered was %s of %s", loss->name,
      latent_data_type_get_name (loss->type), offered);
  return FALSE;
}

gboolean
latent_gradient_build (LatentGraph *graph, LatentValue *loss, LatentValue *const *wanted, guint n,
    LatentValue **gradients, GError **error)
{
  g_autoptr (GHashTable) marks = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable)
      derivatives = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
  LatentGradient self = {graph, marks, derivatives};
  LatentValue *seed;

  if (!check_loss (loss, error))
    return FALSE;
  mark_wanted (&self, wanted, n);
  seed = add_seed (&self, loss, error);
  if (seed == NULL)
    return FALSE;
  latent_gradient_add (&self, loss, seed);
  if (!walk (&self, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    if (!sum_up (&self, wanted[i], error))
      return FALSE;
    gradients[i] = latent_gradient_get (&self, wanted[i]);
  }
  return latent_graph_sort (graph, error);
}
