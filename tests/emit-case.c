/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/emit-case.h"

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/exec/exec.h"
#include "tests/net-text.h"

#define SEED 20240611

static LatentTensor *
run (const NetText *net, const LatentRequest *request, char **kernels)
{
  const LatentGraph *graph = net->graph;
  g_autoptr (GError) error = NULL;
  g_autofree char *key = g_strdup_printf ("%p", (gpointer)graph);
  g_autoptr (LatentProgram)
      program = latent_exec_compile (graph, key, NULL, NULL, NULL, 0, request, &error);
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

/* By plain loops: everything is bound, and so folded. */
static LatentTensor *
run_plain (const NetText *net)
{
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autofree char *kernels = NULL;

  for (guint i = 0; i < net->graph->inputs->len; i++)
    latent_request_bind (request, ((LatentValue *)g_ptr_array_index (net->graph->inputs, i))->name,
        net_text_get_input (net, i));
  return run (net, request, &kernels);
}

static void
assert_close (const char *name, const LatentTensor *got, const LatentTensor *wanted)
{
  const float *a = got->data, *b = wanted->data;
  double most = 0;

  fail_unless (latent_shape_equal (&got->shape, &wanted->shape), "%s: shape", name);
  for (gsize i = 0; i < wanted->n_elements; i++)
    most = fmax (most, fabs (b[i]));
  for (gsize i = 0; i < wanted->n_elements; i++)
    fail_unless (fabs (a[i] - b[i]) <= 1e-4 * most + 1e-6,
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
  got = run (net, request, &kernels);
  wanted = run_plain (net);
  assert_close (c->name, got, wanted);
  fail_unless (!c->emits || !weights || strstr (kernels, "loops") == NULL,
      "%s: not all of it is emitted:\n%s", c->name, kernels);
}
