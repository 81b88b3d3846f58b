/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "src/gst/caps.h"

static const struct {
  guint n;
  gint64 dims[5];
  guint rank;
  const char *text;
} spellings[] = {
    {4, {1, 12, 16, 24}, 4, "24:16:12:1"},
    {4, {1, 12, 16, 24}, 3, "24:16:12"  },
    {4, {1, 12, 16, 24}, 1, "24:16:12"  },
    {4, {6, 12, 16, 24}, 4, "24:16:12:6"},
    {2, {1, 3},          4, "3:1:1:1"   },
    {2, {1, 3},          1, "3"         },
    {3, {1, 24, 1},      4, "1:24:1:1"  },
    {1, {1},             1, "1"         },
    {5, {1, 2, 3, 4, 5}, 4, "5:4:3:2"   },
    {5, {7, 2, 3, 4, 5}, 4, "5:4:3:2:7" },
};

GST_START_TEST (test_to_string)
{
  g_autofree char *text = latent_gst_dims_to_string (
      spellings[__i__].n, spellings[__i__].dims, spellings[__i__].rank);

  ck_assert_str_eq (text, spellings[__i__].text);
}
GST_END_TEST;

GST_START_TEST (test_from_string)
{
  gint64 dims[LATENT_MAX_DIMS];
  guint n;

  ck_assert (latent_gst_dims_from_string (spellings[__i__].text, &n, dims));
  ck_assert (latent_gst_dims_equal (n, dims, spellings[__i__].n, spellings[__i__].dims));
}
GST_END_TEST;

static const char *const nonsense[] = {
    "", ":", "1:", "a", "1:2:x", "0", "3:-1", "1:2:3:4:5:6:7:8:9:1:1:2:3", "99999999999", "1.5"};

GST_START_TEST (test_nonsense)
{
  gint64 dims[LATENT_MAX_DIMS];
  guint n;

  ck_assert (!latent_gst_dims_from_string (nonsense[__i__], &n, dims));
}
GST_END_TEST;

GST_START_TEST (test_differ)
{
  static const gint64 a[] = {1, 12, 16, 24}, b[] = {12, 16, 25}, c[] = {12, 16, 24, 1};

  ck_assert (!latent_gst_dims_equal (4, a, 3, b));
  ck_assert (!latent_gst_dims_equal (4, a, 4, c));
}
GST_END_TEST;

GST_START_TEST (test_set_dims)
{
  static const gint64 dims[] = {1, 12, 16, 24};
  g_autoptr (GstStructure) structure = gst_structure_new_empty ("other/tensors");
  g_autofree char *text = NULL;

  latent_gst_set_dims (structure, 4, dims);
  text = gst_structure_to_string (structure);
  ck_assert_str_eq (text, "other/tensors, dimensions=(string){ 24:16:12:1, 24:16:12 };");
}
GST_END_TEST;

GST_START_TEST (test_set_dims_batch)
{
  static const gint64 dims[] = {6, 12, 16, 24};
  g_autoptr (GstStructure) structure = gst_structure_new_empty ("other/tensors");
  g_autofree char *text = NULL;

  latent_gst_set_dims (structure, 4, dims);
  text = gst_structure_to_string (structure);
  ck_assert_str_eq (text, "other/tensors, dimensions=(string)24:16:12:6;");
}
GST_END_TEST;

GST_START_TEST (test_tensors)
{
  g_autoptr (GstCaps) caps = latent_gst_new_tensors_caps ("0123456789abcdef0123");
  g_autoptr (GstCaps) wanted = gst_caps_from_string (
      "other/tensors,format=static,num_tensors=1,types=float32,framerate=[0/1,2147483647/1],"
      "latent-model=(string)\"0123456789abcdef\"");

  ck_assert_msg (gst_caps_is_equal (caps, wanted), "%s", gst_caps_to_string (caps));
}
GST_END_TEST;

static Suite *
gst_caps_suite (void)
{
  Suite *suite = suite_create ("gst-caps");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_loop_test (tests, test_to_string, 0, G_N_ELEMENTS (spellings));
  tcase_add_loop_test (tests, test_from_string, 0, G_N_ELEMENTS (spellings));
  tcase_add_loop_test (tests, test_nonsense, 0, G_N_ELEMENTS (nonsense));
  tcase_add_test (tests, test_differ);
  tcase_add_test (tests, test_set_dims);
  tcase_add_test (tests, test_set_dims_batch);
  tcase_add_test (tests, test_tensors);
  return suite;
}

GST_CHECK_MAIN (gst_caps)
