/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/quantiser.h"

#include <gst/check/gstcheck.h>
#include <math.h>

static LatentGrid
make_grid (guint channels, guint height, guint width)
{
  LatentShape dims = {
      4, {1, channels, height, width}
  };
  LatentGrid grid;

  fail_unless (latent_grid_init (&grid, &dims, FALSE, 1, width, NULL));
  return grid;
}

GST_START_TEST (steps_double_every_eight_qualities)
{
  static const LatentStep steps[] = {
      {0,    16},
      {256,  16},
      {-384, 16},
      {0,    6 },
      {256,  0 }
  };
  float found[5];

  latent_quantiser_get_steps (steps, 5, 63, found);
  fail_unless_equals_float (found[0], 1);
  fail_unless_equals_float (found[1], 2);
  fail_unless (fabsf (found[2] - 0.35355339f) < 1e-7f);
  latent_quantiser_get_steps (steps, 5, 55, found);
  fail_unless_equals_float (found[0], 2);
  fail_unless_equals_float (found[1], 4);
  fail_unless (fabsf (found[3] - 1.29683955f) < 1e-6f); /* 2^(3/8) */
  fail_unless_equals_float (found[4], 2);
  latent_quantiser_get_steps (steps, 5, 0, found);
  fail_unless (fabsf (found[0] - 234.75300f) < 1e-3f);
}
GST_END_TEST

static const struct {
  gint16 symbol;
  guint from, to;
  gint16 wanted;
} rescales[] = {
    {5,      40, 40, 5     },
    {5,      40, 48, 10    },
    {-5,     40, 48, -10   },
    {5,      48, 40, 3     }, /* a half up */
    {-5,     48, 40, -3    },
    {4,      48, 40, 2     },
    {1,      40, 41, 1     },
    {7,      40, 41, 8     }, /* 7.63 */
    {100,    40, 39, 92    }, /* 91.7 */
    {1,      63, 0,  0     },
    {118,    63, 0,  1     }, /* 0.503 */
    {117,    63, 0,  0     }, /* 0.498 */
    {1,      0,  63, 235   }, /* 234.75 */
    {-20000, 40, 48, -32767},
    {32767,  0,  63, 32767 },
};

GST_START_TEST (symbols_are_rescaled_by_integers)
{
  gint16 symbol = rescales[__i__].symbol;

  latent_symbols_rescale (&symbol, rescales[__i__].from, rescales[__i__].to, 1, &symbol);
  fail_unless_equals_int (symbol, rescales[__i__].wanted);
}
GST_END_TEST

GST_START_TEST (channels_are_rescaled_by_their_slopes)
{
  static const LatentStep steps[] = {
      {0, 16},
      {0, 6 },
      {0, 0 }
  };
  gint16 symbols[] = {100, -7, 100, -7, 100, -7}, found[6];
  /* 16 qualities: 4 times, 2^(6/8) times, as they were; and back by as much, 2^(-6/8) */
  static const gint16 up[] = {400, -28, 168, -12, 100, -7}, down[] = {25, -2, 59, -4, 100, -7};
  LatentGrid grid = make_grid (3, 1, 2);

  latent_symbols_rescale_all (&grid, steps, symbols, 30, 46, found);
  for (guint i = 0; i < 6; i++)
    fail_unless_equals_int (found[i], up[i]);
  latent_symbols_rescale_all (&grid, steps, symbols, 46, 30, symbols);
  for (guint i = 0; i < 6; i++)
    fail_unless_equals_int (symbols[i], down[i]);
}
GST_END_TEST

/* Of one row of four places and a step of 2. */
static const struct {
  LatentRule rule;
  float latents[4];
  gint16 expected[4];
  gint16 wanted[4];
} rows[] = {
    {LATENT_RULE_KEY,   {0, 2, -2, 40},                 {0, 0, 0, 0},     {0, 1, -1, 20}  },
    {LATENT_RULE_KEY,   {0, 1.3f, 0, 0},                {0, 0, 0, 0},     {0, 0, 0, 0}    }, /* alone */
    {LATENT_RULE_KEY,   {0, 1.5f, 0, -1.5f},            {0, 0, 0, 0},     {0, 1, 0, -1}   },
    {LATENT_RULE_KEY,   {2, 1.3f, 0, 0},                {0, 0, 0, 0},     {1, 1, 0, 0}    }, /* 0.65 of 0.6 */
    {LATENT_RULE_KEY,   {2, 1.1f, 2, 0},                {0, 0, 0, 0},     {1, 1, 1, 0}    },
    {LATENT_RULE_HELD,  {11, 11.5f, 11.7f, 10},         {5, 5, 5, 5},     {5, 6, 6, 5}    },
    {LATENT_RULE_HELD,  {10, 11.3f, 10, 10},            {5, 5, 5, 5},     {5, 5, 5, 5}    },
    {LATENT_RULE_HELD,  {10, 11.9f, 10, 10},            {5, 5, 5, 5},     {5, 6, 5, 5}    },
    {LATENT_RULE_HELD,  {-10, -11.3f, -10, -10},        {-5, -5, -5, -5}, {-5, -5, -5, -5}},
    {LATENT_RULE_SOUND, {2.24f, 0, 1.18f, 0},           {0, 0, 0, 0},     {1, 0, 0, 0}    },
    {LATENT_RULE_HELD,  {1e9f, -1e9f, 65535, -65533.f}, {0, 0, 0, 0},
     {32767, -32767, 32767, -32767}                                                       },
};

GST_START_TEST (a_symbol_is_as_expected_where_that_is_near)
{
  LatentGrid grid = make_grid (1, 1, 4);
  const float step = 2;
  guint8 changes[4];
  gint16 symbols[4];

  latent_quantiser_put (&grid, rows[__i__].latents, &step, rows[__i__].rule, rows[__i__].expected,
      1, changes, symbols);
  for (guint i = 0; i < 4; i++)
    fail_unless (symbols[i] == rows[__i__].wanted[i], "place %u: %d, not %d", i, symbols[i],
        rows[__i__].wanted[i]);
}
GST_END_TEST

/* One latent of 0.65 steps among zeros, and one that is large beside it. */
GST_START_TEST (all_four_sides_count)
{
  static const gint sides[][2] = {
      {-1, 0 },
      {1,  0 },
      {0,  -1},
      {0,  1 },
      {1,  1 },
  };
  LatentGrid grid = make_grid (2, 5, 5);
  const float steps[] = {1, 1};
  gint16 zeros[50] = {0}, symbols[50];
  float latents[50] = {0};
  guint8 changes[50];

  latents[25 + 12] = 0.65f;
  latents[25 + 12 + sides[__i__][0] + 5 * sides[__i__][1]] = 4;
  latent_quantiser_put (&grid, latents, steps, LATENT_RULE_KEY, zeros, 1, changes, symbols);
  fail_unless_equals_int (symbols[25 + 12], __i__ < 4);
}
GST_END_TEST

GST_START_TEST (threads_make_no_difference)
{
  enum { CHANNELS = 9, HEIGHT = 120, WIDTH = 101, N = CHANNELS * HEIGHT * WIDTH };
  LatentGrid grid = make_grid (CHANNELS, HEIGHT, WIDTH);
  g_autofree float *latents = g_new (float, N);
  g_autofree gint16 *expected = g_new (gint16, N);
  g_autofree gint16 *one = g_new (gint16, N);
  g_autofree gint16 *many = g_new (gint16, N);
  g_autofree guint8 *changes = g_new (guint8, N);
  float steps[CHANNELS];

  for (guint c = 0; c < CHANNELS; c++)
    steps[c] = 0.3f + (float)c;
  for (guint i = 0; i < N; i++) {
    latents[i] = 5 * sinf ((float)i) + 3 * cosf ((float)i * 0.01f);
    expected[i] = (gint16)(2 * sinf ((float)i * 0.011f));
  }
  latent_quantiser_put (&grid, latents, steps, LATENT_RULE_HELD, expected, 1, changes, one);
  latent_quantiser_put (&grid, latents, steps, LATENT_RULE_HELD, expected, 7, changes, many);
  fail_unless (memcmp (one, many, N * sizeof *one) == 0);
}
GST_END_TEST

static Suite *
quantiser_suite (void)
{
  Suite *suite = suite_create ("quantiser");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, steps_double_every_eight_qualities);
  tcase_add_test (tc, channels_are_rescaled_by_their_slopes);
  tcase_add_loop_test (tc, symbols_are_rescaled_by_integers, 0, G_N_ELEMENTS (rescales));
  tcase_add_loop_test (tc, a_symbol_is_as_expected_where_that_is_near, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tc, all_four_sides_count, 0, 5);
  tcase_add_test (tc, threads_make_no_difference);
  return suite;
}

GST_CHECK_MAIN (quantiser)
