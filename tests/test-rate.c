/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "codec-case.h"

/* Latents of a scene: waves that move, more or less of them from time to time, and noise. */
static void
fill_scene (float *dst, guint channels, guint places, guint frame, float motion, float noise)
{
  LatentRandom random;
  float shift = motion * (float)frame;

  latent_random_init (&random, 11, frame, 0);
  latent_random_fill_normal (&random, dst, (gsize)channels * places, noise);
  for (guint c = 0; c < channels; c++)
    for (guint i = 0; i < places; i++)
      dst[c * places + i] += 20.f / (float)(c + 1) *
                             sinf ((float)i * (0.1f + 0.01f * (float)c) + shift);
}

typedef struct {
  LatentMediaKind kind;
  guint channels, height, width; /* of the grid; sound has one row of one place */
  guint64 bits;
  guint key_interval;
  gboolean resilient;
} Row;

static const Row rows[] = {
    {LATENT_MEDIA_VIDEO, 32, 18, 24, 150000, 0,   FALSE},
    {LATENT_MEDIA_VIDEO, 32, 18, 24, 600000, 0,   FALSE},
    {LATENT_MEDIA_VIDEO, 32, 18, 24, 600000, 250, FALSE},
    {LATENT_MEDIA_VIDEO, 32, 18, 24, 300000, 50,  FALSE},
    {LATENT_MEDIA_VIDEO, 32, 18, 24, 300000, 12,  FALSE},
    {LATENT_MEDIA_VIDEO, 32, 18, 24, 600000, 50,  TRUE },
    {LATENT_MEDIA_AUDIO, 32, 1,  1,  6000,   0,   FALSE},
    {LATENT_MEDIA_AUDIO, 32, 1,  1,  10000,  50,  FALSE},
    {LATENT_MEDIA_AUDIO, 64, 1,  1,  16000,  250, FALSE},
    {LATENT_MEDIA_AUDIO, 64, 1,  1,  16000,  250, TRUE },
};

static LatentEncoder *
make_encoder (const Row *row)
{
  const gint64 dims[] = {1, row->channels, row->height, row->width};
  LatentModel *model = case_model_new (4, dims, "0.0625");
  LatentStreamInfo info = {.kind = row->kind,
      .width = 384,
      .height = 288,
      .fps_n = 25,
      .rate = 16000,
      .audio_channels = 1,
      .hop = 320,
      .resilient = row->resilient};
  LatentEncoder *encoder = latent_encoder_new (model, 4, dims, &info, 1, NULL);

  fail_unless (encoder != NULL);
  latent_model_unref (model);
  latent_encoder_set_quality (encoder, 63);
  latent_encoder_set_key_interval (encoder, row->key_interval);
  return encoder;
}

static gsize
encode (LatentEncoder *encoder, const float *latents, LatentPacketInfo *info)
{
  const guint8 *packet;
  gsize size;

  fail_unless (latent_encoder_encode (encoder, latents, 0, info, &packet, &size, NULL));
  return size;
}

/* 16 seconds whose motion comes and goes: the first ten, and any ten after the first two. */
GST_START_TEST (a_bitrate_is_met_over_ten_seconds)
{
  const Row *row = &rows[__i__];
  guint fps = row->kind == LATENT_MEDIA_AUDIO ? 50 : 25, n = 16 * fps;
  guint places = row->height * row->width;
  LatentEncoder *encoder = make_encoder (row);
  g_autofree float *latents = g_new (float, row->channels *places);
  g_autofree double *sums = g_new0 (double, n + 1);
  double least = G_MAXDOUBLE, most = 0, first;

  latent_encoder_set_bitrate (encoder, row->bits);
  for (guint i = 0; i < n; i++) {
    LatentPacketInfo info;
    fill_scene (latents, row->channels, places, i, i / (5 * fps) % 2 ? 0.02f : 0.1f, 0.3f);
    sums[i + 1] = sums[i] + 8. * (double)encode (encoder, latents, &info);
  }
  first = sums[10 * fps] / 10 / (double)row->bits;
  for (guint i = 2 * fps; i + 10 * fps <= n; i++) {
    double share = (sums[i + 10 * fps] - sums[i]) / 10 / (double)row->bits;
    least = MIN (least, share);
    most = MAX (most, share);
  }
  printf ("%u: %.3f, then %.3f to %.3f of the bitrate\n", __i__, first, least, most);
  fail_unless (first > 0.95 && first < 1.05);
  fail_unless (least > 0.95 && most < 1.05);
  latent_encoder_unref (encoder);
}
GST_END_TEST

GST_START_TEST (a_still_scene_has_the_best_quality)
{
  LatentEncoder *encoder = make_encoder (&rows[1]);
  g_autofree float *latents = g_new (float, 32 * 18 * 24);
  LatentPacketInfo info;
  double bits = 0;

  latent_encoder_set_bitrate (encoder, 4000000);
  latent_encoder_set_quality (encoder, 50);
  for (guint i = 0; i < 250; i++) {
    fill_scene (latents, 32, 18 * 24, 0, 0, 0.3f);
    bits += 8. * (double)encode (encoder, latents, &info);
  }
  fail_unless_equals_int (info.quality, 50);
  fail_unless (bits < 40000000 * 0.5);
  latent_encoder_unref (encoder);
}
GST_END_TEST

GST_START_TEST (quality_moves_in_small_steps)
{
  LatentEncoder *encoder = make_encoder (&rows[2]);
  g_autofree float *latents = g_new (float, 32 * 18 * 24);
  LatentPacketInfo info;
  guint last = 0;

  latent_encoder_set_bitrate (encoder, 600000);
  for (guint i = 0; i < 500; i++) {
    fill_scene (latents, 32, 18 * 24, i, 0.1f, 0.3f);
    encode (encoder, latents, &info);
    if (i > 0)
      fail_unless (ABS ((gint)info.quality - (gint)last) <= 2);
    last = info.quality;
  }
  latent_encoder_unref (encoder);
}
GST_END_TEST

/* Another scene costs as much as a key frame; it does not take seconds' worth of bits. */
GST_START_TEST (a_cut_does_not_burst)
{
  LatentEncoder *encoder = make_encoder (&rows[1]);
  g_autofree float *latents = g_new (float, 32 * 18 * 24);
  LatentPacketInfo info;

  latent_encoder_set_bitrate (encoder, 300000);
  for (guint i = 0; i < 200; i++) {
    gsize size;
    fill_scene (latents, 32, 18 * 24, i < 150 ? 0 : 1000, 0.1f, i < 150 ? 0.1f : 3.f);
    size = encode (encoder, latents, &info);
    fail_unless (8 * size < 0.6 * 300000, "frame %u: %" G_GSIZE_FORMAT " bytes", i, size);
  }
  latent_encoder_unref (encoder);
}
GST_END_TEST

GST_START_TEST (without_a_bitrate_the_quality_stays)
{
  LatentEncoder *encoder = make_encoder (&rows[0]);
  g_autofree float *latents = g_new (float, 32 * 18 * 24);
  LatentPacketInfo info;

  latent_encoder_set_quality (encoder, 17);
  for (guint i = 0; i < 20; i++) {
    fill_scene (latents, 32, 18 * 24, i, 0.1f, 0.3f);
    encode (encoder, latents, &info);
    fail_unless_equals_int (info.quality, 17);
  }
  latent_encoder_unref (encoder);
}
GST_END_TEST

static Suite *
rate_suite (void)
{
  Suite *suite = suite_create ("rate");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, a_bitrate_is_met_over_ten_seconds, 0, G_N_ELEMENTS (rows));
  tcase_add_test (tc, a_still_scene_has_the_best_quality);
  tcase_add_test (tc, quality_moves_in_small_steps);
  tcase_add_test (tc, a_cut_does_not_burst);
  tcase_add_test (tc, without_a_bitrate_the_quality_stays);
  return suite;
}

GST_CHECK_MAIN (rate)
