/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/dnn/emit.h"
#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"

/* Sums of products: they read bfloat16 and write either type. But ConvTranspose writes float32:
 * oneDNN's takes two to seven times as long where it writes bfloat16. */
static const char *const products[] = {"Conv", "ConvTranspose", "Gemm", "MatMul", NULL};

/* Channels of a group from which on ConvTranspose is as fast in bfloat16 or faster. */
#define TRANSPOSED_CHANNELS 16

/* Products of a sum: where nothing is added bfloat16 gains nothing, and such numbers are often
 * meant to be exact, as a count times a frequency is. */
#define LEAST_SUM 2

/* What keeps the type of what it reads, besides elementwise functions. */
static const char *const followers[] = {"Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "MaxPool",
    "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "Resize", "Upsample", "DepthToSpace",
    "SpaceToDepth", "Concat", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice",
    "Split", NULL};

/* What makes no more of numbers than sums. */
static const char *const linear[] = {"Add", "Sub", "Sum", "AveragePool", "GlobalAveragePool",
    "Resize", "Upsample", "DepthToSpace", "SpaceToDepth", "Concat", "Reshape", "Flatten", "Squeeze",
    "Unsqueeze", "Transpose", "Slice", "Split", NULL};

/* What readers of a value, or of what is made of it, want it to be. */
typedef enum {
  WISH_SHORT = 1, /* a product reads it */
  WISH_LONG = 2,  /* the graph's outputs are made of it without a product between */
} Wish;

static gboolean
is_one_of (const LatentNode *node, const char *const *names)
{
  return *node->domain == '\0' && g_strv_contains (names, node->op_type);
}

static gboolean
is_transposed (const LatentNode *node)
{
  return latent_node_is (node, "ConvTranspose");
}

/* How many products a product's sums are of. */
static gint64
count_terms (const LatentNode *node)
{
  const LatentShape *src = &latent_node_get_input (node, 0)->shape;
  const LatentShape *weights = &latent_node_get_input (node, 1)->shape;

  if (latent_node_is (node, "MatMul"))
    return src->dims[src->n - 1];
  if (latent_node_is (node, "Gemm"))
    return src->dims[latent_node_get_int (node, "transA", 0) != 0 ? 0 : 1];
  return latent_node_is (node, "Conv") ? (gint64)latent_shape_product (weights, 1, weights->n)
                                       : LEAST_SUM;
}

/* Whether a node is faster in bfloat16. */
static gboolean
is_worth_it (const LatentNode *node)
{
  if (!is_one_of (node, products) || count_terms (node) < LEAST_SUM)
    return FALSE;
  return !is_transposed (node) ||
         latent_node_get_input (node, 1)->shape.dims[1] >= TRANSPOSED_CHANNELS;
}

static guint
get_wishes (GHashTable *wishes, const LatentValue *value)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (wishes, value));
}

static void
add_wishes (GHashTable *wishes, LatentValue *value, guint more)
{
  if (value != NULL && more != 0)
    g_hash_table_insert (wishes, value, GUINT_TO_POINTER (get_wishes (wishes, value) | more));
}

static guint
get_output_wishes (GHashTable *wishes, const LatentNode *node)
{
  guint all = 0;

  for (guint i = 0; i < node->outputs->len; i++)
    all |= get_wishes (wishes, g_ptr_array_index (node->outputs, i));
  return all;
}

static void
add_all (GHashTable *wishes, const GPtrArray *values, guint more)
{
  for (guint i = 0; i < values->len; i++)
    add_wishes (wishes, g_ptr_array_index (values, i), more);
}

/* What the readers of a node's outputs want becomes what it wants of its inputs. */
static void
pass_on (GHashTable *wishes, const LatentNode *node)
{
  guint all = get_output_wishes (wishes, node);

  if (is_worth_it (node))
    add_all (wishes, node->inputs, WISH_SHORT);
  else if (is_one_of (node, products))
    add_all (wishes, node->inputs, WISH_LONG);
  else if (is_one_of (node, followers) || latent_dnn_is_eltwise (node))
    add_all (wishes, node->inputs, all);
  for (guint i = 0; i < node->fused->len; i++) /* a residual is added in the result's own memory */
    add_all (wishes, ((LatentNode *)g_ptr_array_index (node->fused, i))->inputs, all);
}

static gboolean
keeps_short (const LatentNode *node)
{
  return !is_transposed (node) && (is_one_of (node, products) || is_one_of (node, followers) ||
                                      latent_dnn_is_eltwise (node));
}

static gboolean
are_linear (GHashTable *sums, const GPtrArray *values)
{
  for (guint i = 0; i < values->len; i++) {
    const LatentValue *value = g_ptr_array_index (values, i);
    if (value != NULL && value->data == NULL && !g_hash_table_contains (sums, value))
      return FALSE;
  }
  return TRUE;
}

/* Whether a node's result, what is fused into it included, is nothing but sums of the graph's
 * inputs. */
static gboolean
is_linear (GHashTable *sums, const LatentNode *node)
{
  if ((!is_one_of (node, products) && !is_one_of (node, linear)) ||
      !are_linear (sums, node->inputs))
    return FALSE;
  for (guint i = 0; i < node->fused->len; i++) {
    const LatentNode *fused = g_ptr_array_index (node->fused, i);
    LatentValue *residual = latent_node_get_input (fused, 1);
    if (!is_one_of (fused, linear) ||
        (residual != NULL && residual->data == NULL && !g_hash_table_contains (sums, residual)))
      return FALSE;
  }
  return TRUE;
}

/* The values that are linear functions of the graph's inputs. Where a net begins linear, as one
 * that refines principal components does, nothing but the numbers limits how exact it is. */
static GHashTable *
find_sums (const LatentGraph *graph)
{
  GHashTable *sums = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < graph->inputs->len; i++)
    g_hash_table_add (sums, g_ptr_array_index (graph->inputs, i));
  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (graph->nodes, i);
    gboolean is_sum = is_linear (sums, node);
    for (guint j = 0; is_sum && j < node->outputs->len; j++)
      g_hash_table_add (sums, g_ptr_array_index (node->outputs, j));
  }
  return sums;
}

static void
mark (GHashTable *wishes, GHashTable *sums, LatentNode *node)
{
  if (is_worth_it (node) && latent_node_get_input (node, 0)->type == LATENT_DATA_TYPE_FLOAT32 &&
      !g_hash_table_contains (sums, latent_node_get_output (node, 0)))
    node->compute = LATENT_DATA_TYPE_BFLOAT16;
  for (guint i = 0; keeps_short (node) && i < node->outputs->len; i++) {
    LatentValue *value = latent_node_get_output (node, i);
    if (value != NULL && value->type == LATENT_DATA_TYPE_FLOAT32 && value->data == NULL &&
        get_wishes (wishes, value) == WISH_SHORT)
      value->storage = LATENT_DATA_TYPE_BFLOAT16;
  }
}

void
latent_pass_shorten (LatentGraph *graph)
{
  g_autoptr (GHashTable) wishes = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) sums = find_sums (graph);

  for (guint i = 0; i < graph->outputs->len; i++)
    add_wishes (wishes, g_ptr_array_index (graph->outputs, i), WISH_LONG);
  for (guint i = graph->nodes->len; i-- > 0;)
    pass_on (wishes, g_ptr_array_index (graph->nodes, i));
  for (guint i = 0; i < graph->nodes->len; i++)
    mark (wishes, sums, g_ptr_array_index (graph->nodes, i));
}
