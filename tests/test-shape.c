/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/shape.h"

#include <gst/check/gstcheck.h>

static const struct {
  LatentShape shape;
  gint code; /* LatentError, -1 for none */
  gsize n, size;
} counts[] = {
    {{0},                            -1,                 1,       4         },
    {{4, {1, 3, 32, 96}},            -1,                 9216,    36864     },
    {{2, {0, 5}},                    -1,                 0,       0         },
    {{1, {1 << 30}},                 -1,                 1 << 30, 1ull << 32},
    {{1, {(1 << 30) + 1}},           LATENT_ERROR_LIMIT, 0,       0         },
    {{2, {1ll << 40, 1ll << 40}},    LATENT_ERROR_LIMIT, 0,       0         },
    {{3, {0, 1ll << 40, 1ll << 40}}, LATENT_ERROR_LIMIT, 0,       0         }, /* strides overflow all the same */
    {{2, {2, -1}},                   LATENT_ERROR_SHAPE, 0,       0         },
};

GST_START_TEST (count_gives_elements_and_bytes_or_an_error)
{
  g_autoptr (GError) error = NULL;
  gsize n = 0, size = 0;
  gboolean ok = latent_shape_count (
      &counts[__i__].shape, LATENT_DATA_TYPE_FLOAT32, &n, &size, &error);

  fail_unless_equals_int (ok, counts[__i__].code < 0);
  fail_unless_equals_int (error != NULL ? error->code : -1, counts[__i__].code);
  fail_unless_equals_uint64 (n, counts[__i__].n);
  fail_unless_equals_uint64 (size, counts[__i__].size);
}
GST_END_TEST

static const struct {
  LatentShape a, b, dst;
  gboolean fits;
} broadcasts[] = {
    {{2, {2, 3}},    {1, {3}},       {2, {2, 3}},    TRUE },
    {{0},            {3, {4, 5, 6}}, {3, {4, 5, 6}}, TRUE },
    {{3, {4, 1, 6}}, {2, {5, 1}},    {3, {4, 5, 6}}, TRUE },
    {{2, {2, 3}},    {2, {3, 3}},    {0},            FALSE},
    {{2, {1, 3}},    {2, {0, 3}},    {2, {0, 3}},    TRUE },
    {{1, {2}},       {1, {0}},       {0},            FALSE},
};

GST_START_TEST (broadcast_follows_numpy)
{
  LatentShape dst = {0};

  fail_unless_equals_int (latent_shape_broadcast (&broadcasts[__i__].a, &broadcasts[__i__].b, &dst),
      broadcasts[__i__].fits);
  fail_unless (latent_shape_equal (&dst, &broadcasts[__i__].dst));
}
GST_END_TEST

GST_START_TEST (text_shows_unknown_sizes)
{
  LatentShape shape = {
      4, {1, 3, -1, 96}
  };
  LatentShape scalar = {0};
  g_autofree char *text = latent_shape_to_string (&shape);
  g_autofree char *scalar_text = latent_shape_to_string (&scalar);

  fail_unless_equals_string (text, "1x3x?x96");
  fail_unless_equals_string (scalar_text, "scalar");
}
GST_END_TEST

GST_START_TEST (axis_counts_from_the_end_when_negative)
{
  fail_unless_equals_int (latent_axis_normalize (2, 4), 2);
  fail_unless_equals_int (latent_axis_normalize (-1, 4), 3);
  fail_unless_equals_int (latent_axis_normalize (-4, 4), 0);
  fail_unless_equals_int (latent_axis_normalize (4, 4), -1);
  fail_unless_equals_int (latent_axis_normalize (-5, 4), -1);
  fail_unless_equals_int (latent_axis_normalize (0, 0), -1);
  fail_unless_equals_int (latent_axis_normalize (G_MININT64, 4), -1);
}
GST_END_TEST

GST_START_TEST (strides_are_row_major)
{
  LatentShape shape = {
      3, {2, 3, 5}
  };
  gint64 strides[LATENT_MAX_DIMS] = {0};

  latent_shape_get_strides (&shape, strides);
  fail_unless_equals_int64 (strides[0], 15);
  fail_unless_equals_int64 (strides[1], 5);
  fail_unless_equals_int64 (strides[2], 1);
  fail_unless_equals_uint64 (latent_shape_product (&shape, 1, 3), 15);
  fail_unless_equals_uint64 (latent_shape_product (&shape, 1, 1), 1);
}
GST_END_TEST

static Suite *
shape_suite (void)
{
  Suite *suite = suite_create ("shape");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, count_gives_elements_and_bytes_or_an_error, 0, G_N_ELEMENTS (counts));
  tcase_add_loop_test (tc, broadcast_follows_numpy, 0, G_N_ELEMENTS (broadcasts));
  tcase_add_test (tc, text_shows_unknown_sizes);
  tcase_add_test (tc, axis_counts_from_the_end_when_negative);
  tcase_add_test (tc, strides_are_row_major);
  return suite;
}

GST_CHECK_MAIN (shape)
