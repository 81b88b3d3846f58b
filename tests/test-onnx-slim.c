/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/onnx/onnx.h"
#include "wire.h"

#define ROWS  130
#define BYTES (ROWS * ROWS * 4)

/* Element i of the weights is i. */
static float *
make_weights (void)
{
  float *weights = g_new (float, ROWS *ROWS);

  for (guint i = 0; i < ROWS * ROWS; i++)
    weights[i] = (float)i;
  return weights;
}

/* A file of x + w, whose weights' raw data are `n_bytes`, `times` over; `elements` beside them. */
static char *
save (gsize n_bytes, guint times, guint elements)
{
  g_autofree char *path = NULL;
  g_autofree float *weights = make_weights ();
  GByteArray *graph = wire_graph (), *tensor;
  g_autoptr (GByteArray) model = NULL;
  int fd = g_file_open_tmp ("latent-slim-XXXXXX.onnx", &path, NULL);

  tensor = wire_tensor ("w", 1, 2, (gint64[]){ROWS, ROWS});
  for (guint i = 0; i < times; i++)
    wire_data (tensor, 9, weights, n_bytes);
  if (elements > 0)
    wire_data (tensor, 4, weights, elements * 4);
  wire_message (graph, 5, tensor);
  wire_message (graph, 1, wire_node ("Add", "x", "w", "y"));
  model = wire_model (graph);
  g_close (fd, NULL);
  fail_unless (g_file_set_contents (path, (const char *)model->data, model->len, NULL));
  return g_steal_pointer (&path);
}

static LatentGraph *
parse (const char *path, GError **error)
{
  g_autoptr (LatentFile) file = latent_file_open (path, 1 << 20, error);

  return latent_onnx_parse_file (file, path, NULL, NULL, error);
}

GST_START_TEST (weights_stay_in_the_file)
{
  g_autofree char *path = save (BYTES, 1, 0);
  g_autoptr (LatentGraph) graph = parse (path, NULL);
  LatentTensor *weights = latent_graph_find_value (graph, "w")->data;
  g_autoptr (LatentTensor) loaded = NULL;

  fail_unless (weights->data == NULL);
  fail_unless_equals_int (weights->size, BYTES);
  loaded = latent_tensor_load (weights, NULL);
  fail_unless (weights->data == NULL);
  for (guint i = 0; i < ROWS * ROWS; i++)
    fail_unless (((const float *)loaded->data)[i] == (float)i);
  g_remove (path);
}
GST_END_TEST

GST_START_TEST (weights_that_are_held_stay_in_memory)
{
  g_autofree char *path = save (BYTES, 1, 0);
  g_autoptr (LatentGraph) graph = parse (path, NULL);
  LatentTensor *weights = latent_graph_find_value (graph, "w")->data;

  fail_unless (latent_graph_hold_data (graph, NULL));
  fail_unless (((const float *)weights->data)[ROWS * ROWS - 1] == ROWS * ROWS - 1);
  g_remove (path);
}
GST_END_TEST

GST_START_TEST (a_graph_may_load_them_for_itself)
{
  g_autofree char *path = save (BYTES, 1, 0);
  g_autoptr (LatentGraph) graph = parse (path, NULL);
  g_autoptr (LatentGraph) copy = latent_graph_copy (graph);

  fail_unless (latent_graph_load_data (copy, NULL));
  fail_unless (((const float *)latent_graph_find_value (copy, "w")->data->data)[77] == 77);
  fail_unless (latent_graph_find_value (graph, "w")->data->data == NULL);
  g_remove (path);
}
GST_END_TEST

GST_START_TEST (they_are_saved_with_the_rest)
{
  g_autofree char *path = save (BYTES, 1, 0);
  g_autoptr (LatentGraph) graph = parse (path, NULL);
  g_autoptr (GBytes) bytes = latent_onnx_serialize (graph, NULL, NULL);
  g_autoptr (LatentGraph) again = latent_onnx_parse (
      g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL, NULL, NULL, NULL);

  fail_unless (((const float *)latent_graph_find_value (again, "w")->data->data)[77] == 77);
  fail_unless (latent_graph_find_value (graph, "w")->data->data == NULL);
  g_remove (path);
}
GST_END_TEST

/* As somebody does who copies another model over the file. */
GST_START_TEST (a_file_that_is_written_to_is_an_error)
{
  g_autofree char *path = save (BYTES, 1, 0);
  g_autofree char *message = g_strdup_printf (
      "%s: the file has been written to since it was opened", path);
  g_autoptr (LatentGraph) graph = parse (path, NULL);
  g_autoptr (GError) error = NULL;
  const struct timespec times[2] = {
      {1, 0},
      {1, 0}
  }; /* another than it was, whatever the clock shows */
  FILE *file = g_fopen (path, "r+b");

  fputs ("something else", file);
  fclose (file);
  fail_unless (utimensat (AT_FDCWD, path, times, 0) == 0);
  fail_if (latent_graph_load_data (graph, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_READ));
  fail_unless_equals_string (error->message, message);
  g_remove (path);
}
GST_END_TEST

GST_START_TEST (a_file_that_is_cut_off_is_an_error)
{
  g_autofree char *path = save (BYTES, 1, 0);
  g_autoptr (LatentGraph) graph = parse (path, NULL);

  fail_unless (truncate (path, 1000) == 0);
  fail_if (latent_graph_load_data (graph, NULL));
  fail_if (latent_graph_hold_data (graph, NULL));
  g_remove (path);
}
GST_END_TEST

/* A file that another took the place of is still there. */
GST_START_TEST (a_file_may_be_replaced)
{
  g_autofree char *path = save (BYTES, 1, 0);
  g_autoptr (LatentGraph) graph = parse (path, NULL);

  g_remove (path);
  fail_unless (latent_graph_load_data (graph, NULL));
}
GST_END_TEST

static const struct {
  gsize n_bytes;
  guint times, elements;
  const char *message; /* how the error ends; NULL: none */
} cases[] = {
    {BYTES, 2, 0, NULL                                                                  }, /* the last counts: read as a whole */
    {BYTES, 1, 3, "data are given both raw and as elements"                             },
    {65536, 1, 0, "a float32 tensor of shape 130x130 takes 67600 bytes, 65536 are given"},
    {1000,  1, 0, "a float32 tensor of shape 130x130 takes 67600 bytes, 1000 are given" },
};

GST_START_TEST (what_is_wrong_is_said)
{
  g_autofree char *path = save (cases[__i__].n_bytes, cases[__i__].times, cases[__i__].elements);
  g_autofree char *prefix = g_strdup_printf ("%s: initialiser 'w': ", path);
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentGraph) graph = parse (path, &error);

  fail_unless ((graph != NULL) == (cases[__i__].message == NULL));
  if (graph != NULL)
    fail_unless (latent_graph_find_value (graph, "w")->data->data != NULL);
  else
    fail_unless (g_str_has_prefix (error->message, prefix) &&
                     g_str_has_suffix (error->message, cases[__i__].message),
        "%s", error->message);
  g_remove (path);
}
GST_END_TEST

static Suite *
onnx_slim_suite (void)
{
  Suite *suite = suite_create ("onnx-slim");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, weights_stay_in_the_file);
  tcase_add_test (tc, weights_that_are_held_stay_in_memory);
  tcase_add_test (tc, a_graph_may_load_them_for_itself);
  tcase_add_test (tc, they_are_saved_with_the_rest);
  tcase_add_test (tc, a_file_that_is_written_to_is_an_error);
  tcase_add_test (tc, a_file_that_is_cut_off_is_an_error);
  tcase_add_test (tc, a_file_may_be_replaced);
  tcase_add_loop_test (tc, what_is_wrong_is_said, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (onnx_slim)
