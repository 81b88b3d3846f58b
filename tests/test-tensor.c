/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/tensor.h"

#include <gst/check/gstcheck.h>

GST_START_TEST (new_is_zeroed_and_aligned)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentTensor)
      tensor = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 2, (gint64[]){3, 5}, &error);
  gsize size;
  const float *data = latent_tensor_get_data (tensor, &size);

  fail_unless_equals_uint64 (size, 60);
  fail_unless_equals_uint64 ((guintptr)data % 64, 0);
  for (guint i = 0; i < 15; i++)
    fail_unless_equals_float (data[i], 0);
}
GST_END_TEST

static const struct {
  LatentDataType type;
  guint n_dims;
  gint64 dims[13];
  LatentError code;
} refused[] = {
    {LATENT_DATA_TYPE_STRING, 1,  {3},                    LATENT_ERROR_UNSUPPORTED},
    {LATENT_DATA_TYPE_NONE,   1,  {3},                    LATENT_ERROR_UNSUPPORTED},
    {(LatentDataType)99,      1,  {3},                    LATENT_ERROR_UNSUPPORTED},
    {LATENT_DATA_TYPE_UINT8,  13, {1},                    LATENT_ERROR_LIMIT      },
    {LATENT_DATA_TYPE_UINT8,  2,  {1ll << 32, 1ll << 32}, LATENT_ERROR_LIMIT      },
    {LATENT_DATA_TYPE_UINT8,  1,  {-1},                   LATENT_ERROR_SHAPE      },
};

GST_START_TEST (new_refuses)
{
  g_autoptr (GError) error = NULL;

  fail_unless (latent_tensor_new (refused[__i__].type, refused[__i__].n_dims, refused[__i__].dims,
                   &error) == NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, (gint)refused[__i__].code));
}
GST_END_TEST

GST_START_TEST (bytes_are_shared_where_they_are_aligned)
{
  static const guint32 data[4] = {1, 2, 3, 4};
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, 12);
  g_autoptr (GBytes) odd = g_bytes_new_static ((const guint8 *)data + 1, 12);
  gint64 dims[] = {3};
  g_autoptr (LatentTensor)
      shared = latent_tensor_new_from_bytes (LATENT_DATA_TYPE_INT32, 1, dims, bytes, NULL);
  g_autoptr (LatentTensor)
      copied = latent_tensor_new_from_bytes (LATENT_DATA_TYPE_INT32, 1, dims, odd, NULL);

  fail_unless (latent_tensor_get_data (shared, NULL) == data);
  fail_unless_equals_uint64 ((guintptr)latent_tensor_get_data (copied, NULL) % 64, 0);
  fail_unless_equals_int64 (latent_tensor_get_int (copied, 2), 0x04000000);
}
GST_END_TEST

GST_START_TEST (bytes_of_another_size_are_refused)
{
  static const guint8 data[11];
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, 11);
  g_autoptr (GError) error = NULL;

  fail_unless (latent_tensor_new_from_bytes (
                   LATENT_DATA_TYPE_INT32, 1, (gint64[]){3}, bytes, &error) == NULL);
  fail_unless_equals_string (
      error->message, "a int32 tensor of shape 3 takes 12 bytes, 11 are given");
}
GST_END_TEST

GST_START_TEST (bytes_outlive_the_tensor)
{
  LatentTensor *tensor = latent_tensor_new_int64s ((gint64[]){7, 8}, 2);
  g_autoptr (GBytes) bytes = latent_tensor_to_bytes (tensor);

  latent_tensor_unref (tensor);
  fail_unless_equals_uint64 (g_bytes_get_size (bytes), 16);
  fail_unless_equals_int64 (((const gint64 *)g_bytes_get_data (bytes, NULL))[1], 8);
}
GST_END_TEST

GST_START_TEST (empty_tensors_have_no_elements)
{
  g_autoptr (LatentTensor) none = latent_tensor_new_int64s (NULL, 0);
  g_autoptr (GBytes) bytes = g_bytes_new (NULL, 0);
  g_autoptr (LatentTensor) from_bytes = latent_tensor_new_from_bytes (
      LATENT_DATA_TYPE_FLOAT32, 2, (gint64[]){0, 3}, bytes, NULL);

  fail_unless_equals_uint64 (none->n_elements, 0);
  fail_unless_equals_uint64 (from_bytes->size, 0);
}
GST_END_TEST

GST_START_TEST (scalars_are_read_whatever_their_type)
{
  g_autoptr (LatentTensor) scalar = latent_tensor_new_float (-2.75f);

  fail_unless_equals_int (scalar->shape.n, 0);
  fail_unless_equals_float (latent_tensor_get_double (scalar, 0), -2.75);
  fail_unless_equals_int64 (latent_tensor_get_int (scalar, 0), -2);
}
GST_END_TEST

/* Two tensors of the same numbers, the second of which may have another shape. */
static LatentTensor *
make_counting (guint n_dims, const gint64 *dims)
{
  LatentTensor *tensor = latent_tensor_new (LATENT_DATA_TYPE_INT32, n_dims, dims, NULL);
  gint32 *data = latent_tensor_get_writable_data (tensor);

  for (gsize i = 0; i < tensor->n_elements; i++)
    data[i] = (gint32)i;
  return tensor;
}

GST_START_TEST (equal_tensors_are_interned_once)
{
  g_autoptr (LatentTensor) a = latent_tensor_intern (make_counting (1, (gint64[]){6}));
  g_autoptr (LatentTensor) b = latent_tensor_intern (make_counting (1, (gint64[]){6}));
  g_autoptr (LatentTensor) c = latent_tensor_intern (make_counting (2, (gint64[]){2, 3}));

  fail_unless (a == b);
  fail_unless (a != c);
}
GST_END_TEST;

GST_START_TEST (an_interned_tensor_goes_with_its_last_user)
{
  LatentTensor *a = latent_tensor_intern (make_counting (1, (gint64[]){6}));
  g_autoptr (LatentTensor) b = NULL;

  latent_tensor_unref (a);
  b = latent_tensor_intern (make_counting (1, (gint64[]){6}));
  fail_unless_equals_int (latent_tensor_get_int (b, 5), 5);
}
GST_END_TEST;

static Suite *
tensor_suite (void)
{
  Suite *suite = suite_create ("tensor");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, new_is_zeroed_and_aligned);
  tcase_add_loop_test (tc, new_refuses, 0, G_N_ELEMENTS (refused));
  tcase_add_test (tc, bytes_are_shared_where_they_are_aligned);
  tcase_add_test (tc, bytes_of_another_size_are_refused);
  tcase_add_test (tc, bytes_outlive_the_tensor);
  tcase_add_test (tc, empty_tensors_have_no_elements);
  tcase_add_test (tc, scalars_are_read_whatever_their_type);
  tcase_add_test (tc, equal_tensors_are_interned_once);
  tcase_add_test (tc, an_interned_tensor_goes_with_its_last_user);
  return suite;
}

GST_CHECK_MAIN (tensor)
