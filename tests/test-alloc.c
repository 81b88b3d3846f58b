/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <gst/check/gstcheck.h>
#include <string.h>

#include "src/exec/exec.h"

/* A run allocates nothing by itself. oneDNN allocates small maps in every execution, which nobody
 * can help: what it and the libraries below it ask for is not counted. */

static gint counting, count;

#if defined(LATENT_SANITIZED) || !defined(__GLIBC__)
#define COUNTS FALSE
#else
#define COUNTS TRUE

static gboolean
is_ours (void *caller)
{
  static const char *const others[] = {"libdnnl", "libstdc++", "libgomp", "ld-linux", "libc.so"};
  Dl_info info;

  if (dladdr (caller, &info) == 0 || info.dli_fname == NULL)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (strstr (info.dli_fname, others[i]) != NULL)
      return FALSE;
  return TRUE;
}

static void
note (void *caller)
{
  if (!g_atomic_int_get (&counting))
    return;
  g_atomic_int_set (&counting, 0); /* dladdr may allocate */
  if (is_ours (caller))
    g_atomic_int_inc (&count);
  g_atomic_int_set (&counting, 1);
}

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n, size_t size);
extern void *__libc_realloc (void *old, size_t size);
extern void *__libc_memalign (size_t alignment, size_t size);

void *
malloc (size_t size)
{
  note (__builtin_return_address (0));
  return __libc_malloc (size);
}

void *
calloc (size_t n, size_t size)
{
  note (__builtin_return_address (0));
  return __libc_calloc (n, size);
}

void *
realloc (void *old, size_t size)
{
  note (__builtin_return_address (0));
  return __libc_realloc (old, size);
}

int
posix_memalign (void **to, size_t alignment, size_t size)
{
  note (__builtin_return_address (0));
  *to = __libc_memalign (alignment, size);
  return *to != NULL ? 0 : ENOMEM;
}
#endif

static LatentValue *
get_value (LatentGraph *graph, const char *name)
{
  LatentValue *value = latent_graph_find_value (graph, name);
  return value != NULL ? value : latent_graph_add_value (graph, name);
}

static LatentNode *
add_node (LatentGraph *graph, const char *op, const char *a, const char *b, const char *output)
{
  LatentNode *node = latent_graph_add_node (graph, op, output);

  latent_node_add_input (node, get_value (graph, a));
  if (b != NULL)
    latent_node_add_input (node, get_value (graph, b));
  latent_node_add_output (node, get_value (graph, output));
  return node;
}

/* A primitive, a copy, plain loops, a reduction, and a reorder before what wants row-major data. */
static LatentGraph *
make_net (void)
{
  LatentGraph *graph = latent_graph_new ("net", 13);
  const gint64 dims[] = {1, 16, 24, 24}, kernel[] = {32, 16, 3, 3};
  g_autoptr (LatentTensor) weights = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 4, kernel, NULL);
  g_autoptr (LatentTensor) axis = latent_tensor_new_int64s ((gint64[]){1}, 1);
  LatentValue *x = get_value (graph, "x");

  latent_graph_add_constant (graph, "w", weights);
  add_node (graph, "Conv", "x", "w", "conv");
  latent_node_set_int (add_node (graph, "DepthToSpace", "conv", NULL, "wide"), "blocksize", 2);
  add_node (graph, "Erf", "wide", NULL, "erf");
  add_node (graph, "Softmax", "erf", NULL, "soft");
  latent_graph_add_constant (graph, "axis", axis);
  add_node (graph, "CumSum", "soft", "axis", "y");
  x->type = LATENT_DATA_TYPE_FLOAT32;
  x->has_shape = TRUE;
  x->shape.n = 4;
  memcpy (x->shape.dims, dims, sizeof dims);
  g_ptr_array_add (graph->inputs, x);
  g_ptr_array_add (graph->outputs, get_value (graph, "y"));
  fail_unless (latent_graph_sort (graph, NULL));
  return graph;
}

static void
check_runs (guint threads)
{
  g_autoptr (LatentGraph) graph = make_net ();
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;
  gboolean good = TRUE;

  latent_request_set_threads (request, threads);
  program = latent_exec_compile (graph, "net", NULL, NULL, NULL, 0, request, &error);
  fail_unless (program != NULL, "%s", error != NULL ? error->message : "");
  context = latent_context_new (program, NULL);
  fail_unless (latent_context_run (context, NULL));
  g_atomic_int_set (&counting, COUNTS);
  for (guint i = 0; i < 3; i++)
    good = latent_context_run (context, NULL) && good;
  g_atomic_int_set (&counting, 0);
  fail_unless (good);
  fail_unless_equals_int (count, 0);
}

GST_START_TEST (test_a_run_allocates_nothing)
{
  check_runs (1);
}
GST_END_TEST

GST_START_TEST (test_a_run_with_two_threads_allocates_nothing)
{
  check_runs (2);
}
GST_END_TEST

/* Or the tests above would prove nothing. */
GST_START_TEST (test_the_count_counts)
{
  gpointer volatile memory;

  g_atomic_int_set (&counting, COUNTS);
  memory = g_malloc (100);
  g_atomic_int_set (&counting, 0);
  g_free (memory);
  fail_unless_equals_int (count, COUNTS);
}
GST_END_TEST

static Suite *
alloc_suite (void)
{
  Suite *suite = suite_create ("alloc");
  TCase *tc = tcase_create ("alloc");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_a_run_allocates_nothing);
  tcase_add_test (tc, test_a_run_with_two_threads_allocates_nothing);
  tcase_add_test (tc, test_the_count_counts);
  return suite;
}

GST_CHECK_MAIN (alloc)
