/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/emit-case.h"

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/dnn/engine.h"
#include "src/exec/exec.h"

#define SEED 20240611

static LatentProgram *
compile (const NetText *net, const LatentRequest *request, GError **error)
{
  g_autofree char *key = g_strdup_printf ("%p", (gpointer)net->graph);
  return latent_exec_compile (net->graph, key, NULL, NULL, NULL, 0, request, error);
}

LatentTensor *
emit_case_run (const NetText *net, const LatentRequest *request, char **kernels)
{
  const LatentGraph *graph = net->graph;
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentProgram) program = compile (net, request, &error);
  g_autoptr (LatentContext) context = NULL;

  fail_unless (program != NULL, "%s: %s", graph->name, error != NULL ? error->message : "");
  context = latent_context_new (program, NULL);
  for (guint i = 0; i < latent_program_get_n_inputs (program); i++)
    fail_unless (latent_context_set_input (context, i, net_text_get_input (net, i), NULL));
  for (guint i = 0; i < 2; i++) /* the second must not find what the first left */
    fail_unless (latent_context_run (context, &error));
  *kernels = latent_program_describe_kernels (program);
  return latent_context_get_output (context, 0, NULL);
}

LatentTensor *
emit_case_run_plain (const NetText *net)
{
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autofree char *kernels = NULL;

  for (guint i = 0; i < net->graph->inputs->len; i++)
    latent_request_bind (request, ((LatentValue *)g_ptr_array_index (net->graph->inputs, i))->name,
        net_text_get_input (net, i));
  return emit_case_run (net, request, &kernels);
}

/* `tolerance` is a part of the greatest number. */
static void
assert_close (
    const char *name, const LatentTensor *got, const LatentTensor *wanted, double tolerance)
{
  const float *a = got->data, *b = wanted->data;
  double most = 0;

  fail_unless (latent_shape_equal (&got->shape, &wanted->shape), "%s: shape", name);
  for (gsize i = 0; i < wanted->n_elements; i++)
    most = fmax (most, fabs (b[i]));
  for (gsize i = 0; i < wanted->n_elements; i++)
    fail_unless (fabs (a[i] - b[i]) <= tolerance * most + 1e-6,
        "%s: element %zu is %g, not %g (seed %d)", name, i, a[i], b[i], SEED);
}

void
emit_case_check (const EmitCase *c, gboolean weights, gboolean variable, guint threads)
{
  g_autoptr (NetText) net = net_text_parse (c->net, weights, SEED);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentTensor) got = NULL;
  g_autoptr (LatentTensor) wanted = NULL;
  g_autofree char *kernels = NULL;

  latent_request_set_threads (request, threads);
  latent_request_set_variable_parameters (request, variable);
  got = emit_case_run (net, request, &kernels);
  wanted = emit_case_run_plain (net);
  assert_close (c->name, got, wanted, 1e-4);
  fail_unless (!c->emits || !weights || strstr (kernels, "loops") == NULL,
      "%s: not all of it is emitted:\n%s", c->name, kernels);
}

/* Kernels' names may have a + before a small letter. */
static guint
count_fused (const char *kernels)
{
  guint n = 0;

  for (; *kernels != '\0'; kernels++)
    n += *kernels == '+' && g_ascii_isupper (kernels[1]);
  return n;
}

static gboolean
has_product (const char *net)
{
  return strstr (net, "Conv") != NULL || strstr (net, "Gemm") != NULL ||
         strstr (net, "MatMul") != NULL;
}

static void
check_refusal (const EmitCase *c, const NetText *net, const LatentRequest *request)
{
  g_autoptr (GError) error = NULL;

  fail_unless (compile (net, request, &error) == NULL, "%s: bf16 on this CPU", c->name);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SETTINGS));
  fail_unless (strstr (error->message, "bf16 wants a CPU with AVX512_BF16") != NULL, "%s: %s",
      c->name, error->message);
}

/* Where all before a product and in it is linear it stays f32: inputs go through a function that is
 * not, if only just. */
static void
bend_inputs (LatentGraph *graph)
{
  for (guint i = 0; i < graph->inputs->len; i++) {
    LatentValue *value = g_ptr_array_index (graph->inputs, i), *bent;
    LatentNode *node;
    if (value->type != LATENT_DATA_TYPE_FLOAT32)
      continue;
    bent = latent_graph_add_value (graph, NULL);
    latent_graph_replace_uses (graph, value, bent);
    node = latent_graph_add_node (graph, "LeakyRelu", "bent");
    latent_node_set_float (node, "alpha", 0.875f);
    node->opset = graph->opset;
    latent_node_add_input (node, value);
    latent_node_add_output (node, bent);
  }
  fail_unless (latent_graph_sort (graph, NULL));
}

void
emit_case_check_bf16 (const EmitCase *c, gboolean weights, guint threads)
{
  g_autoptr (NetText) net = net_text_parse (c->net, weights, SEED);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentTensor) got = NULL, floats = NULL;
  g_autofree char *kernels = NULL, *float_kernels = NULL;

  bend_inputs (net->graph);
  latent_request_set_threads (request, threads);
  latent_request_set_precision (request, LATENT_PRECISION_BF16);
  if (!latent_engine_has_bf16 ()) {
    check_refusal (c, net, request);
    return;
  }
  got = emit_case_run (net, request, &kernels);
  latent_request_set_precision (request, LATENT_PRECISION_F32);
  floats = emit_case_run (net, request, &float_kernels);
  assert_close (c->name, got, floats, 0.03);
  fail_unless (count_fused (kernels) >= count_fused (float_kernels),
      "%s: less is fused:\n%s\nthan\n%s", c->name, kernels, float_kernels);
  fail_unless (
      count_fused (kernels) == 0 || strstr (kernels, "\tref") == NULL, "%s:\n%s", c->name, kernels);
  if (!c->emits || !weights)
    return;
  fail_unless (
      strstr (kernels, "loops") == NULL, "%s: not all of it is emitted:\n%s", c->name, kernels);
  fail_unless (!has_product (c->net) || strstr (kernels, "bf16") != NULL ||
                   strstr (kernels, "x64:gemm") != NULL,
      "%s: products are not in bf16:\n%s", c->name, kernels);
}
