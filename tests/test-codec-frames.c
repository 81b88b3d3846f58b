/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/error.h>
#include <string.h>

#include "codec-case.h"

/* Packets of sound that hold several frames of latents. */

#define N 24 /* latents of a frame */

static LatentStreamInfo
sound_info (guint frames, gboolean resilient)
{
  return (LatentStreamInfo){.kind = LATENT_MEDIA_AUDIO,
      .rate = 16000,
      .audio_channels = 1,
      .hop = 320 * frames,
      .frames = frames,
      .resilient = resilient};
}

/* Encodes frames up to the next packet, `waiting` before it; returns the number of the next. */
static guint
encode_packet (Case *stream, guint frame, guint waiting)
{
  for (guint i = 0; i < waiting; i++) {
    case_fill (stream->latents, N, 1, 1, frame++);
    fail_unless (latent_encoder_encode (
        stream->encoder, stream->latents, 0, &stream->info, &stream->packet, &stream->size, NULL));
    fail_unless (stream->packet == NULL && stream->size == 0);
  }
  case_encode (stream, frame++);
  fail_unless (stream->packet != NULL);
  return frame;
}

/* The decoder gives frames [begin, begin + n) as an encoder of one frame a packet makes them. */
static void
check_frames (Case *stream, Case *single, guint begin, guint n)
{
  for (guint i = 0; i < n; i++) {
    if (i > 0)
      fail_unless (latent_decoder_next (stream->decoder, stream->decoded));
    case_encode (single, begin + i);
    fail_unless_equals_int (case_decode (single), LATENT_DECODE_OK);
    for (guint k = 0; k < N; k++)
      fail_unless (stream->decoded[k] == single->decoded[k], "frame %u", begin + i);
  }
  fail_if (latent_decoder_next (stream->decoder, stream->decoded));
}

GST_START_TEST (frames_come_back)
{
  const guint frames = (guint)__i__;
  LatentStreamInfo info = sound_info (frames, FALSE), one = sound_info (1, FALSE);
  LatentPacketInfo decoded;
  Case stream, single;

  case_init (&stream, N, 1, 1, &info);
  case_init (&single, N, 1, 1, &one);
  fail_unless_equals_int (latent_decoder_get_info (stream.decoder)->frames, frames);
  for (guint packet = 0, frame = 0; packet < 5; packet++) {
    frame = encode_packet (&stream, frame, frames - 1);
    fail_unless_equals_int (stream.info.number, packet);
    fail_unless_equals_int (stream.info.key, packet == 0);
    fail_unless_equals_int (stream.info.frames, frames);
    fail_unless_equals_int (latent_decoder_decode (stream.decoder, stream.packet, stream.size,
                                stream.decoded, &decoded, NULL),
        LATENT_DECODE_OK);
    fail_unless_equals_int (decoded.frames, frames);
    check_frames (&stream, &single, frame - frames, frames);
  }
  case_clear (&stream);
  case_clear (&single);
}
GST_END_TEST

/* Headers, and ends of the range coder's bytes. */
GST_START_TEST (they_need_fewer_bytes)
{
  LatentStreamInfo info = sound_info (4, FALSE), one = sound_info (1, FALSE);
  gsize bytes[2] = {0};
  Case stream, single;

  case_init (&stream, N, 1, 1, &info);
  case_init (&single, N, 1, 1, &one);
  for (guint frame = 0; frame < 40;) {
    frame = encode_packet (&stream, frame, 3);
    bytes[0] += stream.size;
  }
  for (guint frame = 0; frame < 40; frame++) {
    case_encode (&single, frame);
    bytes[1] += single.size;
  }
  fail_unless (bytes[0] + 30 * 3 <= bytes[1], "%u, %u", (guint)bytes[0], (guint)bytes[1]);
  case_clear (&stream);
  case_clear (&single);
}
GST_END_TEST

/* At the end fewer frames are left than a packet holds; then nothing is. */
GST_START_TEST (a_packet_ends_early)
{
  LatentStreamInfo info = sound_info (5, FALSE), one = sound_info (1, FALSE);
  LatentPacketInfo decoded;
  Case stream, single;

  case_init (&stream, N, 1, 1, &info);
  case_init (&single, N, 1, 1, &one);
  for (guint i = 0; i < 2; i++) {
    case_fill (stream.latents, N, 1, 1, i);
    fail_unless (latent_encoder_encode (
        stream.encoder, stream.latents, 0, NULL, &stream.packet, &stream.size, NULL));
  }
  fail_unless (
      latent_encoder_finish_packet (stream.encoder, &stream.info, &stream.packet, &stream.size));
  fail_unless_equals_int (stream.info.frames, 2);
  fail_unless_equals_int (latent_decoder_decode (stream.decoder, stream.packet, stream.size,
                              stream.decoded, &decoded, NULL),
      LATENT_DECODE_OK);
  fail_unless_equals_int (decoded.frames, 2);
  check_frames (&stream, &single, 0, 2);
  fail_if (latent_encoder_finish_packet (stream.encoder, NULL, &stream.packet, &stream.size));
  fail_unless (stream.packet == NULL);

  encode_packet (&stream, 2, 4); /* and the stream goes on */
  fail_unless_equals_int (stream.info.number, 1);
  fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
  check_frames (&stream, &single, 2, 5);
  case_clear (&stream);
  case_clear (&single);
}
GST_END_TEST

GST_START_TEST (frames_that_wait_can_be_forgotten)
{
  LatentStreamInfo info = sound_info (2, FALSE);
  Case stream;

  case_init (&stream, N, 1, 1, &info);
  case_fill (stream.latents, N, 1, 1, 7);
  fail_unless (latent_encoder_encode (
      stream.encoder, stream.latents, 0, NULL, &stream.packet, &stream.size, NULL));
  fail_unless (latent_encoder_finish_packet (stream.encoder, NULL, NULL, NULL));
  fail_if (latent_encoder_finish_packet (stream.encoder, NULL, NULL, NULL));
  encode_packet (&stream, 0, 1);
  fail_unless_equals_int (stream.info.number, 0);
  fail_unless_equals_int (stream.info.frames, 2);
  case_clear (&stream);
}
GST_END_TEST

/* Latents that are too large for contexts: 16 bits each. */
GST_START_TEST (raw_frames_come_back)
{
  LatentStreamInfo info = sound_info (3, FALSE);
  Case stream;

  case_init (&stream, N, 1, 1, &info);
  latent_encoder_set_quality (stream.encoder, 63);
  for (guint frame = 0; frame < 3; frame++) {
    for (guint k = 0; k < N; k++)
      stream.latents[k] = (float)((gint)((frame * N + k) * 7919 % 65535) - 32767) * 0.0625f;
    fail_unless (latent_encoder_encode (
        stream.encoder, stream.latents, 0, &stream.info, &stream.packet, &stream.size, NULL));
  }
  fail_unless (stream.size > 3 * N * 2, "%u", (guint)stream.size);
  fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
  for (guint frame = 0; frame < 3; frame++) {
    fail_unless (frame == 0 || latent_decoder_next (stream.decoder, stream.decoded));
    for (guint k = 0; k < N; k++)
      fail_unless_equals_float (
          stream.decoded[k], (float)((gint)((frame * N + k) * 7919 % 65535) - 32767) * 0.0625f);
  }
  case_clear (&stream);
}
GST_END_TEST

/* A lost packet costs its frames; what depends on it waits, and resilient ones do not. */
GST_START_TEST (loss_is_known)
{
  const gboolean resilient = __i__;
  LatentStreamInfo info = sound_info (2, resilient);
  Case stream;

  case_init (&stream, N, 1, 1, &info);
  encode_packet (&stream, 0, 1);
  fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
  encode_packet (&stream, 2, 1);
  encode_packet (&stream, 4, 1);
  fail_unless_equals_int (stream.info.key, resilient);
  fail_unless_equals_int (case_decode (&stream), resilient ? LATENT_DECODE_OK : LATENT_DECODE_LOST);
  latent_encoder_request_key (stream.encoder);
  encode_packet (&stream, 6, 1);
  fail_unless_equals_int (case_decode (&stream), LATENT_DECODE_OK);
  fail_unless (latent_decoder_next (stream.decoder, stream.decoded));
  case_clear (&stream);
}
GST_END_TEST

/* Frames are counted from a key packet to the next. */
GST_START_TEST (keys_come_by_frames)
{
  LatentStreamInfo info = sound_info (3, FALSE);
  Case stream;

  case_init (&stream, N, 1, 1, &info);
  latent_encoder_set_key_interval (stream.encoder, 6);
  for (guint packet = 0; packet < 6; packet++) {
    encode_packet (&stream, 3 * packet, 2);
    fail_unless_equals_int (stream.info.key, packet % 2 == 0);
  }
  case_clear (&stream);
}
GST_END_TEST

GST_START_TEST (what_frames_cannot_be_is_refused)
{
  static const struct {
    guint frames, hop, slices, height;
    const char *message;
  } rows[] = {
      {7, 700, 1, 1, "frames of the stream is 7, wanted is 2 to 6"                            },
      {3, 320, 1, 1, "hop of the stream is 320, wanted is a multiple of its 3 frames a packet"},
      {2, 640, 2, 2, "slices of the stream are 2, wanted is 1 where a packet has 2 frames"    },
  };
  const gint64 dims[] = {1, N, rows[__i__].height, 1};
  g_autoptr (LatentModel) model = case_model_new (4, dims, "0.0625");
  LatentStreamInfo info = sound_info (rows[__i__].frames, FALSE);
  g_autoptr (GError) error = NULL;

  info.hop = rows[__i__].hop;
  info.slices = rows[__i__].slices;
  fail_unless (latent_encoder_new (model, 4, dims, &info, 1, &error) == NULL);
  fail_unless_equals_int (error->code, LATENT_ERROR_SETTINGS);
  fail_unless_equals_string (error->message, rows[__i__].message);
}
GST_END_TEST

static Suite *
codec_frames_suite (void)
{
  Suite *suite = suite_create ("codec-frames");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, frames_come_back, 1, 7);
  tcase_add_test (tc, they_need_fewer_bytes);
  tcase_add_test (tc, a_packet_ends_early);
  tcase_add_test (tc, frames_that_wait_can_be_forgotten);
  tcase_add_test (tc, raw_frames_come_back);
  tcase_add_loop_test (tc, loss_is_known, 0, 2);
  tcase_add_test (tc, keys_come_by_frames);
  tcase_add_loop_test (tc, what_frames_cannot_be_is_refused, 0, 3);
  return suite;
}

GST_CHECK_MAIN (codec_frames)
