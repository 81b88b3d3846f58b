/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/range.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#include "src/base/random.h"

GST_START_TEST (ends_without_trailing_zeros)
{
  guint8 bytes[8];
  LatentRangeEncoder encoder;

  /* The lower half is a 1: the stream is 0, which is no byte. */
  latent_range_encoder_init (&encoder, bytes, sizeof bytes);
  latent_range_put (&encoder, 32768, TRUE);
  fail_unless_equals_uint64 (latent_range_encoder_finish (&encoder), 0);

  latent_range_encoder_init (&encoder, bytes, sizeof bytes);
  latent_range_put (&encoder, 32768, FALSE);
  fail_unless_equals_uint64 (latent_range_encoder_finish (&encoder), 1);
  fail_unless_equals_int_hex (bytes[0], 0x80);
}
GST_END_TEST

/* low goes over the top of 32 bits while the bytes before are all ones. */
GST_START_TEST (carries_through_ones)
{
  guint8 bytes[8] = {0x12, 0xff, 0xff};
  LatentRangeEncoder encoder = {
      .dst = bytes, .capacity = 8, .pos = 3, .low = 0xffffff00, .range = 0x02000000};

  latent_range_put (&encoder, 32768, FALSE);
  fail_unless_equals_int_hex (bytes[0], 0x13);
  fail_unless_equals_int_hex (bytes[1], 0x00);
  fail_unless_equals_int_hex (bytes[2], 0x00);
}
GST_END_TEST

GST_START_TEST (writes_bits_as_they_are)
{
  guint8 bytes[16];
  LatentRangeEncoder encoder;
  LatentRangeDecoder decoder;
  gsize size;

  latent_range_encoder_init (&encoder, bytes, sizeof bytes);
  latent_range_put_bits (&encoder, 0xdeadbeef, 32);
  latent_range_put_bits (&encoder, 5, 3);
  size = latent_range_encoder_finish (&encoder);
  fail_unless (size >= 4 && size <= 5);
  latent_range_decoder_init (&decoder, bytes, size);
  fail_unless_equals_int_hex (latent_range_get_bits (&decoder, 32), 0xdeadbeef);
  fail_unless_equals_int (latent_range_get_bits (&decoder, 3), 5);
}
GST_END_TEST

/* Bits of every probability, 1 and 65535 of 65536 among them. */
GST_START_TEST (reads_what_it_wrote)
{
  static const guint32 extremes[] = {1, 2, 255, 32768, 65279, 65534, 65535};
  const guint n = 20000;
  g_autofree guint8 *bytes = g_malloc (8 * n);
  g_autofree guint32 *p = g_new (guint32, n);
  g_autofree guint8 *bits = g_new (guint8, n);
  LatentRangeEncoder encoder;
  LatentRangeDecoder decoder;
  LatentRandom random;
  gsize size;

  latent_random_init (&random, (guint64)__i__, LATENT_RANDOM_SAMPLE, 0);
  latent_range_encoder_init (&encoder, bytes, 8 * n);
  for (guint i = 0; i < n; i++) {
    gboolean likely = latent_random_below (&random, 20) > 0;
    p[i] = __i__ < 7 ? extremes[__i__] : 1 + (guint32)latent_random_below (&random, 65535);
    bits[i] = likely ? p[i] >= 32768 : p[i] < 32768;
    latent_range_put (&encoder, p[i], bits[i]);
  }
  size = latent_range_encoder_finish (&encoder);
  fail_if (encoder.full);
  latent_range_decoder_init (&decoder, bytes, size);
  for (guint i = 0; i < n; i++)
    fail_unless_equals_int (latent_range_get (&decoder, p[i]), bits[i]);
}
GST_END_TEST

GST_START_TEST (says_that_it_is_full)
{
  guint8 bytes[64] = {0, 0, 0, 0x55}; /* gcc 14 does not see that all behind 3 stay as they are */
  LatentRangeEncoder encoder;

  latent_range_encoder_init (&encoder, bytes, 3);
  latent_range_put_bits (&encoder, 0xffffffff, 32);
  fail_unless_equals_uint64 (latent_range_encoder_finish (&encoder), 0);
  fail_unless (encoder.full);
  fail_unless_equals_int_hex (bytes[3], 0x55);
}
GST_END_TEST

static Suite *
range_suite (void)
{
  Suite *suite = suite_create ("range");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, ends_without_trailing_zeros);
  tcase_add_test (tcase, carries_through_ones);
  tcase_add_test (tcase, writes_bits_as_they_are);
  tcase_add_loop_test (tcase, reads_what_it_wrote, 0, 9);
  tcase_add_test (tcase, says_that_it_is_full);
  return suite;
}

GST_CHECK_MAIN (range)
