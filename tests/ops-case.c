/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/ops-case.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/base/numeric.h"

#define MAX_ENTRIES 16

static const struct {
  char letter;
  LatentDataType type;
} types[] = {
    {'f', LATENT_DATA_TYPE_FLOAT32},
    {'h', LATENT_DATA_TYPE_FLOAT16},
    {'d', LATENT_DATA_TYPE_FLOAT64},
    {'c', LATENT_DATA_TYPE_INT8   },
    {'b', LATENT_DATA_TYPE_UINT8  },
    {'s', LATENT_DATA_TYPE_INT16  },
    {'i', LATENT_DATA_TYPE_INT32  },
    {'l', LATENT_DATA_TYPE_INT64  },
    {'U', LATENT_DATA_TYPE_UINT64 },
    {'B', LATENT_DATA_TYPE_BOOL   },
};

static void
store_value (LatentTensor *tensor, gsize i, const char *text)
{
  gpointer data = latent_tensor_get_writable_data (tensor);
  double real = g_ascii_strtod (text, NULL);
  gint64 integer = *text == '-' ? g_ascii_strtoll (text, NULL, 10)
                                : (gint64)g_ascii_strtoull (text, NULL, 10);

  if (latent_data_type_is_real (tensor->type))
    latent_store_doubles (tensor->type, data, i, 1, &real);
  else
    latent_store_ints (tensor->type, data, i, 1, &integer);
}

LatentTensor *
ops_case_parse_tensor (const char *text)
{
  g_autofree char *dims = g_strndup (text + 2, strcspn (text + 2, "]"));
  g_auto (GStrv) sizes = g_strsplit (dims, ",", -1);
  g_auto (GStrv) values = g_strsplit (strchr (text, ':') + 1, " ", -1);
  LatentShape shape = {g_strv_length (sizes), {0}};
  LatentDataType type = LATENT_DATA_TYPE_NONE;
  LatentTensor *tensor = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].letter == *text)
      type = types[i].type;
  for (guint i = 0; i < shape.n; i++)
    shape.dims[i] = g_ascii_strtoll (sizes[i], NULL, 10);
  tensor = latent_tensor_new_shape (type, &shape, NULL);
  g_assert (
      tensor != NULL && (tensor->n_elements == 0 || g_strv_length (values) == tensor->n_elements));
  for (gsize i = 0; i < tensor->n_elements; i++)
    store_value (tensor, i, values[i]);
  return tensor;
}

char *
ops_case_print_tensor (const LatentTensor *tensor)
{
  g_autofree char *shape = latent_shape_to_string (&tensor->shape);
  GString *text = g_string_new (latent_data_type_get_name (tensor->type));

  g_string_append_printf (text, " %s:", shape);
  for (gsize i = 0; i < tensor->n_elements; i++)
    if (latent_data_type_is_real (tensor->type))
      g_string_append_printf (text, " %.8g", latent_tensor_get_double (tensor, i));
    else
      g_string_append_printf (text, " %" G_GINT64_FORMAT, latent_tensor_get_int (tensor, i));
  return g_string_free (text, FALSE);
}

static LatentAttribute *
parse_attribute (const char *name, char type, const char *value)
{
  static const char letters[] = "fistFIS";
  static const LatentAttributeType codes[] = {LATENT_ATTRIBUTE_FLOAT, LATENT_ATTRIBUTE_INT,
      LATENT_ATTRIBUTE_STRING, LATENT_ATTRIBUTE_TENSOR, LATENT_ATTRIBUTE_FLOATS,
      LATENT_ATTRIBUTE_INTS, LATENT_ATTRIBUTE_STRINGS};
  g_auto (GStrv) entries = g_strsplit (value, ",", MAX_ENTRIES);
  LatentAttribute *self = g_new0 (LatentAttribute, 1);

  self->name = g_strdup (name);
  self->type = codes[strchr (letters, type) - letters];
  self->f = (float)g_ascii_strtod (value, NULL);
  self->i = g_ascii_strtoll (value, NULL, 10);
  if (type == 't') {
    self->tensor = ops_case_parse_tensor (value);
    return self;
  }
  self->s = g_strdup (value);
  self->n = type == 's' ? (guint)strlen (value) : g_strv_length (entries);
  self->floats = g_new0 (float, MAX_ENTRIES);
  self->ints = g_new0 (gint64, MAX_ENTRIES);
  self->strings = type == 'S' ? g_new0 (char *, MAX_ENTRIES) : NULL;
  for (guint i = 0; entries[i] != NULL; i++) {
    self->floats[i] = (float)g_ascii_strtod (entries[i], NULL);
    self->ints[i] = g_ascii_strtoll (entries[i], NULL, 10);
    if (type == 'S')
      self->strings[i] = g_strdup (entries[i]);
  }
  return self;
}

static void
add_attributes (LatentNode *node, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, " ", -1);

  for (char **part = parts; *part != NULL && **part != '\0'; part++) {
    char *colon = strchr (*part, ':');
    *colon = '\0';
    latent_node_take_attribute (node, parse_attribute (*part, colon[1], colon + 3));
  }
}

char *
ops_case_name_row (const LatentOp *row)
{
  return g_strconcat (row->domain, *row->domain != '\0' ? "." : "", row->name, NULL);
}

LatentGraph *
ops_case_build (const char *op, guint opset, const char *attributes, LatentTensor *const *src,
    guint n_src, guint n_dst)
{
  LatentGraph *graph = latent_graph_new ("case", opset);
  const char *dot = strrchr (op, '.');
  LatentNode *node = latent_graph_add_node (graph, dot != NULL ? dot + 1 : op, "node");

  if (dot != NULL) {
    g_free (node->domain);
    node->domain = g_strndup (op, (gsize)(dot - op));
  }
  for (guint i = 0; i < n_src; i++) {
    g_autofree char *name = g_strdup_printf ("src%u", i);
    latent_node_add_input (
        node, src[i] != NULL ? latent_graph_add_constant (graph, name, src[i]) : NULL);
  }
  for (guint i = 0; i < n_dst; i++)
    latent_node_add_output (node, latent_graph_add_value (graph, NULL));
  add_attributes (node, attributes);
  return graph;
}

static LatentView
get_view (LatentTensor *tensor)
{
  if (tensor == NULL)
    return (LatentView){0};
  return (LatentView){tensor->type, tensor->shape, tensor->n_elements, tensor->data};
}

gboolean
ops_case_evaluate (const LatentNode *node, LatentTensor *const *src, guint threads,
    LatentTensor **dst, GError **error)
{
  const LatentOp *op = latent_op_find (node->op_type, node->domain, node->opset);
  g_autofree LatentView *src_views = g_new0 (LatentView, node->inputs->len + 1);
  g_autofree LatentView *dst_views = g_new0 (LatentView, node->outputs->len + 1);
  gsize scratch_size = op->scratch_size != NULL ? op->scratch_size (node) : 0;
  LatentEval eval = {.node = node,
      .n_src = node->inputs->len,
      .src = src_views,
      .n_dst = node->outputs->len,
      .dst = dst_views,
      .threads = threads};
  gboolean ok;

  for (guint i = 0; i < node->inputs->len; i++)
    src_views[i] = get_view (src[i]);
  for (guint i = 0; i < node->outputs->len; i++) {
    const LatentValue *value = latent_node_get_output (node, i);
    dst[i] = latent_tensor_new_shape (value->type, &value->shape, error);
    if (dst[i] == NULL)
      return FALSE;
    if (dst[i]->size > 0) /* an element that is not written stands out */
      memset (latent_tensor_get_writable_data (dst[i]), 0x5a, dst[i]->size);
    dst_views[i] = get_view (dst[i]);
  }
  /* Of its very size, so that a sanitizer sees what goes beyond it. */
  eval.scratch = aligned_alloc (64, (scratch_size + 63) / 64 * 64);
  ok = op->eval (&eval, error);
  free (eval.scratch);
  return ok;
}

static gboolean
is_near (double a, double b)
{
  if (isnan (a) || isnan (b))
    return isnan (a) && isnan (b);
  return a == b || fabs (a - b) <= 1e-6 + 1e-5 * fabs (b);
}

/* Reals but for rounding, integers to the bit. */
static gboolean
is_same (const LatentTensor *a, const LatentTensor *b)
{
  if (a->type != b->type || !latent_shape_equal (&a->shape, &b->shape))
    return FALSE;
  if (!latent_data_type_is_real (a->type))
    return a->size == 0 || memcmp (a->data, b->data, a->size) == 0;
  for (gsize i = 0; i < a->n_elements; i++)
    if (!is_near (latent_tensor_get_double (a, i), latent_tensor_get_double (b, i)))
      return FALSE;
  return TRUE;
}

static char *
check_outputs (const OpsCase *self, LatentTensor *const *dst)
{
  for (guint i = 0; i < OPS_CASE_DST && self->dst[i] != NULL; i++) {
    g_autoptr (LatentTensor) wanted = ops_case_parse_tensor (self->dst[i]);
    g_autofree char *text = NULL;
    if (is_same (dst[i], wanted))
      continue;
    text = ops_case_print_tensor (dst[i]);
    return g_strdup_printf ("%s: output %u is %s", self->op, i, text);
  }
  return NULL;
}

/* Whether the error is the one that the case wants. */
static char *
check_error (const OpsCase *self, const GError *error)
{
  if (error == NULL)
    return self->error == NULL ? NULL : g_strdup_printf ("%s: no error", self->op);
  if (self->error != NULL && strstr (error->message, self->error) != NULL)
    return NULL;
  return g_strdup_printf ("%s: error: %s", self->op, error->message);
}

char *
ops_case_run (const OpsCase *self)
{
  LatentTensor *src[OPS_CASE_SRC] = {NULL};
  LatentTensor *dst[OPS_CASE_DST] = {NULL};
  g_autoptr (LatentGraph) graph = NULL;
  g_autoptr (GError) error = NULL;
  const LatentNode *node = NULL;
  guint n_src = 0, n_dst = 0;
  char *problem = NULL;

  for (; n_src < OPS_CASE_SRC && self->src[n_src] != NULL; n_src++)
    src[n_src] = *self->src[n_src] != '\0' ? ops_case_parse_tensor (self->src[n_src]) : NULL;
  while (n_dst < OPS_CASE_DST && self->dst[n_dst] != NULL)
    n_dst++;
  graph = ops_case_build (self->op, self->opset, self->attributes, src, n_src, MAX (n_dst, 1));
  node = g_ptr_array_index (graph->nodes, 0);
  if (latent_op_check (node, &error) && latent_op_infer (node, &error))
    ops_case_evaluate (node, src, 2, dst, &error);
  problem = check_error (self, error);
  if (problem == NULL && error == NULL)
    problem = check_outputs (self, dst);
  for (guint i = 0; i < OPS_CASE_SRC; i++)
    latent_tensor_unref (src[i]);
  for (guint i = 0; i < OPS_CASE_DST; i++)
    latent_tensor_unref (dst[i]);
  return problem;
}
