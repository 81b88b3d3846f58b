/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/predictor.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#define CHANNELS 2
#define HEIGHT   2
#define WIDTH    3
#define PLACES   (HEIGHT * WIDTH)

static const LatentStep steps[CHANNELS] = {
    {0,   16},
    {256, 16}
};

typedef struct {
  LatentGrid grid;
  LatentPredictor predictor;
  gint16 symbols[CHANNELS * PLACES];
} Case;

/* A key frame of symbols 0, 1, 2 .. at the best quality. */
static void
start (Case *self)
{
  const LatentShape dims = {
      4, {1, CHANNELS, HEIGHT, WIDTH}
  };

  fail_unless (latent_grid_init (&self->grid, &dims, FALSE, 1, WIDTH, NULL));
  fail_unless (latent_predictor_init (&self->predictor, &self->grid, steps, NULL, 1));
  for (gint i = 0; i < CHANNELS * PLACES; i++)
    self->symbols[i] = (gint16)i;
  latent_predictor_set (&self->predictor, self->symbols, 63);
}

/* A frame in which one place is coded, as `value` more than foretold in all channels. */
static void
code (Case *self, guint quality, gsize place, LatentPlaceMode mode, gint16 value)
{
  LatentPredictor *predictor = &self->predictor;
  gint32 foretold[CHANNELS];

  memset (self->symbols, 0, sizeof self->symbols);
  latent_predictor_begin (predictor, quality, FALSE);
  if (mode != LATENT_PLACE_HELD) {
    predictor->foretold.modes[place] = (guint8)mode;
    latent_predictor_foretell (predictor, place, mode, NULL, foretold);
    latent_predictor_put (predictor, place, foretold);
    latent_predictor_expect (predictor, (guint)(place / WIDTH));
    for (guint c = 0; c < CHANNELS; c++)
      self->symbols[c * PLACES + place] = value;
  }
  latent_predictor_end (predictor, self->symbols);
}

static const struct {
  guint quality;
  gint32 step;
} qualities[] = {
    {63, 256  },
    {62, 279  },
    {59, 362  },
    {55, 512  },
    {18, 12634},
    {0,  60097},
};

GST_START_TEST (steps_are_of_integers)
{
  fail_unless_equals_int (
      latent_predictor_get_step (qualities[__i__].quality), qualities[__i__].step);
}
GST_END_TEST

GST_START_TEST (a_key_frame_is_all_that_is_held)
{
  Case self;
  float planes[CHANNELS * PLACES];

  start (&self);
  latent_predictor_get (&self.predictor, planes);
  fail_unless_equals_float (planes[5], 5);
  fail_unless_equals_float (planes[PLACES], 12); /* 6 steps of 2 */
  fail_unless_equals_int (self.predictor.memory[5 * CHANNELS], 5 * 256);
  latent_predictor_clear (&self.predictor);
}
GST_END_TEST

/* Quality 55 is a step of 2: 3 stays 3 beside a change, and becomes 3 + 2 n. */
GST_START_TEST (detail_outlives_coarse_steps)
{
  Case self;

  start (&self);
  code (&self, 55, 3, LATENT_PLACE_STILL, -4);
  fail_unless_equals_int (self.predictor.held[3 * CHANNELS], (3 - 8) * 256);
  fail_unless_equals_int (self.predictor.held[4 * CHANNELS], 4 * 256);
  fail_unless_equals_int (self.predictor.foretold.expected[3], 2); /* 3 of 2 each, rounded */
  latent_predictor_clear (&self.predictor);
}
GST_END_TEST

GST_START_TEST (what_stood_long_comes_back)
{
  Case self;

  start (&self);
  for (guint i = 0; i < 20; i++)
    code (&self, 55, 3, LATENT_PLACE_STILL, 7);
  fail_unless_equals_int (self.predictor.held[3 * CHANNELS], (3 + 20 * 14) * 256);
  code (&self, 55, 3, LATENT_PLACE_LONG, 0);
  fail_unless_equals_int (self.predictor.held[3 * CHANNELS], 3 * 256);
  latent_predictor_clear (&self.predictor);
}
GST_END_TEST

GST_START_TEST (what_stands_is_remembered_after_8_frames)
{
  Case self;

  start (&self);
  code (&self, 63, 3, LATENT_PLACE_STILL, 10);
  for (guint i = 0; i < 7; i++)
    code (&self, 63, 0, LATENT_PLACE_HELD, 0);
  fail_unless_equals_int (self.predictor.ages[3], 7);
  fail_unless_equals_int (self.predictor.memory[3 * CHANNELS], 3 * 256);
  code (&self, 63, 0, LATENT_PLACE_HELD, 0);
  fail_unless_equals_int (self.predictor.ages[3], 8);
  fail_unless_equals_int (self.predictor.memory[3 * CHANNELS], 13 * 256);
  latent_predictor_clear (&self.predictor);
}
GST_END_TEST

GST_START_TEST (what_stands_becomes_finer)
{
  Case self;

  start (&self);
  code (&self, 55, 3, LATENT_PLACE_LONG, 1);
  fail_unless_equals_int (self.predictor.held[3 * CHANNELS], (3 + 1) * 256);
  fail_unless_equals_int (self.predictor.memory[3 * CHANNELS], (3 + 1) * 256);
  fail_unless_equals_int (self.predictor.ages[3], 8);
  latent_predictor_clear (&self.predictor);
}
GST_END_TEST

/* 0 .. 5 differ by 1 in a row, and by 1.5 from their mean. */
GST_START_TEST (what_is_new_and_smooth_is_foretold_by_what_is_held)
{
  Case self;
  gint32 foretold[CHANNELS];

  start (&self);
  code (&self, 55, 0, LATENT_PLACE_STILL, 100);
  latent_predictor_foretell (&self.predictor, 0, LATENT_PLACE_NEW, NULL, foretold);
  fail_unless_equals_int (foretold[0], 200 * 256);
  latent_predictor_clear (&self.predictor);
}
GST_END_TEST

/* 0, 9, 0, 0, 9, 0. */
GST_START_TEST (what_is_new_and_not_smooth_is_foretold_by_the_mean)
{
  Case self;
  gint32 foretold[CHANNELS];

  start (&self);
  for (gint i = 0; i < CHANNELS * PLACES; i++)
    self.symbols[i] = i % 3 == 1 ? 9 : 0;
  latent_predictor_set (&self.predictor, self.symbols, 63);
  code (&self, 55, 0, LATENT_PLACE_STILL, 100);
  latent_predictor_foretell (&self.predictor, 0, LATENT_PLACE_NEW, NULL, foretold);
  fail_unless_equals_int (foretold[0], 3 * 256);
  latent_predictor_clear (&self.predictor);
}
GST_END_TEST

GST_START_TEST (differences_wrap)
{
  Case self;

  start (&self);
  for (gint i = 0; i < CHANNELS * PLACES; i++)
    self.symbols[i] = 32767;
  latent_predictor_set (&self.predictor, self.symbols, 63);
  code (&self, 63, 2, LATENT_PLACE_STILL, 2);
  fail_unless_equals_int (self.predictor.held[2 * CHANNELS], -32767 * 256);
  code (&self, 63, 2, LATENT_PLACE_STILL, -2);
  fail_unless_equals_int (self.predictor.held[2 * CHANNELS], 32767 * 256);
  latent_predictor_clear (&self.predictor);
}
GST_END_TEST

static Suite *
predictor_suite (void)
{
  Suite *suite = suite_create ("predictor");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, steps_are_of_integers, 0, G_N_ELEMENTS (qualities));
  tcase_add_test (tc, a_key_frame_is_all_that_is_held);
  tcase_add_test (tc, detail_outlives_coarse_steps);
  tcase_add_test (tc, what_stood_long_comes_back);
  tcase_add_test (tc, what_stands_is_remembered_after_8_frames);
  tcase_add_test (tc, what_stands_becomes_finer);
  tcase_add_test (tc, what_is_new_and_smooth_is_foretold_by_what_is_held);
  tcase_add_test (tc, what_is_new_and_not_smooth_is_foretold_by_the_mean);
  tcase_add_test (tc, differences_wrap);
  return suite;
}

GST_CHECK_MAIN (predictor)
