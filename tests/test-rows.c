/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/rows.h"

#include <gst/check/gstcheck.h>

GST_START_TEST (columns_are_found)
{
  const guint8 src[] = {0, 1, 0, 255, 4, 0};
  guint columns[6];

  fail_unless_equals_int (latent_row_find (src, 6, columns), 3);
  fail_unless_equals_int (columns[0], 1);
  fail_unless_equals_int (columns[1], 3);
  fail_unless_equals_int (columns[2], 4);
}
GST_END_TEST

/* Two channels in planes of five; what is between stays. */
GST_START_TEST (places_come_and_go)
{
  const gint16 planes[] = {1, 2, 3, 4, 5, -1, -2, -3, -4, -5};
  const guint columns[] = {0, 3};
  gint16 places[4], back[10] = {0};

  latent_row_gather (planes, 5, 2, columns, 2, places);
  fail_unless_equals_int (places[0], 1);
  fail_unless_equals_int (places[1], -1);
  fail_unless_equals_int (places[2], 4);
  fail_unless_equals_int (places[3], -4);
  latent_row_scatter (places, 2, columns, 2, back, 5);
  for (guint i = 0; i < 10; i++)
    fail_unless_equals_int (back[i], i % 5 == 0 || i % 5 == 3 ? planes[i] : 0);
}
GST_END_TEST

GST_START_TEST (rows_turn_and_turn_back)
{
  const float planes[] = {1, 2, 3, 0, 4, 5, 6, 0};
  float places[6], back[8] = {0};

  latent_row_turn (planes, 4, 2, 3, places);
  for (guint x = 0; x < 3; x++) {
    fail_unless_equals_float (places[2 * x], planes[x]);
    fail_unless_equals_float (places[2 * x + 1], planes[4 + x]);
  }
  latent_row_turn_back (places, 2, 3, back, 4);
  for (guint i = 0; i < 8; i++)
    fail_unless_equals_float (back[i], planes[i]);
}
GST_END_TEST

static Suite *
rows_suite (void)
{
  Suite *suite = suite_create ("rows");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, columns_are_found);
  tcase_add_test (tc, places_come_and_go);
  tcase_add_test (tc, rows_turn_and_turn_back);
  return suite;
}

GST_CHECK_MAIN (rows)
