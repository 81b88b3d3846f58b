/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/onnx/onnx.h"

#include <gst/check/gstcheck.h>

#include "wire.h"

/* A model with something in every place where something could be lost. */
static GByteArray *
make_rich (void)
{
  GByteArray *graph = wire_graph ();
  GByteArray *node = wire_node ("Add", "x", "w", "h");
  GByteArray *leaky = wire_node ("LeakyRelu", "h", NULL, "y");
  GByteArray *alpha = g_byte_array_new ();
  GByteArray *tensor = wire_tensor ("w", 1, 2, (gint64[]){1, 4});
  GByteArray *annotation = g_byte_array_new ();
  GByteArray *import = g_byte_array_new ();
  GByteArray *model;

  wire_text (node, 6, "node's doc");
  wire_text (node, 777, "node's unknown");
  wire_text (alpha, 1, "alpha");
  wire_int (alpha, 20, 1);
  wire_data (tensor, 9, "\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40\0\0\x80\x40", 16);
  wire_varint (alpha, 2 << 3 | 5);
  g_byte_array_append (alpha, (const guint8 *)"\0\0\0\x3f", 4);
  wire_message (leaky, 5, alpha);
  wire_message (graph, 1, node);
  wire_message (graph, 1, leaky);
  wire_message (graph, 5, tensor);
  wire_text (graph, 2, "graph's name");
  wire_text (graph, 10, "graph's doc");
  wire_message (graph, 13, wire_value ("h", 1, 2, (gint64[]){1, 4}));
  wire_text (annotation, 1, "annotated");
  wire_message (graph, 14, annotation);
  wire_text (graph, 777, "graph's unknown");
  model = wire_model (graph);
  wire_text (model, 2, "producer");
  wire_text (model, 6, "model's doc");
  wire_int (model, 5, 42);
  wire_text (import, 1, "com.example");
  wire_int (import, 2, 3);
  wire_message (model, 8, import);
  wire_text (model, 777, "model's unknown");
  wire_metadata (model, "one", "1");
  wire_metadata (model, "other.tool", "kept");
  return model;
}

static GBytes *
save_again (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentOnnxExtra) extra = NULL;
  g_autoptr (LatentGraph) graph = latent_onnx_parse (data, size, NULL, &extra, NULL, &error);
  GBytes *bytes;

  g_assert_no_error (error);
  bytes = latent_onnx_serialize (graph, extra, &error);
  g_assert_no_error (error);
  return bytes;
}

static gboolean
contains (GBytes *bytes, const char *text)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);

  return memmem (data, size, text, strlen (text)) != NULL;
}

static const char *const kept[] = {"node's doc", "node's unknown", "graph's name", "graph's doc",
    "annotated", "graph's unknown", "producer", "model's doc", "com.example", "model's unknown",
    "other.tool"};

GST_START_TEST (nothing_is_lost)
{
  g_autoptr (GByteArray) model = make_rich ();
  g_autoptr (GBytes) bytes = save_again (model->data, model->len);

  fail_unless (contains (bytes, kept[__i__]));
}
GST_END_TEST

GST_START_TEST (saving_again_changes_nothing)
{
  g_autoptr (GByteArray) model = make_rich ();
  g_autoptr (GBytes) once = save_again (model->data, model->len);
  g_autoptr (GBytes) twice = save_again (g_bytes_get_data (once, NULL), g_bytes_get_size (once));

  fail_unless (g_bytes_equal (once, twice));
}
GST_END_TEST

GST_START_TEST (a_saved_graph_is_the_same)
{
  g_autoptr (GByteArray) model = make_rich ();
  g_autoptr (GBytes) bytes = save_again (model->data, model->len);
  g_autoptr (LatentOnnxExtra) extra = NULL;
  g_autoptr (LatentGraph) graph = latent_onnx_parse (
      g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL, &extra, NULL, NULL);
  const LatentNode *leaky = graph->nodes->pdata[1];

  fail_unless_equals_int (graph->nodes->len, 2);
  fail_unless_equals_float (latent_node_get_float (leaky, "alpha", 0), 0.5f);
  fail_unless_equals_float (
      latent_tensor_get_double (latent_graph_find_value (graph, "w")->data, 2), 3);
  fail_unless_equals_int (graph->opset, 13);
  fail_unless_equals_string (latent_onnx_extra_get (extra, "one"), "1");
}
GST_END_TEST

GST_START_TEST (metadata_are_set_and_taken_away)
{
  g_autoptr (LatentOnnxExtra) extra = latent_onnx_extra_new ();
  const char *key, *value;

  latent_onnx_extra_set (extra, "a", "1");
  latent_onnx_extra_set (extra, "b", "2");
  latent_onnx_extra_set (extra, "a", "3"); /* stays in its place */
  fail_unless (latent_onnx_extra_get_nth (extra, 0, &key, &value));
  fail_unless_equals_string (key, "a");
  fail_unless_equals_string (value, "3");
  latent_onnx_extra_set (extra, "a", NULL);
  fail_unless (latent_onnx_extra_get (extra, "a") == NULL);
  fail_unless (!latent_onnx_extra_get_nth (extra, 1, &key, &value));
}
GST_END_TEST

GST_START_TEST (a_graph_made_here_is_saved)
{
  g_autoptr (LatentGraph) graph = latent_graph_new ("made", 13);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentGraph) parsed = NULL;
  LatentValue *x = latent_graph_add_value (graph, "x");
  LatentValue *y = latent_graph_add_value (graph, "y");
  LatentNode *node = latent_graph_add_node (graph, "Relu", NULL);

  x->type = y->type = LATENT_DATA_TYPE_FLOAT32;
  x->has_shape = y->has_shape = TRUE;
  x->shape = y->shape = (LatentShape){
      2, {-1, 4}
  };
  x->symbols[0] = g_strdup ("n");
  latent_node_add_input (node, x);
  latent_node_add_output (node, y);
  g_ptr_array_add (graph->inputs, x);
  g_ptr_array_add (graph->outputs, y);
  bytes = latent_onnx_serialize (graph, NULL, &error);
  g_assert_no_error (error);
  parsed = latent_onnx_parse (
      g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  fail_unless_equals_string (latent_graph_find_value (parsed, "x")->symbols[0], "n");
}
GST_END_TEST

static Suite *
onnx_save_suite (void)
{
  Suite *suite = suite_create ("onnx-save");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, nothing_is_lost, 0, G_N_ELEMENTS (kept));
  tcase_add_test (tc, saving_again_changes_nothing);
  tcase_add_test (tc, a_saved_graph_is_the_same);
  tcase_add_test (tc, metadata_are_set_and_taken_away);
  tcase_add_test (tc, a_graph_made_here_is_saved);
  return suite;
}

GST_CHECK_MAIN (onnx_save)
