/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "src/media/strided.h"

static const struct {
  LatentShape shape;
  gint64 strides[4];
} cases[] = {
    {{0},                  {0}                 },
    {{1, {1}},             {1}                 },
    {{1, {7}},             {3}                 },
    {{2, {3, 5}},          {5, 1}              },
    {{2, {3, 5}},          {1, 3}              },
    {{4, {1, 1, 1, 1}},    {9, 9, 9, 9}        },
    {{4, {1, 96, 12, 16}}, {18432, 192, 16, 1} },
    {{4, {1, 96, 12, 16}}, {18432, 1, 1536, 96}}, /* channels-last */
    {{4, {1, 48, 17, 16}}, {13056, 1, 768, 48} }, /* whole blocks, channels-last */
    {{4, {2, 33, 5, 17}},  {2805, 1, 561, 33}  }, /* no multiple of a block */
    {{4, {3, 4, 1, 19}},   {500, 25, 25, 1}    }, /* holes */
    {{4, {3, 4, 2, 19}},   {1, 3, 250, 12}     },
};

/* Element i of the dense array is i + 1; zeros are holes. */
GST_START_TEST (test_there_and_back)
{
  const LatentShape *shape = &cases[__i__].shape;
  gsize n = latent_shape_product (shape, 0, shape->n);
  g_autofree float *dense = g_new (float, n);
  g_autofree float *back = g_new0 (float, n);
  g_autofree float *spread = g_new0 (float, 60000);
  gint64 strides[LATENT_MAX_DIMS] = {0}, row_major[LATENT_MAX_DIMS] = {0};

  for (guint i = 0; i < 4; i++)
    strides[i] = cases[__i__].strides[i];
  latent_shape_get_strides (shape, row_major);
  for (gsize i = 0; i < n; i++)
    dense[i] = (float)(i + 1);
  latent_strided_copy (spread, strides, dense, row_major, shape);
  latent_strided_copy (back, row_major, spread, strides, shape);
  fail_unless (memcmp (dense, back, n * sizeof (float)) == 0);
  for (gsize i = 0; i < n; i++) {
    gsize rest = i, position = 0;

    for (guint d = shape->n; d-- > 0;) {
      position += rest % (gsize)shape->dims[d] * (gsize)strides[d];
      rest /= (gsize)shape->dims[d];
    }
    if (spread[position] != (float)(i + 1))
      fail ("element %zu is %g", i, spread[position]);
  }
}
GST_END_TEST;

GST_START_TEST (test_count_not_finite)
{
  static const float values[] = {0, NAN, -1e38f, INFINITY, -INFINITY, 1};

  fail_unless_equals_uint64 (latent_count_not_finite (values, 6), 3);
  fail_unless_equals_uint64 (latent_count_not_finite (values, 0), 0);
}
GST_END_TEST;

static Suite *
media_strided_suite (void)
{
  Suite *s = suite_create ("media-strided");
  TCase *tc = tcase_create ("strided");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_there_and_back, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tc, test_count_not_finite);
  return s;
}

GST_CHECK_MAIN (media_strided);
