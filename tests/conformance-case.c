/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/conformance-case.h"

#include <math.h>
#include <string.h>

#include "src/base/numeric.h"
#include "src/exec/exec.h"
#include "src/onnx/onnx.h"

#define RELATIVE_TOLERANCE 1e-3
#define ABSOLUTE_TOLERANCE 1e-5

static void
unref_tensor (gpointer tensor)
{
  latent_tensor_unref (tensor);
}

static LatentGraph *
load_model (const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *data = NULL;
  gsize size = 0;

  if (!g_file_get_contents (path, &data, &size, error))
    return NULL;
  return latent_onnx_parse ((const guint8 *)data, size, path, NULL, NULL, error);
}

static LatentTensor *
load_tensor (const char *folder, const char *kind, guint i, char **name, GError **error)
{
  g_autofree char *file = g_strdup_printf ("%s_%u.pb", kind, i);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *data = NULL;
  gsize size = 0;

  if (!g_file_get_contents (path, &data, &size, error))
    return NULL;
  return latent_onnx_parse_tensor ((const guint8 *)data, size, name, error);
}

/* The graph's input that tensor i of the data set is for: the one it names, else the i-th. */
static const LatentValue *
find_input (const LatentGraph *graph, const char *name, guint i)
{
  for (guint k = 0; name != NULL && k < graph->inputs->len; k++) {
    const LatentValue *value = g_ptr_array_index (graph->inputs, k);
    if (g_str_equal (value->name, name))
      return value;
  }
  return i < graph->inputs->len ? g_ptr_array_index (graph->inputs, i) : NULL;
}

/* Name of a graph input -> LatentTensor. */
static GHashTable *
load_inputs (const LatentGraph *graph, const char *folder, GError **error)
{
  g_autoptr (GHashTable)
      inputs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, unref_tensor);

  for (guint i = 0; i < graph->inputs->len; i++) {
    g_autofree char *name = NULL;
    LatentTensor *tensor = load_tensor (folder, "input", i, &name, error);
    if (tensor == NULL)
      return NULL;
    g_hash_table_insert (inputs, find_input (graph, name, i)->name, tensor);
  }
  return g_steal_pointer (&inputs);
}

/* By plain loops: with every input bound, all of the graph is a constant that folds away. */
static GPtrArray *
compute_plain (const LatentGraph *original, GHashTable *inputs, GError **error)
{
  g_autoptr (LatentGraph) graph = latent_graph_copy (original);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_RECONSTRUCT);
  g_autoptr (GPtrArray) outputs = g_ptr_array_new_with_free_func (unref_tensor);
  GHashTableIter iter;
  gpointer name, tensor;

  g_hash_table_iter_init (&iter, inputs);
  while (g_hash_table_iter_next (&iter, &name, &tensor))
    latent_request_bind (request, name, tensor);
  if (!latent_exec_bind (graph, request, error) || !latent_exec_infer (graph, error))
    return NULL;
  for (guint i = 0; i < graph->outputs->len; i++) {
    const LatentValue *value = g_ptr_array_index (graph->outputs, i);
    if (value->data == NULL) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
          "output '%s' did not fold to a constant", value->name);
      return NULL;
    }
    g_ptr_array_add (outputs, latent_tensor_ref (value->data));
  }
  return g_steal_pointer (&outputs);
}

/* Binds the input that an error asks for; where it asks for a value that is computed, all inputs of
 * integers, which is what shapes are computed from. FALSE where there is nothing left to bind. */
static gboolean
bind_what_is_asked (
    const LatentGraph *graph, GHashTable *inputs, LatentRequest *request, const GError *error)
{
  gboolean bound = FALSE;

  if (strstr (error->message, "decides a shape") == NULL)
    return FALSE;
  for (guint pass = 0; pass < 2 && !bound; pass++) {
    for (guint i = 0; i < graph->inputs->len; i++) {
      const LatentValue *value = g_ptr_array_index (graph->inputs, i);
      g_autofree char *quoted = g_strdup_printf ("'%s' decides", value->name);
      LatentTensor *tensor = g_hash_table_lookup (inputs, value->name);
      gboolean asked = pass == 0 ? strstr (error->message, quoted) != NULL
                                 : !latent_data_type_is_real (value->type);
      if (!asked || tensor == NULL || g_hash_table_contains (request->bound, value->name))
        continue;
      latent_request_bind (request, value->name, tensor);
      bound = TRUE;
    }
  }
  return bound;
}

static LatentProgram *
compile (
    const LatentGraph *graph, const char *key, GHashTable *inputs, guint threads, GError **error)
{
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_RECONSTRUCT);
  LatentProgram *program = NULL;
  GError *refusal = NULL;

  latent_request_set_threads (request, threads);
  for (guint i = 0; i < graph->inputs->len; i++) {
    const LatentValue *value = g_ptr_array_index (graph->inputs, i);
    const LatentTensor *tensor = g_hash_table_lookup (inputs, value->name);
    if (tensor != NULL && !(value->has_shape && latent_shape_is_known (&value->shape)))
      latent_request_set_shape (request, value->name, tensor->shape.n, tensor->shape.dims);
  }
  while (program == NULL) {
    g_clear_error (&refusal);
    program = latent_exec_compile (graph, key, NULL, NULL, NULL, 0, request, &refusal);
    if (program == NULL && !bind_what_is_asked (graph, inputs, request, refusal))
      break;
  }
  if (program == NULL)
    g_propagate_error (error, refusal);
  return program;
}

static GPtrArray *
compute_compiled (
    const LatentGraph *graph, const char *key, GHashTable *inputs, guint threads, GError **error)
{
  g_autoptr (LatentProgram) program = compile (graph, key, inputs, threads, error);
  g_autoptr (LatentContext) context = program != NULL ? latent_context_new (program, error) : NULL;
  g_autoptr (GPtrArray) outputs = g_ptr_array_new_with_free_func (unref_tensor);

  if (context == NULL)
    return NULL;
  for (guint i = 0; i < latent_program_get_n_inputs (program); i++) {
    const LatentPort *port = latent_program_get_input (program, i);
    if (!latent_context_set_input (context, i, g_hash_table_lookup (inputs, port->name), error))
      return NULL;
  }
  if (!latent_context_run (context, error))
    return NULL;
  for (guint i = 0; i < latent_program_get_n_outputs (program); i++) {
    LatentTensor *tensor = latent_context_get_output (context, i, error);
    if (tensor == NULL)
      return NULL;
    g_ptr_array_add (outputs, tensor);
  }
  return g_steal_pointer (&outputs);
}

static gboolean
is_near (double value, double wanted)
{
  if (isnan (value) || isnan (wanted))
    return isnan (value) && isnan (wanted);
  if (isinf (value) || isinf (wanted))
    return value == wanted;
  return fabs (value - wanted) <= ABSOLUTE_TOLERANCE + RELATIVE_TOLERANCE * fabs (wanted);
}

static gboolean
check_element (const LatentTensor *tensor, const LatentTensor *wanted, gsize i)
{
  if (latent_data_type_is_real (wanted->type))
    return is_near (latent_tensor_get_double (tensor, i), latent_tensor_get_double (wanted, i));
  return latent_tensor_get_int (tensor, i) == latent_tensor_get_int (wanted, i);
}

/* NULL where they are the same; else what differs. */
static char *
compare (const LatentTensor *tensor, const LatentTensor *wanted)
{
  if (tensor->type != wanted->type)
    return g_strdup_printf ("type %s instead of %s", latent_data_type_get_name (tensor->type),
        latent_data_type_get_name (wanted->type));
  if (!latent_shape_equal (&tensor->shape, &wanted->shape)) {
    g_autofree char *shape = latent_shape_to_string (&tensor->shape);
    g_autofree char *wanted_shape = latent_shape_to_string (&wanted->shape);
    return g_strdup_printf ("shape %s instead of %s", shape, wanted_shape);
  }
  for (gsize i = 0; i < wanted->n_elements; i++)
    if (!check_element (tensor, wanted, i))
      return g_strdup_printf ("element %zu is %g instead of %g", i,
          latent_tensor_get_double (tensor, i), latent_tensor_get_double (wanted, i));
  return NULL;
}

/* The expected output, unless it is not of the model's own type: in data about bfloat16, which
 * Numpy lacks. */
static LatentTensor *
load_output (const LatentGraph *graph, const char *folder, guint i, GError **error)
{
  const LatentValue *value = g_ptr_array_index (graph->outputs, i);
  g_autoptr (LatentTensor) tensor = load_tensor (folder, "output", i, NULL, error);

  if (tensor == NULL || tensor->type == value->type)
    return g_steal_pointer (&tensor);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "output %u: the model says %s, the data %s",
      i, latent_data_type_get_name (value->type), latent_data_type_get_name (tensor->type));
  return NULL;
}

static CaseResult
compare_outputs (
    const LatentGraph *graph, const char *folder, const GPtrArray *outputs, char **message)
{
  for (guint i = 0; i < outputs->len; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (LatentTensor) wanted = load_output (graph, folder, i, &error);
    g_autofree char *difference = NULL;
    if (wanted == NULL) {
      *message = g_strdup (error->message);
      return CASE_REFUSED;
    }
    difference = compare (g_ptr_array_index (outputs, i), wanted);
    if (difference != NULL) {
      *message = g_strdup_printf ("output %u: %s", i, difference);
      return CASE_WRONG;
    }
  }
  return CASE_PASSED;
}

static CaseResult
run_data_set (const LatentGraph *graph, const char *folder, const CaseMode *mode, char **message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GHashTable) inputs = load_inputs (graph, folder, &error);
  g_autoptr (GPtrArray) outputs = NULL;

  if (inputs != NULL && mode->plain)
    outputs = compute_plain (graph, inputs, &error);
  else if (inputs != NULL)
    outputs = compute_compiled (graph, folder, inputs, mode->threads, &error);
  if (outputs != NULL)
    return compare_outputs (graph, folder, outputs, message);
  *message = g_strdup (error->message);
  return CASE_REFUSED;
}

CaseResult
case_run (const char *folder, const CaseMode *mode, char **message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentGraph) graph = load_model (folder, &error);
  CaseResult result = CASE_PASSED;

  if (graph == NULL) {
    *message = g_strdup (error->message);
    return CASE_REFUSED;
  }
  for (guint i = 0; result == CASE_PASSED; i++) {
    g_autofree char *name = g_strdup_printf ("test_data_set_%u", i);
    g_autofree char *path = g_build_filename (folder, name, NULL);
    if (i > 0 && !g_file_test (path, G_FILE_TEST_IS_DIR))
      break;
    result = run_data_set (graph, path, mode, message);
  }
  return result;
}
