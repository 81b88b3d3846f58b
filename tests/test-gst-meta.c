/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <latent/gst.h>

#ifdef LATENT_HAVE_TENSOR_META
#define GST_USE_UNSTABLE_API
#include <gst/analytics/analytics.h>
#endif

static LatentTensor *
new_latent (void)
{
  static const float values[] = {1.5f, -2, 3, 4, 5, 6.25f};
  static const gint64 dims[] = {1, 3, 2};
  g_autoptr (GBytes) bytes = g_bytes_new (values, sizeof values);

  return latent_tensor_new_from_bytes (LATENT_DATA_TYPE_FLOAT32, 3, dims, bytes, NULL);
}

static GstBuffer *
new_buffer (void)
{
  g_autoptr (LatentTensor) latent = new_latent ();
  GstBuffer *buffer = gst_buffer_new ();

  latent_gst_buffer_add_latent (buffer, "cafe", "x.onnx", latent);
  return buffer;
}

static void
assert_latent (GstBuffer *buffer)
{
  g_autoptr (LatentTensor) latent = latent_gst_buffer_get_latent (buffer);
  guint n;
  gsize size;
  const gint64 *dims;
  const float *data;

  ck_assert (latent != NULL);
  dims = latent_tensor_get_dims (latent, &n);
  data = latent_tensor_get_data (latent, &size);
  ck_assert_uint_eq (n, 3);
  ck_assert (dims[0] == 1 && dims[1] == 3 && dims[2] == 2);
  ck_assert_uint_eq (size, 24);
  ck_assert (data[0] == 1.5f && data[1] == -2 && data[5] == 6.25f);
}

GST_START_TEST (test_read)
{
  g_autoptr (GstBuffer) buffer = new_buffer ();

  assert_latent (buffer);
  ck_assert_str_eq (latent_gst_buffer_get_latent_id (buffer), "cafe");
  ck_assert_str_eq (latent_gst_buffer_get_model_name (buffer), "x.onnx");
}
GST_END_TEST;

GST_START_TEST (test_none)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();

  ck_assert (latent_gst_buffer_get_latent (buffer) == NULL);
  ck_assert (latent_gst_buffer_get_latent_id (buffer) == NULL);
  ck_assert (latent_gst_buffer_get_model_name (buffer) == NULL);
}
GST_END_TEST;

/* What INTERFACE promises to those who have no header of ours. */
GST_START_TEST (test_fields)
{
  g_autoptr (GstBuffer) buffer = new_buffer ();
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "latent");
  GstStructure *structure = gst_custom_meta_get_structure (meta);
  g_autoptr (GBytes) data = NULL;

  ck_assert_str_eq (gst_structure_get_string (structure, "id"), "cafe");
  ck_assert_str_eq (gst_structure_get_string (structure, "model"), "x.onnx");
  ck_assert_str_eq (gst_structure_get_string (structure, "dims"), "1,3,2");
  ck_assert_str_eq (gst_structure_get_string (structure, "type"), "float32");
  ck_assert (gst_structure_get (structure, "data", G_TYPE_BYTES, &data, NULL));
  ck_assert_uint_eq (g_bytes_get_size (data), 24);
}
GST_END_TEST;

GST_START_TEST (test_no_tags)
{
  const GstMetaInfo *info;
  const char *const *tags;

  latent_gst_register_meta ();
  info = gst_meta_get_info ("latent");
  ck_assert (info != NULL);
  tags = gst_meta_api_type_get_tags (info->api);
  ck_assert (!tags || !tags[0]);
}
GST_END_TEST;

GST_START_TEST (test_copy)
{
  g_autoptr (GstBuffer) buffer = new_buffer ();
  g_autoptr (GstBuffer) copy = gst_buffer_copy_deep (buffer);

  assert_latent (copy);
}
GST_END_TEST;

static const struct {
  const char *field;
  const char *value; /* NULL: the field is away */
} damages[] = {
    {"dims", NULL                                     },
    {"dims", "1,3,3"                                  },
    {"dims", "1,3,x"                                  },
    {"dims", "-1,3,2"                                 },
    {"dims", "1,1,1,1,1,1,1,1,1,1,1,3,2"              },
    {"dims", "9223372036854775807,9223372036854775807"},
    {"type", NULL                                     },
    {"type", "float64"                                },
    {"data", NULL                                     },
    {"data", "text"                                   },
};

GST_START_TEST (test_damaged)
{
  g_autoptr (GstBuffer) buffer = new_buffer ();
  GstStructure *structure = gst_custom_meta_get_structure (
      gst_buffer_get_custom_meta (buffer, "latent"));

  if (damages[__i__].value)
    gst_structure_set (structure, damages[__i__].field, G_TYPE_STRING, damages[__i__].value, NULL);
  else
    gst_structure_remove_field (structure, damages[__i__].field);
  ck_assert (latent_gst_buffer_get_latent (buffer) == NULL);
}
GST_END_TEST;

#ifdef LATENT_HAVE_TENSOR_META
GST_START_TEST (test_tensor_meta)
{
  g_autoptr (GstBuffer) buffer = new_buffer ();
  GstTensorMeta *meta = gst_buffer_get_tensor_meta (buffer);
  gint index = gst_tensor_meta_get_index_from_id (meta, g_quark_from_string ("latent-cafe"));
  const GstTensor *tensor = gst_tensor_meta_get (meta, (gsize)index);

  ck_assert_int_eq (index, 0);
  ck_assert (tensor->data_type == GST_TENSOR_DATA_TYPE_FLOAT32);
  ck_assert_uint_eq (tensor->num_dims, 3);
  ck_assert (tensor->dims[0] == 1 && tensor->dims[1] == 3 && tensor->dims[2] == 2);
  ck_assert_uint_eq (gst_buffer_get_size (tensor->data), 24);
}
GST_END_TEST;
#endif

static Suite *
gst_meta_suite (void)
{
  Suite *suite = suite_create ("gst-meta");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_read);
  tcase_add_test (tests, test_none);
  tcase_add_test (tests, test_fields);
  tcase_add_test (tests, test_no_tags);
  tcase_add_test (tests, test_copy);
#ifdef LATENT_HAVE_TENSOR_META
  tcase_add_test (tests, test_tensor_meta);
#endif
  tcase_add_loop_test (tests, test_damaged, 0, G_N_ELEMENTS (damages));
  return suite;
}

GST_CHECK_MAIN (gst_meta)
