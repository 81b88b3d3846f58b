/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "codec-case.h"

GST_START_TEST (latents_come_back_within_a_step)
{
  static const struct {
    guint quality;
    float step;
  } rows[] = {
      {63, 0.0625f   },
      {55, 0.125f    },
      {40, 0.4585021f},
      {0,  14.672066f},
  };
  LatentStreamInfo info = case_info ();
  Case stream;

  case_init (&stream, 6, 12, 20, &info);
  latent_encoder_set_quality (stream.encoder, rows[__i__].quality);
  for (guint i = 0; i < 8; i++) {
    case_encode (&stream, i);
    fail_unless_equals_int (stream.info.quality, rows[__i__].quality);
    fail_unless_equals_int (stream.info.number, i);
    fail_unless_equals_int (stream.info.key, i == 0);
    fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
    fail_unless (case_compare (&stream) < rows[__i__].step);
  }
  case_clear (&stream);
}
GST_END_TEST

GST_START_TEST (what_depends_on_a_lost_packet_waits_for_a_key)
{
  static const LatentDecodeResult results[] = {LATENT_DECODE_OK, LATENT_DECODE_OK, -1,
      LATENT_DECODE_LOST, LATENT_DECODE_LOST, LATENT_DECODE_OK, LATENT_DECODE_OK};
  LatentStreamInfo info = case_info ();
  Case stream;

  case_init (&stream, 6, 12, 20, &info);
  for (guint i = 0; i < 7; i++) {
    if (i == 5)
      latent_encoder_request_key (stream.encoder);
    case_encode (&stream, i);
    if (i == 2)
      continue;
    memset (stream.decoded, 0xff, stream.n * sizeof (float));
    fail_unless_equals_int (case_decode (&stream), results[i]);
    if (results[i] == LATENT_DECODE_OK)
      fail_unless (case_compare (&stream) < 0.4585021f);
    else
      fail_unless (isnan (stream.decoded[0]) && isnan (stream.decoded[stream.n - 1]));
  }
  case_clear (&stream);
}
GST_END_TEST

GST_START_TEST (resilient_packets_stand_alone)
{
  LatentStreamInfo info = case_info ();
  Case stream;

  info.resilient = TRUE;
  case_init (&stream, 6, 12, 20, &info);
  for (guint i = 0; i < 9; i++) {
    case_encode (&stream, i);
    fail_unless (stream.info.key);
    if (i % 3 == 1)
      continue;
    fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
    fail_unless (case_compare (&stream) < 0.4585021f);
  }
  case_clear (&stream);
}
GST_END_TEST

GST_START_TEST (quality_may_change_at_every_frame)
{
  static const guint qualities[] = {40, 48, 33, 63, 0, 63, 62, 7, 40, 40};
  LatentStreamInfo info = case_info ();
  Case stream;

  case_init (&stream, 6, 12, 20, &info);
  for (guint i = 0; i < G_N_ELEMENTS (qualities); i++) {
    latent_encoder_set_quality (stream.encoder, qualities[i]);
    case_encode (&stream, i);
    fail_unless_equals_int (stream.info.key, i == 0);
    fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
    fail_unless (case_compare (&stream) < 0.0625 * exp2 ((63. - qualities[i]) / 8));
  }
  case_clear (&stream);
}
GST_END_TEST

/* A symbol of a picture stays as it was while it is 0.6 steps off or more; one of sound is
 * nearest, but for the wider zone of 0. */
GST_START_TEST (symbols_of_sound_are_the_nearest)
{
  LatentStreamInfo info = {
      .kind = LATENT_MEDIA_AUDIO, .rate = 16000, .audio_channels = 1, .hop = 320};
  Case stream;

  case_init (&stream, 6, 1, 20, &info);
  for (guint i = 0; i < 40; i++) {
    case_encode (&stream, i);
    fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
    fail_unless (case_compare (&stream) < 0.4585021f * 0.65f, "frame %u: %g", i,
        (double)case_compare (&stream) / 0.4585021);
  }
  case_clear (&stream);
}
GST_END_TEST

static Suite *
codec_suite (void)
{
  Suite *suite = suite_create ("codec");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, latents_come_back_within_a_step, 0, 4);
  tcase_add_test (tc, what_depends_on_a_lost_packet_waits_for_a_key);
  tcase_add_test (tc, resilient_packets_stand_alone);
  tcase_add_test (tc, quality_may_change_at_every_frame);
  tcase_add_test (tc, symbols_of_sound_are_the_nearest);
  return suite;
}

GST_CHECK_MAIN (codec)
