/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"

/* y = scale x + shift for each channel. */
typedef struct {
  gint64 n;
  double *scale;
  double *shift;
} Affine;

static void
clear_affine (Affine *self)
{
  g_free (self->scale);
  g_free (self->shift);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Affine, clear_affine)

static void
init_affine (Affine *self, gint64 n)
{
  self->n = n;
  self->scale = g_new (double, n);
  self->shift = g_new (double, n);
}

/* scale, bias, mean and variance, each of n constants. */
static gboolean
read_normalization (const LatentNode *node, Affine *affine)
{
  double epsilon = latent_node_get_float (node, "epsilon", 1e-5f);
  const LatentTensor *parameters[4];

  if (node->outputs->len > 1 || latent_node_get_int (node, "training_mode", 0) != 0)
    return FALSE;
  for (guint i = 0; i < 4; i++) {
    const LatentValue *value = latent_node_get_input (node, i + 1);
    if (value == NULL || value->data == NULL || (gint64)value->data->n_elements != affine->n)
      return FALSE;
    parameters[i] = value->data;
  }
  for (gint64 c = 0; c < affine->n; c++) {
    double variance = latent_tensor_get_double (parameters[3], (gsize)c);
    double scale = latent_tensor_get_double (parameters[0], (gsize)c) / sqrt (variance + epsilon);
    affine->scale[c] = scale;
    affine->shift[c] = latent_tensor_get_double (parameters[1], (gsize)c) -
                       latent_tensor_get_double (parameters[2], (gsize)c) * scale;
  }
  return TRUE;
}

/* Whether a constant holds one number, or one for each channel (dimension 1 of `dst`). */
static gboolean
is_per_channel (const LatentTensor *data, const LatentShape *dst)
{
  guint behind = dst->n - 2; /* dimensions after the channels */

  if (data->shape.n > dst->n)
    return FALSE;
  if (data->n_elements == 1)
    return TRUE;
  return data->shape.n > behind && (gint64)data->n_elements == dst->dims[1] &&
         data->shape.dims[data->shape.n - 1 - behind] == dst->dims[1];
}

/* Add, Sub, Mul, Div of what a node made and constants. */
static gboolean
read_arithmetic (const LatentNode *node, const LatentValue *constant, Affine *affine)
{
  const LatentTensor *data = constant->data;
  gboolean adds = latent_node_is (node, "Add") || latent_node_is (node, "Sub");

  if (!is_per_channel (data, &latent_node_get_output (node, 0)->shape))
    return FALSE;
  for (gint64 c = 0; c < affine->n; c++) {
    double number = latent_tensor_get_double (data, data->n_elements == 1 ? 0 : (gsize)c);
    if (latent_node_is (node, "Sub"))
      number = -number;
    if (latent_node_is (node, "Div"))
      number = 1 / number;
    affine->scale[c] = adds ? 1 : number;
    affine->shift[c] = adds ? number : 0;
  }
  return TRUE;
}

/* What `node` does to its input i, where that is affine by channel and constant. */
static gboolean
read_affine (const LatentNode *node, guint i, Affine *affine)
{
  const LatentValue *other;

  if (latent_node_is (node, "BatchNormalization"))
    return i == 0 && read_normalization (node, affine);
  if (node->inputs->len != 2 || latent_node_get_int (node, "broadcast", 0) != 0)
    return FALSE;
  if (!latent_node_is (node, "Add") && !latent_node_is (node, "Mul") &&
      !(i == 0 && (latent_node_is (node, "Sub") || latent_node_is (node, "Div"))))
    return FALSE;
  other = latent_node_get_input (node, 1 - i);
  return other->data != NULL && other->type == LATENT_DATA_TYPE_FLOAT32 &&
         latent_shape_equal (
             &latent_node_get_input (node, i)->shape, &latent_node_get_output (node, 0)->shape) &&
         read_arithmetic (node, other, affine);
}

/* Whether a node's weights can take an affine function in. */
static gboolean
takes_affine (const LatentNode *node)
{
  const LatentValue *bias = latent_node_get_input (node, 2);

  if (latent_node_is (node, "Conv") || latent_node_is (node, "ConvTranspose"))
    return latent_pass_has_constant_weights (node);
  return latent_node_is (node, "Gemm") && latent_pass_has_constant_weights (node) &&
         latent_node_get_float (node, "alpha", 1) == 1 &&
         latent_node_get_float (node, "beta", 1) == 1 &&
         (bias == NULL || (gint64)bias->data->n_elements == latent_pass_count_channels (node));
}

static LatentTensor *
scale_weights (const LatentNode *node, const Affine *affine, GError **error)
{
  const LatentTensor *old = latent_node_get_input (node, 1)->data;
  LatentTensor *weights = latent_tensor_new_shape (old->type, &old->shape, error);
  gsize inner = latent_shape_product (&old->shape, 2, old->shape.n);
  const float *src = old->data;
  float *dst;

  if (weights == NULL)
    return NULL;
  dst = latent_tensor_get_writable_data (weights);
  for (gint64 i = 0; i < old->shape.dims[0]; i++)
    for (gint64 j = 0; j < old->shape.dims[1]; j++) {
      double scale = affine->scale[latent_pass_get_channel (node, i, j)];
      for (gsize k = 0; k < inner; k++)
        *dst++ = (float)(*src++ * scale);
    }
  return weights;
}

static LatentTensor *
shift_bias (const LatentNode *node, const Affine *affine, GError **error)
{
  const LatentValue *old = latent_node_get_input (node, 2);
  const LatentShape shape = {1, {affine->n}};
  LatentTensor *bias = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, error);
  float *dst;

  if (bias == NULL)
    return NULL;
  dst = latent_tensor_get_writable_data (bias);
  for (gint64 c = 0; c < affine->n; c++) {
    double number = old != NULL ? latent_tensor_get_double (old->data, (gsize)c) : 0;
    dst[c] = (float)(number * affine->scale[c] + affine->shift[c]);
  }
  return bias;
}

static gboolean
fold (LatentGraph *graph, LatentNode *host, LatentNode *node, const Affine *affine, GError **error)
{
  g_autoptr (LatentTensor) weights = scale_weights (host, affine, error);
  g_autoptr (LatentTensor) bias = weights != NULL ? shift_bias (host, affine, error) : NULL;

  if (bias == NULL)
    return FALSE;
  latent_pass_set_constant (graph, host, 1, "folded weights", g_steal_pointer (&weights));
  latent_pass_set_constant (graph, host, 2, "folded bias", g_steal_pointer (&bias));
  host->outputs->pdata[0] = latent_node_get_output (node, 0);
  latent_node_get_output (node, 0)->producer = host;
  g_ptr_array_set_size (node->outputs, 0); /* for prune: nobody needs it any more */
  return TRUE;
}

static gboolean
try_fold (LatentGraph *graph, LatentNode *node, guint i, GError **error)
{
  LatentNode *host = latent_pass_get_only_producer (latent_node_get_input (node, i));
  g_auto (Affine) affine = {0};

  if (host == NULL || node->outputs->len == 0 || !takes_affine (host))
    return TRUE;
  init_affine (&affine, latent_pass_count_channels (host));
  return !read_affine (node, i, &affine) || fold (graph, host, node, &affine, error);
}

gboolean
latent_pass_fold_weights (LatentGraph *graph, GError **error)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    LatentNode *node = g_ptr_array_index (graph->nodes, i);
    for (guint j = 0; j < MIN (node->inputs->len, 2); j++)
      if (!try_fold (graph, node, j, error)) {
        g_autofree char *name = latent_node_describe (node);
        g_prefix_error (error, "%s: ", name);
        return FALSE;
      }
  }
  latent_graph_prune (graph);
  return TRUE;
}
