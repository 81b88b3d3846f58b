/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/cores.h"

#include <gst/check/gstcheck.h>

static const struct {
  guint cores, members, threads;
} shares[] = {
    {2, 0,  2},
    {2, 1,  2},
    {2, 2,  2}, /* an encoder and its decoder */
    {2, 3,  1},
    {2, 4,  1},
    {2, 9,  1},
    {8, 2,  8},
    {8, 4,  4},
    {8, 8,  2},
    {8, 16, 1},
    {1, 1,  1},
    {1, 5,  1},
};

GST_START_TEST (test_elements_share_the_cores_twice)
{
  fail_unless_equals_int (
      latent_cores_share (shares[__i__].cores, shares[__i__].members), shares[__i__].threads);
}
GST_END_TEST

GST_START_TEST (test_a_property_that_is_set_is_obeyed)
{
  gboolean is_member[8] = {FALSE};

  for (guint i = 0; i < G_N_ELEMENTS (is_member); i++)
    latent_cores_join (&is_member[i]);
  fail_unless_equals_int (latent_cores_choose (3), 3);
  for (guint i = 0; i < G_N_ELEMENTS (is_member); i++)
    latent_cores_leave (&is_member[i]);
}
GST_END_TEST

GST_START_TEST (test_who_joins_twice_counts_once)
{
  gboolean is_member = FALSE;
  guint alone = latent_cores_share (g_get_num_processors (), 1);

  for (guint i = 0; i < 1000; i++)
    latent_cores_join (&is_member);
  fail_unless_equals_int (latent_cores_choose (0), alone);
  latent_cores_leave (&is_member);
  latent_cores_leave (&is_member);
  fail_unless_equals_int (latent_cores_choose (0), alone);
}
GST_END_TEST

static Suite *
cores_suite (void)
{
  Suite *suite = suite_create ("cores");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_elements_share_the_cores_twice, 0, G_N_ELEMENTS (shares));
  tcase_add_test (tc, test_a_property_that_is_set_is_obeyed);
  tcase_add_test (tc, test_who_joins_twice_counts_once);
  return suite;
}

GST_CHECK_MAIN (cores)
