/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-private.h"

#include <math.h>
#include <string.h>

#include "src/model/model.h"
#include "src/train/pca.h"

/* Dense nets that start as principal components. f (z) - f (-z) is a multiple of z for many
 * activations f: relu, gelu, silu, softplus and, of 1 + alpha times z, leaky relu. So a hidden
 * layer of at least 2k numbers lets k of them through unchanged, as a pair each; what follows it
 * takes their differences, and of its other numbers nothing. These keep their random weights, from
 * which training starts to use them: the net begins exactly as PCA and can only become better.
 *
 * A variational net's means are divided by their deviation, so that they meet the prior, and its
 * variance is that of least cost for a kl of 1 (the derivative of lambda s + (s - log s) / 2 is
 * 0): s = 1 / (1 + 2 lambda). */

/* Numbers of pairs may pass through that many layers each way. */
#define MAX_LAYERS 256
/* A sigmoid has no inverse at 0 and 1: means are kept so far from them, */
#define MEAN_MARGIN .001
/* and so far what says how steep it is. On scikit-learn's digits of 64 pixels the error is then
 * below that of 8 or 16 components; with the slope at the mean it is 7 and 44 % above. */
#define MARGIN .05

static const struct {
  const char *name;
  double slope; /* f (z) - f (-z) = slope x z */
} passing[] = {
    {"relu",       1   },
    {"leaky-relu", 1.01},
    {"gelu",       1   },
    {"silu",       1   },
    {"softplus",   1   },
};

/* One product of the chain, and how its input and output stand for numbers: by themselves (slope 0)
 * or in pairs. */
typedef struct {
  LatentNode *node;
  LatentValue *weights; /* n_dst x n_src */
  LatentValue *bias;
  gsize n_src, n_dst;
  double src_slope;
  double dst_slope;
} Layer;

/* What a layer shall do: rows x (the numbers that come in) + bias. */
typedef struct {
  const float *matrix; /* n_rows x n_columns; NULL: identity */
  gsize n_rows, n_columns;
  const float *bias; /* n_rows; NULL: zero */
} Affine;

static LatentNode *
find_node (const LatentModel *model, const char *path, const char *suffix)
{
  g_autofree char *name = g_strconcat (path, suffix, NULL);

  for (guint i = 0; i < model->graph->nodes->len; i++) {
    LatentNode *node = g_ptr_array_index (model->graph->nodes, i);
    if (g_str_equal (node->name, name))
      return node;
  }
  return NULL;
}

static gboolean
find_layer (const LatentModel *model, const char *path, Layer *layer)
{
  LatentNode *node = find_node (model, path, "");

  if (node == NULL || !g_str_equal (node->op_type, "Gemm") || node->inputs->len != 3)
    return FALSE;
  *layer = (Layer){.node = node,
      .weights = latent_node_get_input (node, 1),
      .bias = latent_node_get_input (node, 2)};
  if (layer->weights->data == NULL || layer->bias->data == NULL || layer->weights->shape.n != 2)
    return FALSE;
  gboolean turned = latent_node_get_int (node, "transB", 0) != 0;
  layer->n_dst = (gsize)layer->weights->shape.dims[turned ? 0 : 1];
  layer->n_src = (gsize)layer->weights->shape.dims[turned ? 1 : 0];
  return TRUE;
}

/* Whether the layer is followed by nodes of its own, as activations are. */
static gboolean
is_activated (const LatentModel *model, const Layer *layer)
{
  g_autofree char *prefix = g_strconcat (layer->node->name, "/", NULL);

  for (guint i = 0; i < model->graph->nodes->len; i++)
    if (g_str_has_prefix (((LatentNode *)model->graph->nodes->pdata[i])->name, prefix))
      return TRUE;
  return FALSE;
}

/* Of a hidden layer; without an activation z - (-z) is 2 z. */
static gboolean
find_slope (const LatentModel *model, Layer *layer, GError **error)
{
  layer->dst_slope = 2;
  if (!is_activated (model, layer))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (passing); i++) {
    g_autofree char *suffix = g_strconcat ("/", passing[i].name, NULL);
    layer->dst_slope = passing[i].slope;
    if (find_node (model, layer->node->name, suffix) != NULL)
      return TRUE;
  }
  return latent_arch_fail (error, "activation",
      "pca starts nets with none, relu, leaky-relu, gelu, silu or softplus, not that of '%s'",
      layer->node->name);
}

static gboolean
fail_net (GError **error)
{
  return latent_arch_fail (error, "init", "pca starts linear nets and those of dense layers alone");
}

/* "SIDE/dense1" and so on, then `last`. */
static gboolean
find_chain (const LatentModel *model, const char *side, const char *last, GArray *layers,
    gsize n_pairs, GError **error)
{
  Layer layer;
  double slope = 0;

  for (guint i = 1;; i++) {
    g_autofree char *path = g_strdup_printf ("%s/dense%u", side, i);
    if (layers->len >= MAX_LAYERS || !find_layer (model, path, &layer))
      break;
    if (layer.n_dst < 2 * n_pairs)
      return latent_arch_fail (error, "hidden",
          "%" G_GSIZE_FORMAT ", pca needs two numbers for each of %" G_GSIZE_FORMAT " latents",
          layer.n_dst, n_pairs);
    if (!find_slope (model, &layer, error))
      return FALSE;
    layer.src_slope = slope;
    slope = layer.dst_slope;
    g_array_append_val (layers, layer);
  }
  if (!find_layer (model, last, &layer))
    return fail_net (error);
  layer.src_slope = slope;
  g_array_append_val (layers, layer);
  return TRUE;
}

static float *
copy_data (LatentValue *value)
{
  LatentTensor *tensor = latent_tensor_new_shape (value->data->type, &value->data->shape, NULL);
  float *dst = latent_tensor_get_writable_data (tensor);

  memcpy (dst, value->data->data, value->data->size);
  latent_tensor_unref (value->data);
  value->data = tensor;
  return dst;
}

static void
write_row (const Layer *layer, const Affine *affine, gsize row, double sign, float *dst)
{
  gboolean pairs = layer->src_slope != 0;
  double scale = pairs ? sign / layer->src_slope : sign;

  memset (dst, 0, layer->n_src * sizeof *dst);
  for (gsize i = 0; i < affine->n_columns; i++) {
    double value = affine->matrix != NULL ? affine->matrix[row * affine->n_columns + i] : row == i;
    dst[i] = (float)(scale * value);
    if (pairs)
      dst[affine->n_columns + i] = -dst[i];
  }
}

static void
write_layer (const Layer *layer, const Affine *affine)
{
  gsize copies = layer->dst_slope != 0 ? 2 : 1;
  float *weights = copy_data (layer->weights);
  float *bias = copy_data (layer->bias);

  for (gsize i = 0; i < copies * affine->n_rows; i++) {
    double sign = i < affine->n_rows ? 1 : -1;
    gsize row = i % affine->n_rows;
    write_row (layer, affine, row, sign, weights + i * layer->n_src);
    bias[i] = affine->bias != NULL ? (float)(sign * affine->bias[row]) : 0;
  }
}

/* The deviations by which a variational net's means are divided; ones else. */
static double *
get_deviations (const LatentModel *model, const LatentPca *pca)
{
  gboolean varies = find_node (model, "encoder/logvar", "") != NULL;
  double *deviations = g_new (double, pca->k);

  for (gsize i = 0; i < pca->k; i++)
    deviations[i] = varies && pca->variances[i] > 1e-9 ? sqrt (pca->variances[i]) : 1;
  return deviations;
}

/* Components over deviations, and minus that times the mean. */
static void
write_encoder (const GArray *layers, const LatentPca *pca, const double *deviations)
{
  g_autofree float *matrix = g_new (float, pca->k * pca->d);
  g_autofree float *bias = g_new (float, pca->k);

  for (gsize i = 0; i < pca->k; i++) {
    double sum = 0;
    for (gsize j = 0; j < pca->d; j++) {
      double value = pca->components[i * pca->d + j] / deviations[i];
      matrix[i * pca->d + j] = (float)value;
      sum -= value * pca->mean[j];
    }
    bias[i] = (float)sum;
  }
  for (guint i = 0; i < layers->len; i++) {
    Affine first = {matrix, pca->k, pca->d, bias}, other = {NULL, pca->k, pca->k, NULL};
    write_layer (&g_array_index (layers, Layer, i), i == 0 ? &first : &other);
  }
}

static void
write_logvar (const LatentModel *model, const LatentPca *pca)
{
  Layer layer;

  if (!find_layer (model, "encoder/logvar", &layer))
    return;
  float *weights = copy_data (layer.weights);
  float *bias = copy_data (layer.bias);
  memset (weights, 0, layer.n_src * layer.n_dst * sizeof *weights);
  for (gsize i = 0; i < layer.n_dst; i++)
    bias[i] = (float)-log1p (2 * pca->variances[i]);
}

static double
invert_sigmoid (double y, double margin)
{
  y = CLAMP (y, margin, 1 - margin);
  return log (y / (1 - y));
}

/* A straight line for what a sigmoid is given: through the mean, as steep as its inverse is from
 * one deviation of the rebuilt element below to one above. */
static void
linearise (const LatentPca *pca, gsize element, float *value, double *slope)
{
  double mean = pca->mean[element], variance = 0;

  for (gsize i = 0; i < pca->k; i++) {
    double component = pca->components[i * pca->d + element];
    variance += component * component * pca->variances[i];
  }
  double low = CLAMP (mean - sqrt (variance), MARGIN, 1 - MARGIN);
  double high = CLAMP (mean + sqrt (variance), MARGIN, 1 - MARGIN);
  *value = (float)invert_sigmoid (mean, MEAN_MARGIN);
  *slope = .25; /* of a sigmoid at a half, where the element hardly varies */
  if (high - low > 1e-4)
    *slope = (high - low) / (invert_sigmoid (high, MARGIN) - invert_sigmoid (low, MARGIN));
}

/* Components times deviations, turned, plus the mean; before a sigmoid what makes it nearly that.
 */
static void
write_decoder (
    const GArray *layers, const LatentPca *pca, const double *deviations, gboolean has_sigmoid)
{
  const Layer *last = &g_array_index (layers, Layer, layers->len - 1);
  gboolean is_tied = latent_node_get_int (last->node, "transB", 0) == 0;
  g_autofree float *matrix = g_new (float, pca->k * pca->d);
  g_autofree float *bias = g_memdup2 (pca->mean, pca->d * sizeof (float));

  for (gsize j = 0; j < pca->d; j++) {
    double slope = 1;
    if (has_sigmoid)
      linearise (pca, j, &bias[j], &slope);
    for (gsize i = 0; i < pca->k; i++)
      matrix[j * pca->k + i] = (float)(pca->components[i * pca->d + j] * deviations[i] / slope);
  }
  for (guint i = 0; i + 1 < layers->len; i++)
    write_layer (&g_array_index (layers, Layer, i), &(Affine){NULL, pca->k, pca->k, NULL});
  if (is_tied) /* the encoder's weights are there */
    memcpy (copy_data (last->bias), bias, pca->d * sizeof *bias);
  else
    write_layer (last, &(Affine){matrix, pca->d, pca->k, bias});
}

/* Whether the chain begins at the net's input, and sizes are those of the components. */
static gboolean
check_sizes (const LatentModel *model, const GArray *encoder, const GArray *decoder,
    const LatentPca *pca, GError **error)
{
  const Layer *first = &g_array_index (encoder, Layer, 0);
  const Layer *middle = &g_array_index (encoder, Layer, encoder->len - 1);
  const Layer *last = &g_array_index (decoder, Layer, decoder->len - 1);
  const LatentValue *src = latent_node_get_input (first->node, 0);

  if (src->producer != NULL && g_str_equal (src->producer->op_type, "Flatten"))
    src = latent_node_get_input (src->producer, 0);
  if (src != model->graph->inputs->pdata[0])
    return fail_net (error);
  if (first->n_src == pca->d && middle->n_dst == pca->k && last->n_dst == pca->d)
    return TRUE;
  return latent_arch_fail (error, "init",
      "%" G_GSIZE_FORMAT " components of %" G_GSIZE_FORMAT " elements, the net has %" G_GSIZE_FORMAT
      " latents of %" G_GSIZE_FORMAT " elements",
      pca->k, pca->d, middle->n_dst, first->n_src);
}

/* The latent's must be linear; an output's cut at 0 costs data above it nothing. */
static gboolean
check_ends (const LatentModel *model, const GArray *encoder, const GArray *decoder, GError **error)
{
  const Layer *middle = &g_array_index (encoder, Layer, encoder->len - 1);
  const Layer *last = &g_array_index (decoder, Layer, decoder->len - 1);

  if (is_activated (model, middle))
    return latent_arch_fail (error, "latent-activation", "pca starts nets with none");
  if (!is_activated (model, last) || find_node (model, last->node->name, "/relu") != NULL ||
      find_node (model, last->node->name, "/sigmoid") != NULL)
    return TRUE;
  return latent_arch_fail (
      error, "output-activation", "pca starts nets with none, relu or sigmoid");
}

/* Weights are part of what names a model in the process, and its latents. */
static gboolean
rename_model (LatentModel *model, GError **error)
{
  g_autoptr (GBytes) bytes = latent_onnx_serialize (model->graph, NULL, error);

  if (bytes == NULL)
    return FALSE;
  g_free (model->key);
  model->key = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  return latent_model_set_metadata (model, "latent.id", NULL, error);
}

gboolean
latent_arch_init_pca (LatentModel *model, const LatentPca *pca, GError **error)
{
  g_autoptr (GArray) encoder = g_array_new (FALSE, FALSE, sizeof (Layer));
  g_autoptr (GArray) decoder = g_array_new (FALSE, FALSE, sizeof (Layer));

  if (!find_chain (model, "encoder", "encoder/latent", encoder, pca->k, error) ||
      !find_chain (model, "decoder", "decoder/output", decoder, pca->k, error) ||
      !check_sizes (model, encoder, decoder, pca, error) ||
      !check_ends (model, encoder, decoder, error))
    return FALSE;
  g_autofree double *deviations = get_deviations (model, pca);
  write_encoder (encoder, pca, deviations);
  write_logvar (model, pca);
  write_decoder (decoder, pca, deviations, find_node (model, "decoder/output", "/sigmoid") != NULL);
  return rename_model (model, error);
}
