/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/grid.h"

#include <gst/check/gstcheck.h>
#include <latent/error.h>

#include "session-models.h"

/* Latents whose value is their index, in the grid's order. */
static const struct {
  LatentShape dims;
  gboolean channels_last;
  guint tiles_x, columns;
  guint channels, height, width;
  gint planes[24];
} rows[] = {
    {{1, {3}},          FALSE, 1, 1, 3, 1, 1, {0, 1, 2}                             },
    {{2, {1, 3}},       FALSE, 1, 1, 3, 1, 1, {0, 1, 2}                             },
    {{3, {1, 2, 3}},    FALSE, 1, 3, 2, 1, 3, {0, 1, 2, 3, 4, 5}                    },
    {{3, {1, 4, 2}},    TRUE,  1, 2, 2, 2, 2, {0, 2, 4, 6, 1, 3, 5, 7}              },
    {{4, {1, 2, 2, 2}}, FALSE, 1, 2, 2, 2, 2, {0, 1, 2, 3, 4, 5, 6, 7}              },
    {{2, {6, 2}},       FALSE, 3, 1, 2, 2, 3, {0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11}},
    {{4, {2, 2, 2, 2}}, FALSE, 2, 2, 2, 2, 4,
     {0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15}                         },
    {{4, {2, 2, 2, 2}}, FALSE, 1, 2, 2, 4, 2,
     {0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15}                         },
};

GST_START_TEST (latents_go_to_their_places_and_back)
{
  LatentGrid grid;
  float latents[24], planes[24], back[24];
  guint n;

  fail_unless (latent_grid_init (&grid, &rows[__i__].dims, rows[__i__].channels_last,
      rows[__i__].tiles_x, rows[__i__].columns, NULL));
  fail_unless_equals_int (grid.channels, rows[__i__].channels);
  fail_unless_equals_int (grid.height, rows[__i__].height);
  fail_unless_equals_int (grid.width, rows[__i__].width);
  n = (guint)latent_grid_count (&grid);
  for (guint i = 0; i < n; i++)
    latents[i] = (float)i;
  latent_grid_gather (&grid, latents, planes);
  for (guint i = 0; i < n; i++)
    fail_unless_equals_int ((gint)planes[i], rows[__i__].planes[i]);
  latent_grid_scatter (&grid, planes, back);
  for (guint i = 0; i < n; i++)
    fail_unless_equals_int ((gint)back[i], (gint)i);
}
GST_END_TEST

static const struct {
  const char *input;
  gint64 declared[4]; /* of the net's input and latents */
  gint64 dims[4];
  guint n;
  guint width, height; /* of the picture */
  guint channels, grid_height, grid_width;
} models[] = {
    {"vector",       {-1, 7},         {1, 7},       2, 0,  0,  7, 1, 1 },
    {"vector",       {1, 12, 5},      {1, 12, 5},   3, 0,  0,  5, 1, 12},
    {"vector",       {1, 12, 5},      {1, 12, 5},   3, 40, 30, 5, 3, 4 },
    {"audio/8000/1", {1, 1, 9},       {1, 1, 9},    3, 0,  0,  1, 1, 9 },
    {"vector",       {1, 8, -1, -1},  {1, 8, 4, 6}, 4, 0,  0,  8, 4, 6 },
    {"video/GRAY8",  {-1, 1, -1, -1}, {1, 1, 4, 6}, 4, 6,  4,  1, 4, 6 },
};

GST_START_TEST (models_have_their_grids)
{
  const char *keys[] = {"latent.input", models[__i__].input, NULL};
  g_autoptr (LatentModel) model = test_identity_new (models[__i__].n, models[__i__].declared, keys);
  LatentGrid grid;

  fail_unless (latent_grid_init_for_model (&grid, model, models[__i__].n, models[__i__].dims,
      models[__i__].width, models[__i__].height, NULL));
  fail_unless_equals_int (grid.channels, models[__i__].channels);
  fail_unless_equals_int (grid.height, models[__i__].grid_height);
  fail_unless_equals_int (grid.width, models[__i__].grid_width);
  fail_unless (latent_grid_check_model (&grid, model, NULL));
}
GST_END_TEST

GST_START_TEST (tiles_fill_the_picture)
{
  const gint64 declared[] = {-1, 1, 4, 4}, dims[] = {6, 1, 4, 4};
  const char *keys[] = {"latent.input", "video/GRAY8", "latent.tile", "4x4", NULL};
  g_autoptr (LatentModel) model = test_identity_new (4, declared, keys);
  g_autoptr (GError) error = NULL;
  LatentGrid grid;

  fail_unless (latent_grid_init_for_model (&grid, model, 4, dims, 9, 8, NULL));
  fail_unless_equals_int (grid.height, 8);
  fail_unless_equals_int (grid.width, 12);
  fail_if (latent_grid_init_for_model (&grid, model, 4, dims, 16, 8, &error));
  fail_unless_equals_int (error->code, LATENT_ERROR_SHAPE);
  fail_unless_equals_string (
      error->message, "latents of 6 tiles are not those of a picture of 16x8 in tiles of 4x4");
}
GST_END_TEST

GST_START_TEST (other_latents_are_refused)
{
  const gint64 declared[] = {1, 8, -1, -1}, dims[] = {1, 9, 4, 4};
  const char *keys[] = {"latent.input", "vector", NULL};
  g_autoptr (LatentModel) model = test_identity_new (4, declared, keys);
  g_autoptr (GError) error = NULL;
  LatentGrid grid;

  fail_if (latent_grid_init_for_model (&grid, model, 4, dims, 0, 0, &error));
  fail_unless_equals_int (error->code, LATENT_ERROR_SHAPE);
  fail_unless_equals_string (
      error->message, "the model's latents are 1x8x?x?, a frame of 1x9x4x4 was offered");
}
GST_END_TEST

static Suite *
grid_suite (void)
{
  Suite *suite = suite_create ("grid");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, latents_go_to_their_places_and_back, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tc, models_have_their_grids, 0, G_N_ELEMENTS (models));
  tcase_add_test (tc, tiles_fill_the_picture);
  tcase_add_test (tc, other_latents_are_refused);
  return suite;
}

GST_CHECK_MAIN (grid)
