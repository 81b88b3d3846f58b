/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "feed-case.h"

GST_START_TEST (windows_of_sound)
{
  gint16 wave[50];
  for (guint i = 0; i < 50; i++)
    wave[i] = (gint16)(i * 100);
  g_autofree char *path = write_array ("wave.npy", "<i2", "50", wave, sizeof wave);
  g_autoptr (LatentData) data = open_data (path, "window=8 hop=4 sample-rate=8000 test=last:2");
  const LatentSampleSpec *spec = latent_data_get_spec (data);
  g_autoptr (LatentFeed) test = latent_data_open_test (data, NULL);
  g_autoptr (LatentFeed) train = latent_data_open_train (data, NULL);
  g_autoptr (GArray) samples = draw (test, 0, 8, NULL, NULL);

  fail_unless (spec->sample.n == 2 && spec->sample.dims[0] == 1 && spec->sample.dims[1] == 8);
  fail_unless (spec->media.rate == 8000 && spec->media.hop == 4 && spec->media.window == 8);
  fail_unless_equals_uint64 (train->n_samples, 10); /* of 12 whole hops */
  fail_unless_equals_int ((int)samples->len, 16);
  for (guint i = 0; i < 16; i++) /* windows end with samples 43 and 47 */
    fail_unless_equals_int (
        (int)lrintf (get (samples, i) * 32768), (int)(36 + i % 8 + 4 * (i / 8)) * 100);
}
GST_END_TEST

/* Windows of one item in a row; items are 3 hops apart. */
GST_START_TEST (sequences_of_sound)
{
  gint16 wave[50];
  for (guint i = 0; i < 50; i++)
    wave[i] = (gint16)(i * 100);
  g_autofree char *path = write_array ("waves.npy", "<i2", "50", wave, sizeof wave);
  g_autoptr (LatentData)
      data = open_data (path, "window=8 hop=4 sample-rate=8000 sequence=3 gain=6 test=last:1");
  g_autoptr (LatentFeed) test = latent_data_open_test (data, NULL);
  g_autoptr (LatentFeed) train = latent_data_open_train (data, NULL);
  g_autoptr (GArray) samples = draw (test, 0, 8, NULL, NULL);
  g_autoptr (GArray) random = draw (train, 0, 8, NULL, NULL);

  fail_unless_equals_uint64 (train->n_samples, 9); /* items end with samples 11, 23, 35 and 47 */
  fail_unless_equals_int ((int)samples->len, 24);
  for (guint i = 0; i < 24; i++)
    fail_unless_equals_int (
        (int)lrintf (get (samples, i) * 32768), (int)(28 + i % 8 + 4 * (i / 8)) * 100);
  fail_unless_equals_int ((int)random->len, 72);
  for (guint item = 0; item < 3; item++) {
    /* the wave rises evenly, as loud as chance has it, and windows follow one another */
    float rise = get (random, item * 24 + 23) - get (random, item * 24 + 22);
    fail_unless (rise * 32768 > 50 && rise * 32768 < 200, "%g", (double)rise * 32768);
    fail_unless (
        fabsf (get (random, item * 24 + 16 + 4) - get (random, item * 24 + 16) - 4 * rise) < 1e-5f);
    for (guint i = 4; i < 8; i++)
      fail_unless (get (random, item * 24 + 8 + i) == get (random, item * 24 + 16 + i - 4));
  }
}
GST_END_TEST

static Suite *
feed_sound_suite (void)
{
  Suite *suite = suite_create ("feed-sound");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, make_folder, remove_folder);
  tcase_add_test (tcase, windows_of_sound);
  tcase_add_test (tcase, sequences_of_sound);
  return suite;
}

GST_CHECK_MAIN (feed_sound)
