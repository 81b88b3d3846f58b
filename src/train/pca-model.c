/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/tensor.h"
#include "src/codec/motion-basis.h"
#include "src/graph/graph.h"
#include "src/media/format.h"
#include "src/model/model.h"
#include "src/train/pca.h"

#define OPSET 13

/* One sample as the net sees it: channels of height x width elements; audio has a height of 1. */
typedef struct {
  guint n_dims; /* of the input, the batch included */
  gint64 channels;
  gint64 height;
  gint64 width;
} Sample;

static LatentValue *
add_value (LatentGraph *graph, const char *name, guint n_dims, const gint64 *dims,
    const char *const *symbols)
{
  LatentValue *value = latent_graph_add_value (graph, name);
  value->type = LATENT_DATA_TYPE_FLOAT32;
  value->has_shape = TRUE;
  value->shape.n = n_dims;
  for (guint i = 0; i < n_dims; i++) {
    value->shape.dims[i] = dims[i];
    value->symbols[i] = dims[i] < 0 ? g_strdup (symbols[i]) : NULL;
  }
  return value;
}

static LatentValue *
add_floats (
    LatentGraph *graph, const char *name, const float *data, guint n_dims, const gint64 *dims)
{
  LatentShape shape = {.n = n_dims};
  memcpy (shape.dims, dims, n_dims * sizeof dims[0]);
  g_autoptr (GBytes)
      bytes = g_bytes_new (data, latent_shape_product (&shape, 0, n_dims) * sizeof (float));
  g_autoptr (LatentTensor)
      tensor = latent_tensor_new_from_bytes (LATENT_DATA_TYPE_FLOAT32, n_dims, dims, bytes, NULL);
  LatentValue *value = latent_graph_add_constant (graph, name, tensor);
  value->is_parameter = TRUE;
  return value;
}

static LatentNode *
add_node (LatentGraph *graph, const char *op_type, const char *name, LatentValue *dst,
    LatentValue *src, LatentValue *weights, LatentValue *bias)
{
  LatentNode *node = latent_graph_add_node (graph, op_type, name);
  latent_node_add_input (node, src);
  if (weights)
    latent_node_add_input (node, weights);
  if (bias)
    latent_node_add_input (node, bias);
  latent_node_add_output (node, dst);
  return node;
}

/* -W mean, so that W x + it is W (x - mean). */
static LatentValue *
add_encoder_bias (LatentGraph *graph, const LatentPca *pca)
{
  g_autofree float *bias = g_new (float, pca->k);
  for (gsize i = 0; i < pca->k; i++) {
    double sum = 0;
    for (gsize j = 0; j < pca->d; j++)
      sum -= (double)pca->components[i * pca->d + j] * pca->mean[j];
    bias[i] = (float)sum;
  }
  return add_floats (graph, "encoder.bias", bias, 1, (gint64[]){(gint64)pca->k});
}

/* Matrix products: vectors, audio windows, whole frames. Encoder and decoder share the matrix. */
static void
add_dense (LatentGraph *graph, const LatentPca *pca, const Sample *sample, LatentValue *x,
    LatentValue *latent, LatentValue *y)
{
  gint64 d = (gint64)pca->d, k = (gint64)pca->k;
  gboolean flat = sample->n_dims == 2;
  LatentValue *components = add_floats (graph, "components", pca->components, 2, (gint64[]){k, d});
  LatentValue *mean = add_floats (graph, "mean", pca->mean, 1, (gint64[]){d});
  LatentValue *vector = flat ? x : latent_graph_add_value (graph, "x.flat");
  LatentValue *rebuilt = flat ? y : latent_graph_add_value (graph, "y.flat");

  if (!flat)
    latent_node_set_int (add_node (graph, "Flatten", "flatten", vector, x, NULL, NULL), "axis", 1);
  LatentNode *encode = add_node (
      graph, "Gemm", "encode", latent, vector, components, add_encoder_bias (graph, pca));
  latent_node_set_int (encode, "transB", 1);
  add_node (graph, "Gemm", "decode", rebuilt, latent, components, mean);
  if (flat)
    return;
  gint64 dims[4] = {-1, sample->channels, sample->height, sample->width};
  if (sample->n_dims == 3)
    dims[2] = sample->width;
  g_autoptr (LatentTensor) shape = latent_tensor_new_int64s (dims, sample->n_dims);
  add_node (graph, "Reshape", "shape", y, rebuilt,
      latent_graph_add_constant (graph, "y.shape", shape), NULL);
}

static void
set_kernel (LatentNode *node, const Sample *sample)
{
  gint64 size[] = {sample->height, sample->width};
  latent_node_set_ints (node, "kernel_shape", size, 2);
  latent_node_set_ints (node, "strides", size, 2);
}

/* components (k x d) as d x k. */
static float *
transpose_components (const LatentPca *pca)
{
  float *turned = g_new (float, pca->k * pca->d);
  for (gsize i = 0; i < pca->k; i++)
    for (gsize j = 0; j < pca->d; j++)
      turned[j * pca->k + i] = pca->components[i * pca->d + j];
  return turned;
}

/* Square tiles: each latent pixel becomes d channels, which DepthToSpace lays out as a tile. */
static void
add_square_decoder (LatentGraph *graph, const LatentPca *pca, const Sample *sample,
    LatentValue *latent, LatentValue *y)
{
  gint64 d = (gint64)pca->d, k = (gint64)pca->k;
  g_autofree float *turned = transpose_components (pca);
  LatentValue *weights = add_floats (graph, "decoder.weights", turned, 4, (gint64[]){d, k, 1, 1});
  LatentValue *mean = add_floats (graph, "mean", pca->mean, 1, (gint64[]){d});
  LatentValue *depth = latent_graph_add_value (graph, "y.depth");
  add_node (graph, "Conv", "decode", depth, latent, weights, mean);
  LatentNode *node = add_node (graph, "DepthToSpace", "tiles", y, depth, NULL, NULL);
  latent_node_set_int (node, "blocksize", sample->width);
  latent_node_set_string (node, "mode", "CRD");
}

/* Tiles that are not square: a transposed convolution. Its bias is the same for every pixel of a
 * channel, the mean is not: so the mean is the weights of one more latent that is always 1. */
static void
add_oblong_decoder (LatentGraph *graph, const LatentPca *pca, const Sample *sample,
    LatentValue *latent, LatentValue *y)
{
  gint64 k = (gint64)pca->k;
  g_autofree float *pass = g_new0 (float, (pca->k + 1) * pca->k);
  g_autofree float *one = g_new0 (float, pca->k + 1);
  g_autofree float *rows = g_new (float, (pca->k + 1) * pca->d);
  for (gsize i = 0; i < pca->k; i++)
    pass[i * pca->k + i] = 1;
  one[pca->k] = 1;
  memcpy (rows, pca->components, pca->k * pca->d * sizeof (float));
  memcpy (rows + pca->k * pca->d, pca->mean, pca->d * sizeof (float));

  LatentValue *extended = latent_graph_add_value (graph, "latent.one");
  add_node (graph, "Conv", "append-one", extended, latent,
      add_floats (graph, "append-one.weights", pass, 4, (gint64[]){k + 1, k, 1, 1}),
      add_floats (graph, "append-one.bias", one, 1, (gint64[]){k + 1}));
  LatentValue *weights = add_floats (graph, "decoder.weights", rows, 4,
      (gint64[]){k + 1, sample->channels, sample->height, sample->width});
  set_kernel (add_node (graph, "ConvTranspose", "decode", y, extended, weights, NULL), sample);
}

/* Tiles of frames of any size: kernel and stride are the tile. */
static void
add_tiles (LatentGraph *graph, const LatentPca *pca, const Sample *sample, LatentValue *x,
    LatentValue *latent, LatentValue *y)
{
  LatentValue *weights = add_floats (graph, "encoder.weights", pca->components, 4,
      (gint64[]){(gint64)pca->k, sample->channels, sample->height, sample->width});
  set_kernel (add_node (graph, "Conv", "encode", latent, x, weights, add_encoder_bias (graph, pca)),
      sample);
  if (sample->height == sample->width)
    add_square_decoder (graph, pca, sample, latent, y);
  else
    add_oblong_decoder (graph, pca, sample, latent, y);
}

static gboolean
describe_sample (const LatentPca *pca, const LatentMediaInfo *media, Sample *sample, GError **error)
{
  *sample = (Sample){2, 1, 1, (gint64)pca->d};
  if (media->kind == LATENT_MEDIA_AUDIO)
    *sample = (Sample){3, media->channels, 1, media->window};
  if (media->kind == LATENT_MEDIA_VIDEO) {
    const LatentLayout *layout = latent_layout_get (media->color);
    guint width = media->tile_width ? media->tile_width : media->fixed_width;
    guint height = media->tile_width ? media->tile_height : media->fixed_height;
    *sample = (Sample){4, layout->n_lanes, height / layout->density, width / layout->density};
  }
  if (sample->channels * sample->height * sample->width == (gint64)pca->d)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "components of %" G_GSIZE_FORMAT " elements do not make %" G_GINT64_FORMAT
      " channels of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT,
      pca->d, sample->channels, sample->width, sample->height);
  return FALSE;
}

static LatentGraph *
build_graph (const LatentPca *pca, const LatentMediaInfo *media, const Sample *sample)
{
  gboolean tiles = media->kind == LATENT_MEDIA_VIDEO && media->tile_width > 0;
  gint64 k = (gint64)pca->k;
  gint64 shape[4] = {-1, sample->channels, tiles ? -1 : sample->height, tiles ? -1 : sample->width};
  if (sample->n_dims == 3)
    shape[2] = sample->width;
  if (sample->n_dims == 2)
    shape[1] = sample->width;

  LatentGraph *graph = latent_graph_new ("pca", OPSET);
  LatentValue *x = add_value (
      graph, "x", sample->n_dims, shape, (const char *[]){"n", NULL, "h", "w"});
  LatentValue *latent = add_value (graph, "latent", tiles ? 4 : 2, (gint64[]){-1, k, -1, -1},
      (const char *[]){"n", NULL, "lh", "lw"});
  LatentValue *y = add_value (
      graph, "y", sample->n_dims, shape, (const char *[]){"n", NULL, "yh", "yw"});
  if (tiles)
    add_tiles (graph, pca, sample, x, latent, y);
  else
    add_dense (graph, pca, sample, x, latent, y);
  g_ptr_array_add (graph->inputs, x);
  g_ptr_array_add (graph->outputs, y);
  g_ptr_array_add (graph->outputs, latent);
  return graph;
}

static char *
describe_input (const LatentMediaInfo *media)
{
  if (media->kind == LATENT_MEDIA_VIDEO)
    return g_strdup_printf ("video/%s", latent_layout_get (media->color)->name);
  if (media->kind == LATENT_MEDIA_AUDIO)
    return g_strdup_printf ("audio/%u/%u", media->rate, media->channels);
  return g_strdup ("vector");
}

/* Components are orthonormal, so that all have one step: two levels of 255 at the best quality. */
static gboolean
set_steps (LatentModel *model, const LatentMediaInfo *media, GError **error)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (number, sizeof number, "%.6g", 2. * (double)latent_model_get_scale (model, 0));
  return media->kind != LATENT_MEDIA_VIDEO ||
         latent_model_set_metadata (model, "latent.steps", number, error);
}

LatentModel *
latent_pca_to_model (
    const LatentPca *self, const LatentMediaInfo *media, double scale, GError **error)
{
  Sample sample;
  g_return_val_if_fail (self->k > 0, NULL);
  if (!describe_sample (self, media, &sample, error))
    return NULL;
  g_autoptr (LatentGraph) graph = build_graph (self, media, &sample);
  if (!latent_graph_sort (graph, error))
    return NULL;
  g_autoptr (LatentModel) model = latent_model_new_from_graph (g_steal_pointer (&graph), error);
  if (!model)
    return NULL;

  g_autofree char *input = describe_input (media);
  g_autofree char *hop = media->hop ? g_strdup_printf ("%u", media->hop) : NULL;
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_dtostr (number, sizeof number, scale);
  if (!latent_model_set_metadata (model, "latent.input", input, error) ||
      !latent_model_set_metadata (model, "latent.tensor", "latent", error))
    return NULL;
  if (hop && !latent_model_set_metadata (model, "latent.hop", hop, error))
    return NULL;
  if (scale > 0 && !latent_model_set_metadata (model, "latent.scale", number, error))
    return NULL;
  if (!set_steps (model, media, error))
    return NULL;
  if (media->kind == LATENT_MEDIA_VIDEO && media->tile_width > 0)
    latent_motion_basis_declare (model, "encoder.weights", "encoder.bias");
  return g_steal_pointer (&model);
}
