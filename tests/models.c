/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/models.h"

#include <glib/gstdio.h>
#include <string.h>

#include "src/model/model.h"

#define BLOCK 4

static char *folder;
static char *paths[TEST_N_MODELS];

typedef struct {
  const char *name;
  const char *input; /* metadata */
  const char *id;
  gint64 channels;
  gint64 width; /* -1: any */
  gint64 height;
  gboolean is_encoder;
  gboolean is_nan;
  const char *tile; /* metadata, or NULL */
} Video;

static LatentValue *
add_port (LatentGraph *graph, GPtrArray *ports, const char *name, guint n, const gint64 *dims)
{
  LatentValue *value = latent_graph_add_value (graph, name);

  value->type = LATENT_DATA_TYPE_FLOAT32;
  value->has_shape = TRUE;
  value->shape.n = n;
  for (guint i = 0; i < n; i++) {
    value->shape.dims[i] = dims[i];
    if (dims[i] < 0)
      value->symbols[i] = g_strdup_printf ("%s%u", name, i);
  }
  g_ptr_array_add (ports, value);
  return value;
}

static LatentNode *
add_node (LatentGraph *graph, const char *op_type, LatentValue *src, LatentValue *dst)
{
  LatentNode *node = latent_graph_add_node (graph, op_type, op_type);

  latent_node_add_input (node, src);
  latent_node_add_output (node, dst);
  return node;
}

/* With one more key of metadata, where it has a value. */
static void
save (LatentGraph *graph, const char *path, const char *input, const char *id, const char *key,
    const char *value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = NULL;

  if (!latent_graph_sort (graph, &error))
    g_error ("%s: %s", path, error->message);
  model = latent_model_new_from_graph (graph, &error);
  if (!model || !latent_model_set_metadata (model, "latent.tensor", "latent", &error) ||
      !latent_model_set_metadata (model, "latent.input", input, &error) ||
      !latent_model_set_metadata (model, "latent.id", id, &error) ||
      !latent_model_set_metadata (model, "latent.steps", "0.000030517578125", &error) ||
      (value && !latent_model_set_metadata (model, key, value, &error)) ||
      !latent_model_save (model, path, &error))
    g_error ("%s: %s", path, error->message);
}

static void
save_video (const Video *self, const char *path)
{
  const gint64 n = self->tile ? -1 : 1;
  const gint64 pixels[] = {n, self->channels, self->height, self->width};
  const gint64 blocks[] = {n, self->channels * BLOCK * BLOCK,
      self->height < 0 ? -1 : self->height / BLOCK, self->width < 0 ? -1 : self->width / BLOCK};
  LatentGraph *graph = latent_graph_new (self->name, 13);
  LatentValue *x = add_port (graph, graph->inputs, "x", 4, pixels);
  LatentValue *latent = add_port (graph, graph->outputs, "latent", 4, blocks);
  LatentValue *y;

  if (self->is_nan) {
    LatentValue *less = latent_graph_add_value (graph, "less");
    LatentValue *root = latent_graph_add_value (graph, "root");
    g_autoptr (LatentTensor) two = latent_tensor_new_float (2);
    LatentNode *node = add_node (graph, "Sub", x, less);

    latent_node_add_input (node, latent_graph_add_constant (graph, "two", two));
    add_node (graph, "Sqrt", less, root);
    x = root;
  }
  latent_node_set_int (add_node (graph, "SpaceToDepth", x, latent), "blocksize", BLOCK);
  if (!self->is_encoder) {
    y = add_port (graph, graph->outputs, "y", 4, pixels);
    latent_node_set_int (add_node (graph, "DepthToSpace", latent, y), "blocksize", BLOCK);
  }
  save (graph, path, self->input, self->id, "latent.tile", self->tile);
}

/* Encoder and decoder each remember a picture, so that one falls out of step where the other alone
 * forgets. */
static void
save_state (const char *path)
{
  static const gint64 dims[] = {1, 3, 8, 8};
  LatentGraph *graph = latent_graph_new ("state", 13);
  LatentValue *x = add_port (graph, graph->inputs, "x", 4, dims);
  LatentValue *seen = add_port (graph, graph->inputs, "seen", 4, dims);
  LatentValue *shown = add_port (graph, graph->inputs, "shown", 4, dims);
  LatentValue *latent = add_port (graph, graph->outputs, "latent", 4, dims);
  LatentValue *y = add_port (graph, graph->outputs, "y", 4, dims);
  LatentValue *next_seen = add_port (graph, graph->outputs, "next_seen", 4, dims);
  LatentValue *next_shown = add_port (graph, graph->outputs, "next_shown", 4, dims);

  latent_node_add_input (add_node (graph, "Sub", x, latent), seen);
  add_node (graph, "Identity", x, next_seen);
  latent_node_add_input (add_node (graph, "Add", latent, y), shown);
  add_node (graph, "Identity", y, next_shown);
  save (graph, path, "video/RGB", TEST_ID, "latent.state", "seen:next_seen,shown:next_shown");
}

/* The latent is the input, and so is the output. */
static void
save_identity (const char *path, const char *input, const char *hop, guint n, const gint64 *dims)
{
  LatentGraph *graph = latent_graph_new ("identity", 13);
  LatentValue *x = add_port (graph, graph->inputs, "x", n, dims);
  LatentValue *latent = add_port (graph, graph->outputs, "latent", n, dims);
  LatentValue *y = add_port (graph, graph->outputs, "y", n, dims);

  add_node (graph, "Identity", x, latent);
  add_node (graph, "Identity", latent, y);
  save (graph, path, input, TEST_ID, "latent.hop", hop);
}

void
test_models_init (void)
{
  static const Video videos[] = {
      [TEST_MODEL_RGB] = {"rgb",     "video/RGB",   TEST_ID,       3, -1, -1, FALSE, FALSE, NULL  },
      [TEST_MODEL_GRAY] = {"gray",    "video/GRAY8", TEST_ID,       1, -1, -1, FALSE, FALSE, NULL  },
      [TEST_MODEL_I420] = {"i420",    "video/I420",  TEST_ID,       6, -1, -1, FALSE, FALSE, NULL  },
      [TEST_MODEL_OTHER] = {"other",   "video/RGB",   TEST_OTHER_ID, 3, -1, -1, FALSE, FALSE, NULL  },
      [TEST_MODEL_FIXED] = {"fixed",   "video/RGB",   TEST_ID,       3, 96, 64, FALSE, FALSE, NULL  },
      [TEST_MODEL_ENCODER] = {"encoder", "video/RGB",   TEST_ID,       3, -1, -1, TRUE,  FALSE, NULL  },
      [TEST_MODEL_NAN] = {"nan",     "video/RGB",   TEST_ID,       3, -1, -1, FALSE, TRUE,  NULL  },
      [TEST_MODEL_TILED] = {"tiled",   "video/RGB",   TEST_ID,       3, -1, -1, FALSE, FALSE, "16x8"},
  };
  static const gint64 window[] = {1, 1, 320};
  static const gint64 stereo[] = {1, 2, 320};
  static const gint64 vector[] = {-1, 4};

  folder = g_dir_make_tmp ("latent-test-XXXXXX", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (videos); i++) {
    paths[i] = g_strdup_printf ("%s/%s.onnx", folder, videos[i].name);
    save_video (&videos[i], paths[i]);
  }
  paths[TEST_MODEL_AUDIO] = g_build_filename (folder, "audio.onnx", NULL);
  save_identity (paths[TEST_MODEL_AUDIO], "audio/16000/1", "160", 3, window);
  paths[TEST_MODEL_STEREO] = g_build_filename (folder, "stereo.onnx", NULL);
  save_identity (paths[TEST_MODEL_STEREO], "audio/16000/2", "160", 3, stereo);
  paths[TEST_MODEL_STATE] = g_build_filename (folder, "state.onnx", NULL);
  save_state (paths[TEST_MODEL_STATE]);
  paths[TEST_MODEL_VECTOR] = g_build_filename (folder, "vector.onnx", NULL);
  save_identity (paths[TEST_MODEL_VECTOR], "vector", NULL, 2, vector);
}

void
test_models_clear (void)
{
  for (guint i = 0; i < TEST_N_MODELS; i++) {
    g_unlink (paths[i]);
    g_clear_pointer (&paths[i], g_free);
  }
  g_rmdir (folder);
  g_clear_pointer (&folder, g_free);
}

const char *
test_models_get_path (TestModel model)
{
  return paths[model];
}

const char *
test_models_get_folder (void)
{
  return folder;
}
