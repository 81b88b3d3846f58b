/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/fourier.h"

#include <gst/check/gstcheck.h>
#include <math.h>

#define MOST 64

GST_START_TEST (is_the_sum_that_defines_it)
{
  guint size = 2u << __i__;
  LatentComplex data[MOST], copy[MOST], roots[MOST / 2];

  latent_fourier_fill_roots (roots, size);
  for (guint i = 0; i < size; i++)
    copy[i] = data[i] = (LatentComplex){(float)(i * i % 7) - 3, (float)(i * 5 % 11) - 5};
  latent_fourier (data, size, roots);
  for (guint k = 0; k < size; k++) {
    double re = 0, im = 0;
    for (guint i = 0; i < size; i++) {
      double angle = -2 * G_PI * k * i / size;
      re += (double)copy[i].re * cos (angle) - (double)copy[i].im * sin (angle);
      im += (double)copy[i].re * sin (angle) + (double)copy[i].im * cos (angle);
    }
    fail_unless (
        fabs ((double)data[k].re - re) < 1e-3, "%u: %g, wanted is %g", k, (double)data[k].re, re);
    fail_unless (
        fabs ((double)data[k].im - im) < 1e-3, "%u: %g, wanted is %g", k, (double)data[k].im, im);
  }
}
GST_END_TEST

static Suite *
fourier_suite (void)
{
  Suite *suite = suite_create ("fourier");
  TCase *tcase = tcase_create ("general");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, is_the_sum_that_defines_it, 0, 6);
  return suite;
}

GST_CHECK_MAIN (fourier)
