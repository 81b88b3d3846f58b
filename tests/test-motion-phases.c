/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/motion-phases.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#include "src/base/random.h"

#define WIDTH  160 /* more than is filtered at a time */
#define HEIGHT 48
#define SEED   3

typedef struct {
  guint8 pixels[WIDTH * HEIGHT];
  LatentPlane plane;
  LatentPhases phases;
} Case;

static void
update (Case *self, gint begin, gint end, gint left, gint right)
{
  latent_phases_put (&self->phases, &self->plane, begin, end, left, right);
  latent_phases_close (&self->phases);
}

static void
start (Case *self)
{
  LatentRandom random;

  latent_random_init (&random, SEED, LATENT_RANDOM_SAMPLE, 0);
  for (guint i = 0; i < sizeof self->pixels; i++)
    self->pixels[i] = (guint8)latent_random_below (&random, 256);
  self->plane = (LatentPlane){self->pixels, WIDTH, HEIGHT};
  latent_phases_init (&self->phases, WIDTH, HEIGHT);
  update (self, 0, HEIGHT, 0, WIDTH);
  latent_phases_filter (&self->phases, -LATENT_PHASES_REACH, HEIGHT + LATENT_PHASES_REACH,
      -LATENT_PHASES_REACH, WIDTH + LATENT_PHASES_REACH);
}

/* As a decoder finds the same piece. */
static void
compare (const Case *self, gint x, gint y, guint w, guint h)
{
  LatentHalves halves;
  guint8 wanted[LATENT_SAMPLE_ROOM], room[LATENT_SAMPLE_ROOM];
  gsize stride;

  fail_unless (latent_phases_has (&self->phases, x, y, w, h), "%d %d", x, y);
  latent_halves_init (&halves, &self->plane, x >> 2, y >> 2, w, h, 15);
  latent_halves_get (&halves, x & 3, y & 3, wanted);
  const guint8 *found = latent_phases_look (&self->phases, x, y, w, h, room, &stride);
  for (guint row = 0; row < h; row++)
    fail_unless (memcmp (found + row * stride, wanted + (gsize)row * LATENT_SAMPLE_ROW, w) == 0,
        "(%d, %d) row %u", x, y, row);
}

static const struct {
  guint w, h;
} sizes[] = {
    {4,  4 },
    {8,  8 },
    {16, 16},
    {12, 4 },
    {32, 32},
};

/* Anywhere within reach, at all quarters. */
GST_START_TEST (pieces_are_those_of_halves)
{
  const guint w = sizes[__i__].w, h = sizes[__i__].h;
  Case self;

  start (&self);
  for (gint y = -4 * LATENT_PHASES_REACH; y < 4 * (HEIGHT + LATENT_PHASES_REACH - (gint)h); y += 9)
    for (gint x = -4 * LATENT_PHASES_REACH; x < 4 * (WIDTH + LATENT_PHASES_REACH - (gint)w);
         x += 13)
      compare (&self, x, y, w, h);
  latent_phases_clear (&self.phases);
}
GST_END_TEST

GST_START_TEST (beyond_reach_is_nothing)
{
  Case self;

  start (&self);
  fail_if (latent_phases_has (&self.phases, -4 * LATENT_PHASES_REACH - 1, 0, 8, 8));
  fail_if (latent_phases_has (&self.phases, 0, -4 * LATENT_PHASES_REACH - 1, 8, 8));
  fail_if (latent_phases_has (&self.phases, 4 * (WIDTH + LATENT_PHASES_REACH - 8), 0, 8, 8));
  fail_if (latent_phases_has (&self.phases, 0, 4 * (HEIGHT + LATENT_PHASES_REACH - 8), 8, 8));
  latent_phases_clear (&self.phases);
}
GST_END_TEST

/* A tile changes in a corner; three pixels more are filtered. */
GST_START_TEST (what_changed_is_enough)
{
  Case self;

  start (&self);
  for (gint y = 32; y < HEIGHT; y++)
    memset (self.pixels + y * WIDTH + 144, 77, 16);
  update (&self, 32, HEIGHT, 144, WIDTH);
  latent_phases_filter (
      &self.phases, 32 - 3, HEIGHT + LATENT_PHASES_REACH, 144 - 3, WIDTH + LATENT_PHASES_REACH);
  for (gint y = 4 * 16; y < 4 * (HEIGHT + LATENT_PHASES_REACH - 16); y += 3)
    for (gint x = 4 * 120; x < 4 * (WIDTH + LATENT_PHASES_REACH - 16); x += 3)
      compare (&self, x, y, 16, 16);
  latent_phases_clear (&self.phases);
}
GST_END_TEST

static Suite *
motion_phases_suite (void)
{
  Suite *suite = suite_create ("motion-phases");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, pieces_are_those_of_halves, 0, G_N_ELEMENTS (sizes));
  tcase_add_test (tc, beyond_reach_is_nothing);
  tcase_add_test (tc, what_changed_is_enough);
  return suite;
}

GST_CHECK_MAIN (motion_phases)
