/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/model/find.h"

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <string.h>
#include <utime.h>

#include "src/dnn/engine.h"
#include "src/exec/qdq.h"
#include "src/onnx/peek.h"
#include "tests/session-models.h"

static char *folder;

static void
setup (void)
{
  folder = g_dir_make_tmp ("latent-test-XXXXXX", NULL);
}

static void
teardown (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (folder);
  g_clear_pointer (&folder, g_free);
}

static char *
save (const char *name, const char *id)
{
  static const gint64 dims[] = {1, 4};
  const char *const keys[] = {"latent.tensor", "latent", "latent.id", id, NULL};
  g_autoptr (LatentModel) model = test_identity_new (2, dims, keys);
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, name, NULL);

  ck_assert_msg (latent_model_save (model, path, &error), "%s", error ? error->message : "");
  return path;
}

/* The same in integers. */
static char *
save_quantized (const char *name, const char *id)
{
  static const gint64 dims[] = {1, 4};
  static const LatentQdqStep step = {LATENT_DATA_TYPE_UINT8, .5f, 0};
  const char *const keys[] = {"latent.tensor", "latent", "latent.id", id, NULL};
  g_autoptr (LatentModel) model = test_identity_new (2, dims, keys);
  LatentGraph *graph = latent_graph_copy (model->graph);
  LatentNode *node = latent_graph_find_value (graph, "latent")->producer;
  g_autoptr (LatentModel) quantized = NULL;
  char *path = g_build_filename (folder, name, NULL);

  node->inputs->pdata[0] = latent_qdq_add_pair (graph, latent_node_get_input (node, 0), &step);
  quantized = latent_model_new_changed (model, graph, TRUE, NULL);
  ck_assert (quantized && latent_model_save (quantized, path, NULL));
  return path;
}

/* The path of what is found. */
static char *
find_part (const char *id, LatentMode mode)
{
  const char *const folders[] = {"/nowhere", folder, NULL};
  g_autoptr (LatentModel) model = latent_find_model (id, mode, folders, NULL);

  return model ? g_strdup (latent_model_get_path (model)) : NULL;
}

static char *
find (const char *id)
{
  return find_part (id, LATENT_MODE_DECODE);
}

GST_START_TEST (test_found)
{
  g_autofree char *a = save ("a.onnx", "first");
  g_autofree char *b = save ("b.onnx", "second");
  g_autofree char *hidden = save ("c.txt", "third");
  g_autofree char *found_a = find ("first");
  g_autofree char *found_b = find ("second");
  g_autofree char *found_c = find ("third");

  ck_assert_str_eq (found_a, a);
  ck_assert_str_eq (found_b, b);
  ck_assert (found_c == NULL);
}
GST_END_TEST;

/* A file that is written anew is read anew. */
GST_START_TEST (test_changed)
{
  g_autofree char *path = save ("a.onnx", "first");
  g_autofree char *before = find ("first");
  g_autofree char *again = NULL, *after = NULL;
  struct utimbuf past = {.actime = 1000, .modtime = 1000};

  g_free (save ("a.onnx", "other"));
  g_utime (path, &past);
  again = find ("first");
  after = find ("other");
  ck_assert (before != NULL && again == NULL && after != NULL);
}
GST_END_TEST;

/* Without the key the id is the digest of the file, as for latent_model_load(). */
GST_START_TEST (test_digest)
{
  static const char *const keys[] = {"latent.tensor", "latent", NULL};
  static const gint64 dims[] = {1, 4};
  g_autoptr (LatentModel) model = test_identity_new (2, dims, keys);
  g_autofree char *path = g_build_filename (folder, "plain.onnx", NULL);
  g_autoptr (GBytes) bytes = latent_onnx_serialize (model->graph, NULL, NULL);
  g_autoptr (LatentModel) loaded = NULL;
  g_autofree char *found = NULL;

  g_file_set_contents (
      path, g_bytes_get_data (bytes, NULL), (gssize)g_bytes_get_size (bytes), NULL);
  loaded = latent_model_load (path, NULL);
  found = find_part (latent_model_get_id (loaded), LATENT_MODE_ENCODE);
  ck_assert (found != NULL);
  ck_assert_str_eq (found, path);
}
GST_END_TEST;

/* Encoders alone of the same latent space are passed over. */
GST_START_TEST (test_half)
{
  static const gint64 dims[] = {1, 4};
  static const char *const keys[] = {"latent.tensor", "latent", "latent.id", "first", NULL};
  LatentGraph *graph = latent_graph_new ("half", 17);
  LatentValue *x = test_add_input (graph, "x", 2, dims);
  g_autoptr (LatentModel)
      half = test_model_new (graph, test_add_node (graph, "Identity", "latent", x, NULL), keys);
  g_autofree char *path = g_build_filename (folder, "a.onnx", NULL);
  g_autofree char *whole = NULL, *before = NULL, *after = NULL;

  ck_assert (latent_model_save (half, path, NULL));
  before = find ("first");
  whole = save ("b.onnx", "first");
  after = find ("first");
  ck_assert (before == NULL);
  ck_assert_str_eq (after, whole);
}
GST_END_TEST;

GST_START_TEST (test_missing)
{
  const char *const folders[] = {"/nowhere", folder, NULL};
  g_autoptr (GError) error = NULL;

  ck_assert (latent_find_model ("abc", LATENT_MODE_DECODE, folders, &error) == NULL);
  ck_assert (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_NOT_FOUND));
  ck_assert (strstr (error->message, "abc") && strstr (error->message, "/nowhere") &&
             strstr (error->message, folder));
}
GST_END_TEST;

GST_START_TEST (test_default_folders)
{
  g_auto (GStrv) folders = NULL;

  g_setenv ("LATENT_MODELS", "/own", TRUE);
  folders = latent_find_get_folders ();
  ck_assert_uint_eq (g_strv_length (folders), 3);
  ck_assert_str_eq (folders[0], "/own");
  ck_assert (g_str_has_suffix (folders[1], "share/latent/models"));
  ck_assert (g_str_has_suffix (folders[2], "/latent/models"));
}
GST_END_TEST;

/* Whatever a file holds: an answer, or an error that names it. */
GST_START_TEST (test_peek_truncated)
{
  g_autofree char *path = save ("a.onnx", "first");
  g_autofree char *cut = g_build_filename (folder, "cut.onnx", NULL);
  g_autofree char *data = NULL;
  gsize size;

  ck_assert (g_file_get_contents (path, &data, &size, NULL));
  for (gsize n = 0; n < size; n++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *value = NULL;

    g_file_set_contents (cut, data, (gssize)n, NULL);
    value = latent_onnx_peek (cut, "latent.id", &error);
    ck_assert (!value || g_str_equal (value, "first"));
    ck_assert (!error || strstr (error->message, "cut.onnx"));
  }
}
GST_END_TEST;

static const struct {
  const char *bytes;
  gsize size;
} broken[] = {
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11},
    {"\x72\xff\xff\xff\xff\xff\xff\xff\xff\x7f",     10},
    {"\x73",                                         1 },
    {"\x09\x01",                                     2 },
};

GST_START_TEST (test_peek_broken)
{
  g_autofree char *path = g_build_filename (folder, "broken.onnx", NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, broken[__i__].bytes, (gssize)broken[__i__].size, NULL);
  ck_assert (latent_onnx_peek (path, "latent.id", &error) == NULL);
  ck_assert (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_FORMAT));
}
GST_END_TEST;

GST_START_TEST (test_integers_where_the_cpu_has_them)
{
  g_autofree char *first = save ("a.onnx", "one"), *integers = save_quantized ("b.onnx", "one");
  g_autofree char *last = save ("c.onnx", "one"), *alone = save_quantized ("d.onnx", "two");
  g_autofree char *found = find ("one"), *only = find ("two");

  ck_assert_str_eq (found, latent_engine_has_int8 () ? integers : first);
  ck_assert_str_eq (only, alone);
}
GST_END_TEST

static Suite *
model_find_suite (void)
{
  Suite *suite = suite_create ("model-find");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_checked_fixture (tests, setup, teardown);
  tcase_add_test (tests, test_found);
  tcase_add_test (tests, test_changed);
  tcase_add_test (tests, test_digest);
  tcase_add_test (tests, test_half);
  tcase_add_test (tests, test_missing);
  tcase_add_test (tests, test_default_folders);
  tcase_add_test (tests, test_integers_where_the_cpu_has_them);
  tcase_add_test (tests, test_peek_truncated);
  tcase_add_loop_test (tests, test_peek_broken, 0, G_N_ELEMENTS (broken));
  return suite;
}

GST_CHECK_MAIN (model_find)
