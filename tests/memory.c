/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/exec/program.h"
#include "tests/session-models.h"

/* What a net costs in memory. A loaded model leaves its weights in the file; a program holds them
 * in the layouts of its primitives, and while it is compiled one layer's twice; a context holds the
 * arena, and beyond that all is little, whatever the net's size. Another user of the same net, as
 * another element is, takes its arena. Prints a row a net, all in MB, then what 1, 2, 4 and 8 users
 * take; fails where a row is above a limit. */

#define LIMIT  30 /* MB that a program and its context take besides weights and arena */
#define PARSED 12 /* MB of a loaded model */
#define USER   2  /* MB that one more user of a net takes besides the arena */
#define USERS  8
#define LAYERS 4
#define SIZE   16 /* pixels each way */

static const gint64 nets[] = {188, 744}; /* channels: 5 and 80 MB of weights */

/* A field of /proc/self/status, in MB. */
static double
get_status (const char *field)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL) ||
      !(line = strstr (text, field)))
    g_error ("no %s in /proc/self/status", field);
  return (double)g_ascii_strtoull (line + strlen (field) + 1, NULL, 10) / 1024;
}

static LatentValue *
add_layer (LatentGraph *graph, guint i, LatentValue *src, gint64 channels)
{
  static const gint64 pads[] = {1, 1, 1, 1};
  static const char *const names[LAYERS] = {"a", "latent", "b", "y"};
  LatentShape shape = {
      4, {channels, channels, 3, 3}
  };
  g_autofree char *name = g_strdup_printf ("w%u", i);
  g_autoptr (LatentTensor)
      weights = latent_tensor_new_shape (LATENT_DATA_TYPE_FLOAT32, &shape, NULL);
  float *data = latent_tensor_get_writable_data (weights);
  LatentValue *dst;

  for (gint64 k = 0; k < channels * channels * 9; k++)
    data[k] = (float)(i + 1) / (float)(k + 1); /* of each layer its own */
  dst = test_add_node (
      graph, "Conv", names[i], src, latent_graph_add_constant (graph, name, weights));
  latent_node_set_ints (test_last_node (graph), "pads", pads, 4);
  return dst;
}

static void
save_net (const char *path, gint64 channels)
{
  static const char *const keys[] = {"latent.tensor", "latent", NULL};
  const gint64 dims[] = {1, channels, SIZE, SIZE};
  LatentGraph *graph = latent_graph_new ("memory", 17);
  LatentValue *value = test_add_input (graph, "x", 4, dims);
  g_autoptr (LatentModel) model = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < LAYERS; i++)
    value = add_layer (graph, i, value, channels);
  model = test_model_new (graph, value, keys);
  if (!latent_model_save (model, path, &error))
    g_error ("%s", error->message);
}

/* Bytes of the constants in the layouts that primitives asked for. */
static gsize
count_constants (const LatentSchedule *schedule)
{
  gsize bytes = 0;

  for (guint i = 0; i < schedule->buffers->len; i++) {
    const LatentBuffer *buffer = latent_schedule_get_buffer (schedule, i);

    bytes += buffer->data != NULL ? buffer->size : 0;
  }
  return bytes;
}

/* One user: loads, compiles and runs as an element does, whoever else did so before. */
static LatentContext *
add_user (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = latent_model_load (path, &error);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_RECONSTRUCT);
  g_autoptr (LatentProgram) program = NULL;
  LatentContext *context;

  latent_request_set_threads (request, 1);
  if (!model || !(program = latent_program_new (model, request, &error)) ||
      !(context = latent_context_new (program, &error)) || !latent_context_run (context, &error))
    g_error ("%s", error->message);
  return context;
}

static gboolean
measure_users (const char *path)
{
  g_autoptr (GPtrArray)
      users = g_ptr_array_new_with_free_func ((GDestroyNotify)latent_context_unref);
  g_autoptr (LatentModel) model = latent_model_load (path, NULL); /* held by elements, too */
  double start = get_status ("VmRSS:"), first = 0, arena = 0;
  gboolean fits = TRUE;

  printf ("%8s %8s %8s\n", "users", "all", "each");
  while (users->len < USERS) {
    const LatentSchedule *schedule;
    double more;
    g_ptr_array_add (users, add_user (path));
    schedule = latent_context_get_program (users->pdata[0])->schedule;
    arena = (double)(schedule->arena_size + schedule->scratch_size) / (1 << 20);
    if (users->len == 1)
      first = get_status ("VmRSS:");
    more = users->len > 1 ? (get_status ("VmRSS:") - first) / (users->len - 1) : arena;
    fits = fits && more < arena + USER;
    if ((users->len & (users->len - 1)) == 0)
      printf ("%8u %8.1f %8.1f\n", users->len, get_status ("VmRSS:") - start, more);
  }
  return fits;
}

/* Loads, compiles and runs; says what each of these took. */
static gboolean
measure (const char *path)
{
  g_autoptr (GError) error = NULL;
  double start = get_status ("VmRSS:"), loaded, ran;
  g_autoptr (LatentModel) model = latent_model_load (path, &error);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_RECONSTRUCT);
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (LatentContext) context = NULL;
  double weights, arena, over, peak;

  loaded = get_status ("VmRSS:");
  latent_request_set_threads (request, 1);
  if (!model || !(program = latent_program_new (model, request, &error)) ||
      !(context = latent_context_new (program, &error)) || !latent_context_run (context, &error) ||
      !latent_context_run (context, &error))
    g_error ("%s", error->message);
  ran = get_status ("VmRSS:");
  weights = (double)count_constants (program->schedule) / (1 << 20);
  arena = (double)(program->schedule->arena_size + program->schedule->scratch_size) / (1 << 20);
  over = ran - loaded - weights - arena;
  peak = get_status ("VmHWM:") - start;
  printf ("%8.1f %8.1f %8.1f %8.1f %8.1f %8.1f\n", weights, arena, loaded - start, ran - loaded,
      over, peak);
  return over < LIMIT && loaded - start < PARSED &&
         peak < weights + weights / LAYERS + arena + LIMIT;
}

/* In a process of its own, so that nothing of the net before is left. */
static gboolean
run_apart (const char *path, gint64 channels, gboolean (*measure_net) (const char *path))
{
  pid_t child = fork ();
  gboolean fits;
  int status;

  if (child == 0) {
    if (channels)
      save_net (path, channels);
    fits = channels || measure_net (path);
    fflush (stdout);
    _exit (fits ? 0 : 1);
  }
  return child > 0 && waitpid (child, &status, 0) == child && status == 0;
}

int
main (void)
{
  g_autofree char *folder = g_dir_make_tmp ("latent-memory-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "net.onnx", NULL);
  gboolean fits = TRUE;

  printf ("%8s %8s %8s %8s %8s %8s\n", "weights", "arena", "model", "program", "over", "peak");
  fflush (stdout);
  for (guint i = 0; i < G_N_ELEMENTS (nets); i++)
    fits = run_apart (path, nets[i], NULL) && run_apart (path, 0, measure) && fits;
  fits = run_apart (path, 0, measure_users) && fits;
  unlink (path);
  rmdir (folder);
  return fits ? 0 : 1;
}
