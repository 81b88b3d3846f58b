/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/onnx/onnx.h"

#include <gst/check/gstcheck.h>

#include "wire.h"

/* Bytes that are no model, and what is said of them. */
/* clang-format 14 makes lines of hundreds of columns of it. */
/* clang-format off */
static const struct {
  const char *bytes;
  gsize size;
  LatentError code;
  const char *message;
} malformed[] = {
    {"", 0, LATENT_ERROR_FORMAT, "model: there is no graph"},
    {"\x08", 1, LATENT_ERROR_FORMAT, "model: byte 0, in an .onnx file's ModelProto: a field is cut short"},
    {"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12, LATENT_ERROR_FORMAT,
     "model: byte 0, in an .onnx file's ModelProto: a field is cut short"},
    {"\x08\x08\x3a\x05\x0a", 5, LATENT_ERROR_FORMAT,
     "model: byte 2, in an .onnx file's ModelProto: a field is cut short"},
    {"\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13, LATENT_ERROR_FORMAT,
     "model: byte 2, in an .onnx file's ModelProto: a field is cut short"},
    {"\x0b\x08", 2, LATENT_ERROR_FORMAT,
     "model: byte 0, in an .onnx file's ModelProto: a field with a number or wire type that is none"},
    {"\x0f\x08", 2, LATENT_ERROR_FORMAT,
     "model: byte 0, in an .onnx file's ModelProto: a field with a number or wire type that is none"},
    {"\x00\x08", 2, LATENT_ERROR_FORMAT,
     "model: byte 0, in an .onnx file's ModelProto: a field with a number or wire type that is none"},
    {"\x3a\x00\x3a\x00", 4, LATENT_ERROR_FORMAT,
     "model: byte 2, in an .onnx file's ModelProto: a field is set twice"},
    {"\x12\x02\xff\xfe", 4, LATENT_ERROR_FORMAT,
     "model: byte 0, in an .onnx file's ModelProto: a string is not UTF-8"},
    {"\x12\x02\x61\x00", 4, LATENT_ERROR_FORMAT,
     "model: byte 0, in an .onnx file's ModelProto: a string is not UTF-8"},
    {"\x38\x01", 2, LATENT_ERROR_FORMAT,
     "model: no ONNX model: a field has another type than ONNX's"},
    {"nonsense\n", 9, LATENT_ERROR_FORMAT,
     "model: byte 0, in an .onnx file's ModelProto: a field with a number or wire type that is none"},
};
/* clang-format on */

static void
check_refused (const guint8 *data, gsize size, LatentError code, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentGraph) graph = latent_onnx_parse (data, size, NULL, NULL, NULL, &error);

  fail_unless (graph == NULL);
  fail_unless_equals_string (error->message, message);
  fail_unless_equals_int (error->code, (gint)code);
}

GST_START_TEST (malformed_bytes_are_refused)
{
  check_refused ((const guint8 *)malformed[__i__].bytes, malformed[__i__].size,
      malformed[__i__].code, malformed[__i__].message);
}
GST_END_TEST

/* A graph in an attribute in a node in a graph, and so on. */
static GByteArray *
nest (guint levels)
{
  GByteArray *inner = g_byte_array_new ();

  for (guint i = 0; i < levels; i++) {
    GByteArray *outer = g_byte_array_new ();
    wire_message (outer, i % 3 == 0 ? 6 : i % 3 == 1 ? 5 : 1, inner);
    inner = outer;
  }
  return inner;
}

GST_START_TEST (nesting_is_bounded)
{
  g_autoptr (GByteArray) deep = wire_model (nest (9000)); /* where protobuf-c crashes */
  g_autoptr (GByteArray) most = wire_model (nest (60));   /* a graph: 60 is a multiple of 3 */
  g_autoptr (GError) error = NULL;

  fail_unless (latent_onnx_parse (deep->data, deep->len, NULL, NULL, NULL, &error) == NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_LIMIT));
  fail_unless (g_str_has_suffix (error->message, "messages nest deeper than the limit of 64"));
  g_clear_error (&error);
  /* so deep is well formed, and refused for what it holds */
  fail_unless (latent_onnx_parse (most->data, most->len, NULL, NULL, NULL, &error) == NULL);
  fail_unless (!g_error_matches (error, LATENT_ERROR, LATENT_ERROR_LIMIT));
}
GST_END_TEST

/* Repeated fields whose memory, or number, is out of all proportion to the file. */
/* clang-format 14 makes lines of hundreds of columns of it. */
/* clang-format off */
static const struct {
  guint field; /* of GraphProto, repeated */
  const char *contents;
  guint n;
  const char *suffix;
} floods[] = {
    {5, "", 300000, "takes far more memory than the file (LATENT_LIMIT_PARSER_BYTES)"},
    {13, "\x0a\x40" "0123456789012345678901234567890123456789012345678901234567890123", 100001,
     "more messages than the limit of 100000"},
    {999, "", 400000, "takes far more memory than the file (LATENT_LIMIT_PARSER_BYTES)"},
};
/* clang-format on */

GST_START_TEST (floods_are_refused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) model = NULL;
  GByteArray *graph = g_byte_array_new ();

  for (guint i = 0; i < floods[__i__].n; i++)
    wire_text (graph, floods[__i__].field, floods[__i__].contents);
  model = wire_model (graph);
  fail_unless (latent_onnx_parse (model->data, model->len, NULL, NULL, NULL, &error) == NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_LIMIT));
  fail_unless (g_str_has_suffix (error->message, floods[__i__].suffix), "%s", error->message);
}
GST_END_TEST

GST_START_TEST (packed_numbers_that_grow_eightfold_are_refused)
{
  g_autofree guint8 *zeros = g_malloc0 (5000000);
  GByteArray *tensor = wire_tensor ("w", 7, 1, (gint64[]){5000000});
  GByteArray *graph = g_byte_array_new ();
  g_autoptr (GByteArray) model = NULL;
  g_autoptr (GError) error = NULL;

  wire_data (tensor, 7, zeros, 5000000);
  wire_message (graph, 5, tensor);
  model = wire_model (graph);
  fail_unless (latent_onnx_parse (model->data, model->len, NULL, NULL, NULL, &error) == NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_LIMIT));
}
GST_END_TEST

GST_START_TEST (doc_strings_may_hold_anything)
{
  GByteArray *graph = wire_graph ();
  g_autoptr (GByteArray) model = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentGraph) parsed = NULL;

  wire_message (graph, 1, wire_node ("Relu", "x", NULL, "y"));
  wire_data (graph, 10, "\xff\xfe", 2);
  model = wire_model (graph);
  parsed = latent_onnx_parse (model->data, model->len, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}
GST_END_TEST

static Suite *
onnx_scan_suite (void)
{
  Suite *suite = suite_create ("onnx-scan");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, malformed_bytes_are_refused, 0, G_N_ELEMENTS (malformed));
  tcase_add_test (tc, nesting_is_bounded);
  tcase_add_loop_test (tc, floods_are_refused, 0, G_N_ELEMENTS (floods));
  tcase_add_test (tc, packed_numbers_that_grow_eightfold_are_refused);
  tcase_add_test (tc, doc_strings_may_hold_anything);
  return suite;
}

GST_CHECK_MAIN (onnx_scan)
