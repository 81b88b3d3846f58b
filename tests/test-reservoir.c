/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/reservoir.h"

#include <gst/check/gstcheck.h>
#include <latent/error.h>

static LatentReservoir *
make_filled (guint64 capacity, guint64 n)
{
  LatentReservoir *self = latent_reservoir_new (sizeof (guint64), capacity, 7, NULL);
  for (guint64 i = 0; i < n; i++)
    ck_assert (latent_reservoir_put (self, &i));
  return self;
}

GST_START_TEST (an_empty_one_gives_nothing)
{
  g_autoptr (LatentReservoir) self = make_filled (4, 0);
  guint64 item;
  ck_assert (!latent_reservoir_draw (self, &item));
  ck_assert_uint_eq (latent_reservoir_get_n (self), 0);
}
GST_END_TEST;

GST_START_TEST (all_that_fits_is_drawn)
{
  g_autoptr (LatentReservoir) self = make_filled (100, 10);
  guint64 item, seen = 0;
  for (guint i = 0; i < 200; i++) {
    ck_assert (latent_reservoir_draw (self, &item));
    seen |= 1u << item;
  }
  ck_assert_uint_eq (seen, 1023);
  ck_assert_uint_eq (latent_reservoir_get_n (self), 10);
}
GST_END_TEST;

GST_START_TEST (old_items_go)
{
  g_autoptr (LatentReservoir) self = make_filled (8, 1000);
  guint64 item;
  ck_assert_uint_eq (latent_reservoir_get_n (self), 8);
  for (guint i = 0; i < 100; i++) {
    latent_reservoir_draw (self, &item);
    /* one that is 100 items old is there still once in a million */
    ck_assert_uint_ge (item, 900);
  }
}
GST_END_TEST;

GST_START_TEST (memory_is_bounded)
{
  g_autoptr (GError) error = NULL;
  LatentReservoir *self = latent_reservoir_new (G_MAXSIZE / 4, 1000, 1, &error);
  ck_assert (self == NULL);
  ck_assert (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_LIMIT));
}
GST_END_TEST;

static Suite *
reservoir_suite (void)
{
  Suite *suite = suite_create ("reservoir");
  TCase *tcase = tcase_create ("reservoir");
  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, an_empty_one_gives_nothing);
  tcase_add_test (tcase, all_that_fits_is_drawn);
  tcase_add_test (tcase, old_items_go);
  tcase_add_test (tcase, memory_is_bounded);
  return suite;
}

GST_CHECK_MAIN (reservoir)
