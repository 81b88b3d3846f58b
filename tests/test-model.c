/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/model/model.h"

#include "wire-models.h"

static char *
hash_file (const char *path)
{
  g_autofree char *data = NULL;
  gsize size;

  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guint8 *)data, size);
}

GST_START_TEST (id_is_the_digest_of_the_file)
{
  g_autofree char *path = NULL;
  g_autoptr (LatentModel) model = test_model_load (&test_rgb, &path, NULL);
  g_autofree char *digest = hash_file (path);

  fail_unless_equals_string (latent_model_get_id (model), digest);
  fail_unless_equals_string (latent_model_get_path (model), path);
  g_remove (path);
}
GST_END_TEST

GST_START_TEST (id_of_the_file_comes_first)
{
  TestModel tagged = test_rgb;
  g_autoptr (LatentModel) model = NULL;

  tagged.metadata[0][0] = "latent.id";
  tagged.metadata[0][1] = "a-camera";
  model = test_model_load (&tagged, NULL, NULL);
  fail_unless_equals_string (latent_model_get_id (model), "a-camera");
}
GST_END_TEST

/* Keys set on a copy, and whether the latent space stays the same. */
static const struct {
  const char *key, *value;
  gboolean same;
} tags[] = {
    {"latent.steps",  "0.5",                 TRUE },
    {"other.tool",    "something",           TRUE },
    {"latent.input",  "video/RGB",           TRUE }, /* what it is anyway */
    {"latent.tensor", "latent",              TRUE },
    {"latent.scale",  "0.00392156862745098", TRUE },
    {"latent.scale",  "0.0078125",           FALSE},
    {"latent.offset", "-0.5",                FALSE},
    {"latent.tensor", "t",                   FALSE},
    {"latent.tile",   "64x64",               FALSE},
    {"latent.input",  "vector",              FALSE},
};

GST_START_TEST (id_changes_with_the_latent_space_only)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = test_model_load (&test_rgb, NULL, NULL);
  g_autoptr (LatentModel) copy = latent_model_copy (model);

  fail_unless (latent_model_set_metadata (copy, tags[__i__].key, tags[__i__].value, &error));
  g_assert_no_error (error);
  fail_unless_equals_int (
      g_str_equal (latent_model_get_id (copy), latent_model_get_id (model)), tags[__i__].same);
}
GST_END_TEST

GST_START_TEST (id_survives_saving)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autoptr (LatentModel) model = test_model_load (&test_rgb, &path, NULL);
  g_autoptr (LatentModel) copy = latent_model_copy (model);
  g_autoptr (LatentModel) loaded = NULL;

  fail_unless (latent_model_set_metadata (copy, tags[__i__].key, tags[__i__].value, &error));
  fail_unless (latent_model_save (copy, path, &error));
  loaded = latent_model_load (path, &error);
  g_assert_no_error (error);
  fail_unless_equals_string (latent_model_get_id (loaded), latent_model_get_id (copy));
  fail_unless_equals_string (
      latent_model_get_metadata (loaded, tags[__i__].key), tags[__i__].value);
  g_remove (path);
}
GST_END_TEST

GST_START_TEST (an_id_that_was_set_stays)
{
  g_autoptr (LatentModel) model = test_model_load (&test_rgb, NULL, NULL);
  g_autoptr (LatentModel) copy = latent_model_copy (model);

  fail_unless (latent_model_set_metadata (copy, "latent.id", "mine", NULL));
  fail_unless (latent_model_set_metadata (copy, "latent.offset", "1", NULL));
  fail_unless_equals_string (latent_model_get_id (copy), "mine");
}
GST_END_TEST

GST_START_TEST (a_refused_value_leaves_the_model_as_it_was)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = test_model_load (&test_rgb, NULL, NULL);
  g_autoptr (LatentModel) copy = latent_model_copy (model);

  fail_unless (latent_model_set_metadata (copy, "latent.tile", "64x64", NULL));
  fail_unless (!latent_model_set_metadata (copy, "latent.tile", "63x63", &error));
  fail_unless (error != NULL);
  fail_unless_equals_string (latent_model_get_metadata (copy, "latent.tile"), "64x64");
  fail_unless_equals_int (latent_model_get_media_info (copy)->tile_width, 64);
  fail_unless (latent_model_supports_mode (copy, LATENT_MODE_RECONSTRUCT));
}
GST_END_TEST

GST_START_TEST (a_key_is_taken_away)
{
  g_autoptr (LatentModel) model = test_model_load (&test_rgb, NULL, NULL);
  g_autoptr (LatentModel) copy = latent_model_copy (model);

  fail_unless (latent_model_set_metadata (copy, "latent.tile", "64x64", NULL));
  fail_unless (latent_model_set_metadata (copy, "latent.tile", NULL, NULL));
  fail_unless (latent_model_get_metadata (copy, "latent.tile") == NULL);
  fail_unless_equals_int (latent_model_get_media_info (copy)->stride, 4);
}
GST_END_TEST

GST_START_TEST (files_of_the_same_content_share_one_model)
{
  g_autoptr (LatentModel) one = test_model_load (&test_rgb, NULL, NULL);
  g_autoptr (LatentModel) two = test_model_load (&test_rgb, NULL, NULL);
  g_autoptr (LatentModel) other = test_model_load (&test_rgb_encoder, NULL, NULL);
  g_autoptr (LatentModel) copy = latent_model_copy (one);

  fail_unless (one == two);
  fail_unless (one != other);
  fail_unless (one != copy);
}
GST_END_TEST

static gpointer
load_and_drop (gpointer data)
{
  for (guint i = 0; i < 50; i++) {
    g_autoptr (LatentModel) model = latent_model_load (data, NULL);
    fail_unless (model != NULL);
  }
  return NULL;
}

GST_START_TEST (threads_load_and_drop_the_same_file)
{
  g_autofree char *path = NULL;
  GThread *threads[4];

  latent_model_unref (test_model_load (&test_rgb, &path, NULL));
  for (guint i = 0; i < 4; i++)
    threads[i] = g_thread_new ("load", load_and_drop, path);
  for (guint i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  g_remove (path);
}
GST_END_TEST

GST_START_TEST (an_absent_file_is_named)
{
  g_autoptr (GError) error = NULL;

  fail_unless (latent_model_load ("/nowhere/m.onnx", &error) == NULL);
  fail_unless_equals_string (error->message, "/nowhere/m.onnx: No such file or directory");
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_NOT_FOUND));
}
GST_END_TEST

GST_START_TEST (a_device_is_no_model)
{
  g_autoptr (GError) error = NULL;

  fail_unless (latent_model_load ("/dev/zero", &error) == NULL);
  fail_unless_equals_string (error->message, "/dev/zero: not a regular file");
}
GST_END_TEST

GST_START_TEST (scales_are_per_channel)
{
  TestModel tagged = test_rgb;
  g_autoptr (LatentModel) model = NULL;

  tagged.metadata[0][0] = "latent.scale";
  tagged.metadata[0][1] = "0.5, 0.25 0.125";
  model = test_model_load (&tagged, NULL, NULL);
  fail_unless_equals_float (latent_model_get_scale (model, 0), 0.5);
  fail_unless_equals_float (latent_model_get_scale (model, 2), 0.125);
  fail_unless_equals_float (latent_model_get_offset (model, 2), 0);
}
GST_END_TEST

GST_START_TEST (scales_of_i420_are_per_plane)
{
  /* Version 14 crashes on nested rows of different lengths. */
  /* clang-format off */
  TestModel tagged = {
      .inputs = {{"x", 4, {1, 6, -1, -1}}},
      .outputs = {{"latent", 4, {1, 6, -1, -1}}},
      .nodes = {{"Neg", "x", "latent", 0}},
      .metadata = {{"latent.input", "video/I420"}, {"latent.scale", "1,2,3"}},
  };
  /* clang-format on */
  static const float wanted[] = {1, 1, 1, 1, 2, 3};
  g_autoptr (LatentModel) model = test_model_load (&tagged, NULL, NULL);

  for (guint i = 0; i < 6; i++)
    fail_unless_equals_float (latent_model_get_scale (model, i), wanted[i]);
}
GST_END_TEST

GST_START_TEST (a_latent_inside_has_a_shape_with_open_sizes)
{
  TestModel tagged = test_rgb;
  g_autoptr (LatentModel) model = NULL;
  const LatentValue *value;

  tagged.metadata[0][0] = "latent.tensor";
  tagged.metadata[0][1] = "t";
  model = test_model_load (&tagged, NULL, NULL);
  value = latent_graph_find_value (model->graph, "t");
  fail_unless_equals_int (value->shape.n, 4);
  fail_unless_equals_int64 (value->shape.dims[0], -1);
  fail_unless_equals_int64 (value->shape.dims[1], 48);
  fail_unless_equals_int64 (value->shape.dims[2], -1);
  fail_unless_equals_int (value->type, LATENT_DATA_TYPE_FLOAT32);
}
GST_END_TEST

GST_START_TEST (states_follow_the_part_that_uses_them)
{
  /* Version 14 crashes on nested rows of different lengths. */
  /* clang-format off */
  TestModel stateful = {
      .inputs = {{"x", 2, {1, 4}}, {"s:0", 2, {1, 4}}}, /* a name with a colon */
      .outputs = {{"y", 2, {1, 4}}, {"s:1", 2, {1, 4}}, {"latent", 2, {1, 4}}},
      .nodes = {{"Neg", "x", "latent", 0}, {"Abs", "s:0", "y", 0}, {"Neg", "latent", "s:1", 0}},
      .metadata = {{"latent.state", "s:0:s:1"}},
  };
  /* clang-format on */
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = NULL;
  const char *const *inputs;
  guint n = 9;

  stateful.nodes[1].op = "Identity";
  model = test_model_load (&stateful, NULL, &error);
  g_assert_no_error (error);
  inputs = latent_model_get_cut_inputs (model, LATENT_MODE_ENCODE);
  latent_model_get_states (model, LATENT_MODE_ENCODE, &n);
  fail_unless_equals_string (inputs[0], "x");
  fail_unless (inputs[1] == NULL);
  fail_unless_equals_int (n, 0);
}
GST_END_TEST

static gint64
get_size (GVariant *description, const char *key)
{
  guint64 size = 0;

  fail_unless (g_variant_lookup (description, key, "t", &size), "%s", key);
  return (gint64)size;
}

GST_START_TEST (describe_tells_all)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = test_model_load (&test_rgb, NULL, NULL);
  g_autoptr (GVariant) description = latent_model_describe (model, &error);
  g_autoptr (GVariant) shape = NULL;
  const char *media = NULL;
  const gint64 *dims;
  gsize n = 0;

  g_assert_no_error (error);
  fail_unless (g_variant_lookup (description, "media", "&s", &media));
  fail_unless_equals_string (media, "video/RGB");
  fail_unless_equals_int64 (get_size (description, "d"), 196608);
  fail_unless_equals_int64 (get_size (description, "k"), 196608);
  fail_unless_equals_int64 (get_size (description, "nodes"), 3);
  fail_unless_equals_int64 (get_size (description, "parameters"), 0);
  shape = g_variant_lookup_value (description, "latent_shape", G_VARIANT_TYPE ("ax"));
  dims = g_variant_get_fixed_array (shape, &n, sizeof *dims);
  fail_unless_equals_int (n, 4);
  fail_unless_equals_int64 (dims[1], 48);
  fail_unless_equals_int64 (dims[3], 64);
}
GST_END_TEST

GST_START_TEST (a_graph_made_in_memory_is_a_model)
{
  LatentGraph *graph = latent_graph_new ("made", 13);
  LatentValue *x = latent_graph_add_value (graph, "x");
  LatentValue *latent = latent_graph_add_value (graph, "latent");
  LatentNode *node = latent_graph_add_node (graph, "Neg", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = NULL;

  x->type = LATENT_DATA_TYPE_FLOAT32; /* the output's type and shape are found out */
  x->has_shape = TRUE;
  x->shape = (LatentShape){
      2, {-1, 4}
  };
  latent_node_add_input (node, x);
  latent_node_add_output (node, latent);
  g_ptr_array_add (graph->inputs, x);
  g_ptr_array_add (graph->outputs, latent);
  model = latent_model_new_from_graph (graph, &error);
  g_assert_no_error (error);
  fail_unless_equals_int (strlen (latent_model_get_id (model)), 64);
  fail_unless (latent_model_supports_mode (model, LATENT_MODE_ENCODE));
  fail_unless_equals_int64 (latent->shape.dims[1], 4);
}
GST_END_TEST

static Suite *
model_suite (void)
{
  Suite *suite = suite_create ("model");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, id_is_the_digest_of_the_file);
  tcase_add_test (tc, id_of_the_file_comes_first);
  tcase_add_loop_test (tc, id_changes_with_the_latent_space_only, 0, G_N_ELEMENTS (tags));
  tcase_add_loop_test (tc, id_survives_saving, 0, G_N_ELEMENTS (tags));
  tcase_add_test (tc, an_id_that_was_set_stays);
  tcase_add_test (tc, a_refused_value_leaves_the_model_as_it_was);
  tcase_add_test (tc, a_key_is_taken_away);
  tcase_add_test (tc, files_of_the_same_content_share_one_model);
  tcase_add_test (tc, threads_load_and_drop_the_same_file);
  tcase_add_test (tc, an_absent_file_is_named);
  tcase_add_test (tc, a_device_is_no_model);
  tcase_add_test (tc, scales_are_per_channel);
  tcase_add_test (tc, scales_of_i420_are_per_plane);
  tcase_add_test (tc, a_latent_inside_has_a_shape_with_open_sizes);
  tcase_add_test (tc, states_follow_the_part_that_uses_them);
  tcase_add_test (tc, describe_tells_all);
  tcase_add_test (tc, a_graph_made_in_memory_is_a_model);
  return suite;
}

GST_CHECK_MAIN (model)
