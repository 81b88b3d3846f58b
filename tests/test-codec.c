/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* From the largest symbol to the smallest, and to 0: by more steps than a symbol counts. */
GST_START_TEST (latents_may_change_by_all_there_is)
{
  static const float shares[] = {1, -1, 1, 0, -1, -1, 0, 1};
  const float most = 32767 * 0.0625f;
  LatentStreamInfo info = case_info ();
  GError *error = NULL;
  Case stream;

  case_init (&stream, 3, 5, 7, &info);
  latent_encoder_set_quality (stream.encoder, 63);
  for (guint i = 0; i < 8; i++) {
    for (gsize k = 0; k < stream.n; k++)
      stream.latents[k] = shares[(i + k * k) % 8] * most;
    fail_unless (latent_encoder_encode (
        stream.encoder, stream.latents, 0, &stream.info, &stream.packet, &stream.size, &error));
    fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
    fail_unless (case_compare (&stream) < 0.0625f);
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

/* A symbol of a picture stays as it was while it is up to 0.9 steps off; one of sound is always the
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

/* What a decoder gave for the packets 0..n-1 must not depend on what came in between. */
GST_START_TEST (damaged_packets_are_bad_and_change_nothing)
{
  LatentStreamInfo info = case_info ();
  LatentDecodeResult result;
  Case stream;

  case_init (&stream, 3, 4, 6, &info);
  latent_encoder_set_quality (stream.encoder, __i__ ? 63 : 20);
  for (guint i = 0; i < 4; i++) {
    g_autofree guint8 *damaged = NULL;
    case_encode (&stream, i);
    damaged = g_memdup2 (stream.packet, stream.size);
    for (gsize bit = 0; bit < 8 * stream.size; bit++) {
      damaged[bit / 8] ^= (guint8)(1 << bit % 8);
      result = latent_decoder_decode (
          stream.decoder, damaged, stream.size, stream.decoded, NULL, NULL);
      /* what a compact one's checksum is may be that of another counter */
      fail_unless (result == LATENT_DECODE_BAD ||
                       (result == LATENT_DECODE_LOST && (stream.packet[0] & 0xc0) == 0x40),
          "%d", result);
      damaged[bit / 8] ^= (guint8)(1 << bit % 8);
    }
    fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
    fail_unless (case_compare (&stream) < (__i__ ? 0.0625f : 2.6f));
  }
  case_clear (&stream);
}
GST_END_TEST

GST_START_TEST (packets_end_at_a_guard_page)
{
  gsize page = (gsize)sysconf (_SC_PAGESIZE);
  guint8 *pages = mmap (
      NULL, 17 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  LatentStreamInfo info = case_info ();
  Case stream;

  fail_unless (pages != MAP_FAILED);
  fail_unless (mprotect (pages + 16 * page, page, PROT_NONE) == 0);
  info.slices = 3;
  case_init (&stream, 6, 12, 20, &info);
  for (guint i = 0; i < 6; i++) {
    guint8 *at;
    case_encode (&stream, i);
    at = pages + 16 * page - stream.size;
    memcpy (at, stream.packet, stream.size);
    fail_unless_equals_int (
        latent_decoder_decode (stream.decoder, at, stream.size, stream.decoded, NULL, NULL),
        LATENT_DECODE_OK);
    fail_unless (case_compare (&stream) < 0.4585021f);
  }
  munmap (pages, 17 * page);
  case_clear (&stream);
}
GST_END_TEST

GST_START_TEST (latents_that_are_no_numbers_are_refused)
{
  static const float values[] = {NAN, INFINITY, -INFINITY};
  static const char *const names[] = {"NaN", "infinite", "infinite"};
  LatentStreamInfo info = case_info ();
  Case stream, other;
  const guint8 *packet;
  gsize size;

  case_init (&stream, 3, 4, 6, &info);
  case_init (&other, 3, 4, 6, &info);
  case_encode (&stream, 0);
  case_encode (&other, 0);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *wanted = g_strdup_printf (
        "latent 17 of the frame is %s: such latents cannot be coded", names[i]);
    stream.latents[17] = values[i];
    fail_if (
        latent_encoder_encode (stream.encoder, stream.latents, 0, NULL, &packet, &size, &error));
    fail_unless_equals_int (error->code, LATENT_ERROR_TYPE);
    fail_unless_equals_string (error->message, wanted);
  }
  case_encode (&stream, 1);
  case_encode (&other, 1);
  fail_unless_equals_uint64 (stream.size, other.size);
  fail_unless (memcmp (stream.packet, other.packet, other.size) == 0);
  case_clear (&stream);
  case_clear (&other);
}
GST_END_TEST

GST_START_TEST (latents_too_large_for_their_step_are_clamped)
{
  LatentStreamInfo info = case_info ();
  const guint8 *packet;
  Case stream;
  gsize size;

  case_init (&stream, 3, 4, 6, &info);
  latent_encoder_set_quality (stream.encoder, 63);
  memset (stream.latents, 0, stream.n * sizeof (float));
  stream.latents[3] = 1e30f;
  stream.latents[4] = -1e30f;
  fail_unless (
      latent_encoder_encode (stream.encoder, stream.latents, 0, NULL, &packet, &size, NULL));
  fail_unless_equals_int (
      latent_decoder_decode (stream.decoder, packet, size, stream.decoded, NULL, NULL),
      LATENT_DECODE_OK);
  fail_unless_equals_float (stream.decoded[3], 32767 * 0.0625f);
  fail_unless_equals_float (stream.decoded[4], -32767 * 0.0625f);
  fail_unless_equals_float (stream.decoded[5], 0);
  case_clear (&stream);
}
GST_END_TEST

GST_START_TEST (key_packets_come_when_asked_for)
{
  LatentStreamInfo info = case_info ();
  Case stream;

  case_init (&stream, 3, 4, 6, &info);
  latent_encoder_set_key_interval (stream.encoder, 5);
  for (guint i = 0; i < 20; i++) {
    if (i == 7)
      latent_encoder_request_key (stream.encoder);
    case_encode (&stream, i);
    fail_unless_equals_int (stream.info.key, i == 0 || i == 5 || i == 7 || i == 12 || i == 17);
  }
  case_clear (&stream);
}
GST_END_TEST

GST_START_TEST (key_packets_are_better)
{
  static const struct {
    guint gain, interval;
    gboolean resilient;
    guint64 bitrate;
    guint quality;
  } rows[] = {
      {0,  3, FALSE, 0,          40},
      {8,  3, FALSE, 0,          48},
      {30, 3, FALSE, 0,          63},
      {8,  1, FALSE, 0,          40}, /* nothing follows */
      {8,  3, TRUE,  0,          40},
      {8,  3, FALSE, 1000000000, 40}, /* what can be had is used anyway */
  };
  LatentStreamInfo info = case_info ();
  Case stream;

  info.resilient = rows[__i__].resilient;
  case_init (&stream, 3, 4, 6, &info);
  latent_encoder_set_quality (stream.encoder, 40);
  latent_encoder_set_bitrate (stream.encoder, rows[__i__].bitrate);
  latent_encoder_set_key_interval (stream.encoder, rows[__i__].interval);
  latent_encoder_set_key_gain (stream.encoder, rows[__i__].gain);
  for (guint i = 0; i < 7; i++) {
    case_encode (&stream, i);
    fail_unless_equals_int (stream.info.quality, stream.info.key ? rows[__i__].quality : 40);
    fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
  }
  case_clear (&stream);
}
GST_END_TEST

GST_START_TEST (the_counter_wraps)
{
  LatentStreamInfo info = case_info ();
  Case stream;

  case_init (&stream, 1, 1, 1, &info);
  for (guint i = 0; i < 65540; i++) {
    case_encode (&stream, 0);
    if (case_decode (&stream) != LATENT_DECODE_OK)
      fail ("frame %u", i);
  }
  fail_unless_equals_int (stream.info.number, 3);
  case_clear (&stream);
}
GST_END_TEST

GST_START_TEST (a_decoder_that_was_reset_waits_for_a_key)
{
  LatentStreamInfo info = case_info ();
  Case stream;

  case_init (&stream, 3, 4, 6, &info);
  case_encode (&stream, 0);
  fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
  latent_decoder_reset (stream.decoder);
  case_encode (&stream, 1);
  fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_LOST);
  case_clear (&stream);
}
GST_END_TEST

/* The same packets whatever the threads, and the same latents. */
GST_START_TEST (threads_make_no_difference)
{
  const gint64 dims[] = {1, 24, 40, 64};
  LatentStreamInfo info = case_info ();
  g_autoptr (LatentModel) model = case_model_new (4, dims, "0.0625");
  g_autoptr (LatentEncoder) one = NULL;
  g_autoptr (LatentEncoder) many = NULL;
  g_autofree float *latents = g_new (float, 24 * 40 * 64);

  info.slices = 5;
  one = latent_encoder_new (model, 4, dims, &info, 1, NULL);
  many = latent_encoder_new (model, 4, dims, &info, 4, NULL);
  for (guint i = 0; i < 4; i++) {
    const guint8 *a, *b;
    gsize a_size, b_size;
    case_fill (latents, 24, 40, 64, i);
    fail_unless (latent_encoder_encode (one, latents, 0, NULL, &a, &a_size, NULL));
    fail_unless (latent_encoder_encode (many, latents, 0, NULL, &b, &b_size, NULL));
    fail_unless_equals_uint64 (a_size, b_size);
    fail_unless (memcmp (a, b, a_size) == 0);
  }
}
GST_END_TEST

static const struct {
  gint64 dims[3]; /* of the stream's encoder: 1 and these */
  const char *steps;
  const char *id;
  LatentError code;
  const char *message;
} others[] = {
    {{3, 4, 6}, "0.0625", "other", LATENT_ERROR_TYPE,
     "the stream's latents are of the latent space " CASE_ID ", the model's of other"},
    {{5, 4, 6}, "0.0625", CASE_ID, LATENT_ERROR_SHAPE,
     "the model's latents are 1x5x4x6, a frame of 1x3x4x6 was offered"               },
};

GST_START_TEST (another_model_is_refused)
{
  const gint64 dims[] = {1, others[__i__].dims[0], others[__i__].dims[1], others[__i__].dims[2]};
  const char *keys[] = {"latent.input", "vector", "latent.id", others[__i__].id, NULL};
  g_autoptr (LatentModel) model = test_identity_new (4, dims, keys);
  g_autoptr (GError) error = NULL;
  LatentStreamInfo info = case_info ();
  const guint8 *header;
  Case stream;
  gsize size;

  case_init (&stream, 3, 4, 6, &info);
  header = g_bytes_get_data (latent_encoder_get_header (stream.encoder), &size);
  fail_unless (latent_decoder_new (model, header, size, 1, &error) == NULL);
  fail_unless_equals_int (error->code, others[__i__].code);
  fail_unless_equals_string (error->message, others[__i__].message);
  case_clear (&stream);
}
GST_END_TEST

GST_START_TEST (steps_of_another_number_of_channels_are_refused)
{
  const gint64 dims[] = {1, 3, 4, 6};
  g_autoptr (LatentModel) model = case_model_new (4, dims, "1,2");
  g_autoptr (GError) error = NULL;
  LatentStreamInfo info = case_info ();

  fail_unless (latent_encoder_new (model, 4, dims, &info, 1, &error) == NULL);
  fail_unless_equals_int (error->code, LATENT_ERROR_SETTINGS);
  fail_unless_equals_string (
      error->message, "latent.steps has 2 numbers, wanted is one, or one for each of 3 channels");
}
GST_END_TEST

GST_START_TEST (a_header_says_the_stream)
{
  LatentStreamInfo info = case_info ();
  const LatentStreamInfo *found;
  const gint64 *dims;
  guint n_dims;
  Case stream;

  info.par_n = 4;
  info.par_d = 3;
  info.color_matrix = 5;
  case_init (&stream, 3, 4, 6, &info);
  found = latent_decoder_get_info (stream.decoder);
  fail_unless_equals_int (found->kind, LATENT_MEDIA_VIDEO);
  fail_unless_equals_string (found->latent_id, CASE_ID);
  fail_unless_equals_int (found->width, 64);
  fail_unless_equals_int (found->height, 48);
  fail_unless_equals_int (found->fps_n, 25);
  fail_unless_equals_int (found->fps_d, 1);
  fail_unless_equals_int (found->par_n, 4);
  fail_unless_equals_int (found->par_d, 3);
  fail_unless_equals_int (found->color_matrix, 5);
  fail_unless_equals_int (found->slices, 1);
  dims = latent_decoder_get_latent_dims (stream.decoder, &n_dims);
  fail_unless_equals_int (n_dims, 4);
  fail_unless (dims[0] == 1 && dims[1] == 3 && dims[2] == 4 && dims[3] == 6);
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
  tcase_add_test (tc, latents_may_change_by_all_there_is);
  tcase_add_test (tc, what_depends_on_a_lost_packet_waits_for_a_key);
  tcase_add_test (tc, resilient_packets_stand_alone);
  tcase_add_test (tc, quality_may_change_at_every_frame);
  tcase_add_test (tc, symbols_of_sound_are_the_nearest);
  tcase_add_loop_test (tc, damaged_packets_are_bad_and_change_nothing, 0, 2);
  tcase_add_test (tc, packets_end_at_a_guard_page);
  tcase_add_test (tc, latents_that_are_no_numbers_are_refused);
  tcase_add_test (tc, latents_too_large_for_their_step_are_clamped);
  tcase_add_test (tc, key_packets_come_when_asked_for);
  tcase_add_loop_test (tc, key_packets_are_better, 0, 6);
  tcase_add_test (tc, the_counter_wraps);
  tcase_add_test (tc, a_decoder_that_was_reset_waits_for_a_key);
  tcase_add_test (tc, threads_make_no_difference);
  tcase_add_loop_test (tc, another_model_is_refused, 0, G_N_ELEMENTS (others));
  tcase_add_test (tc, steps_of_another_number_of_channels_are_refused);
  tcase_add_test (tc, a_header_says_the_stream);
  return suite;
}

GST_CHECK_MAIN (codec)
