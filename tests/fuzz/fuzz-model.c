/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/latent.h>

#include "src/model/private.h"

/* Parses bytes as a model; what loads is saved and parsed again, and each of its parts is compiled
 * for a small shape and run. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define MAX_FILE  (64u << 10)
#define MAX_MACS  (G_GUINT64_CONSTANT (10) << 20)
#define MAX_BYTES (G_GUINT64_CONSTANT (16) << 20) /* of all tensors */

static LatentModel *
parse (const guint8 *data, gsize size)
{
  LatentOnnxExtra *extra = NULL;
  LatentGraph *graph = latent_onnx_parse (data, size, NULL, &extra, NULL, NULL);

  return graph != NULL ? latent_model_new_settled (graph, extra, "fuzz", NULL) : NULL;
}

static void
check_saving (const LatentModel *model)
{
  g_autoptr (GBytes) bytes = latent_onnx_serialize (model->graph, model->onnx, NULL);
  g_autoptr (LatentModel) again = NULL;

  g_assert_nonnull (bytes);
  again = parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_assert_nonnull (again);
  g_assert_cmpuint (again->graph->nodes->len, ==, model->graph->nodes->len);
}

static gboolean
is_small (const LatentGraph *part)
{
  guint64 bytes = 0;

  for (guint i = 0; i < part->values->len; i++) {
    const LatentValue *value = part->values->pdata[i];
    gsize size = 0;
    if (value->has_shape && latent_shape_is_known (&value->shape) &&
        !latent_shape_count (&value->shape, value->type, NULL, &size, NULL))
      return FALSE;
    bytes += size;
  }
  return bytes <= MAX_BYTES && latent_exec_count_macs (part) <= MAX_MACS;
}

static void
run (LatentModel *model, LatentMode mode, const LatentShape *shape)
{
  g_autoptr (LatentRequest) request = latent_request_new (mode);
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;

  latent_request_set_shape (request, NULL, shape->n, shape->dims);
  program = latent_program_new (model, request, NULL);
  if (program == NULL)
    return;
  context = latent_context_new (program, NULL);
  if (context == NULL || !latent_context_run (context, NULL))
    return;
  for (guint i = 0; i < latent_program_get_n_outputs (program); i++) {
    g_autoptr (LatentTensor) output = latent_context_get_output (context, i, NULL);
    g_assert_nonnull (output);
  }
}

static void
run_mode (LatentModel *model, LatentMode mode)
{
  const char *const *inputs = latent_model_get_cut_inputs (model, mode);
  const char *const *outputs = latent_model_get_cut_outputs (model, mode);
  const LatentValue *entry;
  g_autoptr (LatentGraph) part = NULL;
  LatentShape shape;
  guint size = MAX (MAX (model->media.stride, model->media.min_size), 2);

  if (inputs == NULL || inputs[0] == NULL)
    return;
  entry = latent_graph_find_value (model->graph, inputs[0]);
  if (!entry->has_shape)
    return;
  if (mode == LATENT_MODE_DECODE)
    size = 2;
  else if (model->media.kind == LATENT_MEDIA_AUDIO)
    size = model->media.window;
  shape = latent_model_fill_shape (model, entry, size, size);
  part = latent_graph_infer_part (model->graph, inputs, outputs, inputs[0], &shape, NULL);
  if (part != NULL && is_small (part))
    run (model, mode, &shape);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (LatentModel) model = size <= MAX_FILE ? parse (data, size) : NULL;

  if (model == NULL)
    return 0;
  check_saving (model);
  run_mode (model, LATENT_MODE_RECONSTRUCT);
  run_mode (model, LATENT_MODE_ENCODE);
  run_mode (model, LATENT_MODE_DECODE);
  return 0;
}
