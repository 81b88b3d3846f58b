/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "codec-case.h"

static const struct {
  LatentMediaKind kind;
  gboolean resilient;
  guint lost; /* packets in a row */
  LatentDecodeResult result;
} losses[] = {
    {LATENT_MEDIA_VIDEO, FALSE, 1,     LATENT_DECODE_LOST},
    {LATENT_MEDIA_VIDEO, FALSE, 255,   LATENT_DECODE_LOST},
    {LATENT_MEDIA_VIDEO, FALSE, 256,   LATENT_DECODE_LOST},
    {LATENT_MEDIA_VIDEO, FALSE, 257,   LATENT_DECODE_LOST},
    {LATENT_MEDIA_VIDEO, FALSE, 512,   LATENT_DECODE_LOST},
    {LATENT_MEDIA_VIDEO, FALSE, 65280, LATENT_DECODE_LOST},
    {LATENT_MEDIA_AUDIO, FALSE, 1,     LATENT_DECODE_LOST},
    {LATENT_MEDIA_AUDIO, FALSE, 256,   LATENT_DECODE_LOST},
    {LATENT_MEDIA_AUDIO, FALSE, 512,   LATENT_DECODE_LOST},
    {LATENT_MEDIA_AUDIO, FALSE, 65280, LATENT_DECODE_LOST},
    {LATENT_MEDIA_VIDEO, TRUE,  256,   LATENT_DECODE_OK  },
    {LATENT_MEDIA_AUDIO, TRUE,  256,   LATENT_DECODE_OK  },
    {LATENT_MEDIA_VIDEO, TRUE,  65536, LATENT_DECODE_OK  },
    {LATENT_MEDIA_AUDIO, TRUE,  65536, LATENT_DECODE_OK  },
};

static LatentStreamInfo
get_loss_info (LatentMediaKind kind, gboolean resilient)
{
  LatentStreamInfo info = case_info ();

  info.kind = kind;
  info.resilient = resilient;
  info.rate = 16000;
  info.audio_channels = 1;
  info.hop = 320;
  return info;
}

/* What comes behind the lost ones is found out: its counter says so, though compact packets show
 * half of it; until a key packet none is taken for another. */
GST_START_TEST (any_number_of_lost_packets_is_found_out)
{
  LatentStreamInfo info = get_loss_info (losses[__i__].kind, losses[__i__].resilient);
  Case stream;
  guint compact = 0;

  case_init (&stream, 3, 1, 1, &info);
  for (guint i = 0; i < 300; i++) {
    case_encode (&stream, i);
    compact += (stream.packet[0] & 0xc0) == 0x40;
    fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
  }
  fail_unless (losses[__i__].resilient || compact > 250, "%u", compact);
  for (guint i = 0; i < losses[__i__].lost; i++)
    case_encode (&stream, 300 + i % 64);
  for (guint i = 0; i < 200; i++) {
    case_encode (&stream, 400 + i % 64);
    memset (stream.decoded, 0xff, stream.n * sizeof (float));
    fail_unless_equals_int (case_decode (&stream), losses[__i__].result);
    if (losses[__i__].result == LATENT_DECODE_OK)
      fail_unless (case_compare (&stream) < 0.4585021f);
    else
      fail_unless (isnan (stream.decoded[0]));
  }
  latent_encoder_request_key (stream.encoder);
  for (guint i = 0; i < 20; i++) {
    case_encode (&stream, i);
    fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
    fail_unless (case_compare (&stream) < 0.4585021f);
  }
  case_clear (&stream);
}
GST_END_TEST

/* The counter has 16 bits (docs/codec-design.md): so many lost ones, 22 minutes of sound or 44 of
 * video, look like none. They do so until the next key packet. */
GST_START_TEST (a_whole_turn_of_the_counter_is_not_found_out)
{
  LatentStreamInfo info = get_loss_info (
      __i__ > 0 ? LATENT_MEDIA_AUDIO : LATENT_MEDIA_VIDEO, FALSE);
  Case stream;

  case_init (&stream, 1, 1, 1, &info);
  for (guint i = 0; i < 10 + 65536; i++) {
    case_encode (&stream, i % 64);
    if (i < 10)
      fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
  }
  case_encode (&stream, 7);
  fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
  latent_encoder_request_key (stream.encoder);
  case_encode (&stream, 8);
  fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
  fail_unless (case_compare (&stream) < 0.4585021f);
  case_clear (&stream);
}
GST_END_TEST

static Suite *
codec_loss_suite (void)
{
  Suite *suite = suite_create ("codec-loss");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, any_number_of_lost_packets_is_found_out, 0, G_N_ELEMENTS (losses));
  tcase_add_loop_test (tc, a_whole_turn_of_the_counter_is_not_found_out, 0, 2);
  return suite;
}

GST_CHECK_MAIN (codec_loss)
