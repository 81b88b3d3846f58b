/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "src/cli/bd-rate.h"
#include "src/cli/ms-ssim.h"
#include "src/cli/sound-distance.h"

static void
check_near (double found, double wanted)
{
  fail_unless (
      fabs (found - wanted) < 1e-9 * MAX (1, fabs (wanted)), "%.12f, wanted %.12f", found, wanted);
}

static const LatentRatePoint curve[] = {
    {100, 30},
    {150, 32},
    {280, 35},
    {700, 39},
};

/* The same qualities at four fifths of the bytes. */
GST_START_TEST (a_fifth_less)
{
  LatentRatePoint other[4];

  for (guint i = 0; i < 4; i++)
    other[i] = (LatentRatePoint){curve[3 - i].rate * .8, curve[3 - i].quality}; /* in any order */
  check_near (latent_bd_rate (curve, 4, other, 4), -20);
  check_near (latent_bd_rate (other, 4, curve, 4), 25);
  check_near (latent_bd_rate (curve, 4, curve, 4), 0);
}
GST_END_TEST

/* Rates that grow tenfold with 10 dB; the other at half of them, at qualities in between. */
GST_START_TEST (straight_lines)
{
  LatentRatePoint a[3], b[3];

  for (guint i = 0; i < 3; i++) {
    a[i] = (LatentRatePoint){pow (10, 3 + .2 * i), 30 + 2 * i};
    b[i] = (LatentRatePoint){.5 * pow (10, 3.1 + .2 * i), 31 + 2 * i};
  }
  check_near (latent_bd_rate (a, 3, b, 3), -50);
}
GST_END_TEST

/* Logarithms 0, .1, .4 at 0, 1, 2: slopes by hand are 0, .15, .4, so that the integral is
 * .0375 + .229166.. = .8/3, and the mean .4/3. */
GST_START_TEST (bent_lines)
{
  static const LatentRatePoint flat[] = {
      {1, 0},
      {1, 2},
  };
  const LatentRatePoint bent[] = {
      {1,    0},
      { pow (10, .1), 1},
      { pow (10, .4), 2},
  };

  check_near (latent_bd_rate (flat, 2, bent, 3), 35.935639087852);
}
GST_END_TEST

GST_START_TEST (nothing_in_common)
{
  static const LatentRatePoint low[] = {
      {10, 20},
      {20, 25},
  };

  fail_unless (isnan (latent_bd_rate (curve, 4, low, 2)));
  fail_unless (isnan (latent_bd_rate (curve, 4, curve, 1)));
  fail_unless (isnan (latent_bd_rate (curve, 4, NULL, 0)));
}
GST_END_TEST

#define SIDE 176

static guint8 *
make_picture (guint seed)
{
  guint8 *picture = g_malloc (SIDE * SIDE);

  for (guint i = 0; i < SIDE * SIDE; i++)
    picture[i] = (guint8)((seed = seed * 1103515245 + 12345) >> 16);
  return picture;
}

GST_START_TEST (equal_pictures)
{
  g_autofree guint8 *a = make_picture (1);

  check_near (latent_ms_ssim (a, a, SIDE, SIDE), 1);
  check_near (latent_ms_ssim (a, a, 12, 11), 1);
  fail_unless (isnan (latent_ms_ssim (a, a, 10, 100)));
}
GST_END_TEST

/* Flat pictures of 100 and 120 differ in luminance alone, which the last scale weighs with .1333:
 * ((2 * 100 * 120 + 6.5025) / (100^2 + 120^2 + 6.5025))^.1333. */
GST_START_TEST (flat_pictures)
{
  g_autofree guint8 *a = g_malloc (SIDE * SIDE);
  g_autofree guint8 *b = g_malloc (SIDE * SIDE);

  for (guint i = 0; i < SIDE * SIDE; i++) {
    a[i] = 100;
    b[i] = 120;
  }
  check_near (latent_ms_ssim (a, b, SIDE, SIDE), pow (24006.5025 / 24406.5025, .1333));
  /* one scale alone: the whole of it */
  check_near (latent_ms_ssim (a, b, 16, 16), 24006.5025 / 24406.5025);
}
GST_END_TEST

GST_START_TEST (opposite_pictures)
{
  g_autofree guint8 *a = make_picture (1);
  g_autofree guint8 *b = g_malloc (SIDE * SIDE);

  for (guint i = 0; i < SIDE * SIDE; i++)
    b[i] = 255 - a[i];
  check_near (latent_ms_ssim (a, b, SIDE, SIDE), 0);
}
GST_END_TEST

/* 1000 whole periods of 16 samples; what is added is a tenth as loud, and at right angles: 20 dB,
 * at any loudness. */
GST_START_TEST (distortion_of_a_tenth)
{
  enum { N = 16000 };
  g_autofree float *a = g_new (float, N);
  g_autofree float *b = g_new (float, N);

  for (guint i = 0; i < N; i++) {
    a[i] = (float)(.5 * sin (2 * G_PI * i / 16));
    b[i] = .25f * a[i] + .25f * (float)(.05 * cos (2 * G_PI * i / 16));
  }
  fail_unless (fabs (latent_sound_si_sdr (a, b, N) - 20) < 1e-4);
}
GST_END_TEST

/* Half as loud is 6.0206 dB less at each frequency, where all levels are above the least. */
GST_START_TEST (spectra_of_half)
{
  enum { N = 4096 };
  g_autofree float *a = g_new0 (float, N);
  g_autofree float *b = g_new0 (float, N);
  guint seed = 1;

  for (guint i = 0; i < N; i++) {
    seed = seed * 1103515245 + 12345; /* noise: all frequencies are there */
    a[i] = (float)(seed >> 16) / 65536 - .5f;
    b[i] = .5f * a[i];
  }
  fail_unless (fabs (latent_sound_spectral_distance (a, a, N)) < 1e-9);
  fail_unless (fabs (latent_sound_spectral_distance (a, b, N) - 6.0206) < 1e-3);
  fail_unless (isnan (latent_sound_spectral_distance (a, b, 511)));
}
GST_END_TEST

GST_START_TEST (delays)
{
  float a[64], b[80] = {0};

  for (guint i = 0; i < 64; i++)
    b[i + 11] = -(a[i] = (float)((i * 37) % 64) / 64 - .5f);
  fail_unless_equals_int ((int)latent_sound_find_delay (a, b, 64, 16), 11);
}
GST_END_TEST

static Suite *
rates_suite (void)
{
  Suite *suite = suite_create ("rates");
  TCase *tc = tcase_create ("rates");

  tcase_add_test (tc, a_fifth_less);
  tcase_add_test (tc, straight_lines);
  tcase_add_test (tc, bent_lines);
  tcase_add_test (tc, nothing_in_common);
  tcase_add_test (tc, equal_pictures);
  tcase_add_test (tc, flat_pictures);
  tcase_add_test (tc, opposite_pictures);
  tcase_add_test (tc, distortion_of_a_tenth);
  tcase_add_test (tc, spectra_of_half);
  tcase_add_test (tc, delays);
  suite_add_tcase (suite, tc);
  return suite;
}

GST_CHECK_MAIN (rates);
