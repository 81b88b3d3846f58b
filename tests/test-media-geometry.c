/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "src/media/geometry.h"

/* clang-format 14 makes lines of hundreds of columns of it. */
/* clang-format off */
static const struct {
  const char *what;
  LatentMediaInfo media;
  guint width, height;
  LatentGeometry wanted;
  gint error; /* a code, -1: none */
} cases[] = {
    {"any size", {.stride = 8}, 17, 13, {1, 1, 24, 16}, -1},
    {"a multiple already", {.stride = 8}, 64, 32, {1, 1, 64, 32}, -1},
    {"stride unknown", {.stride = 0}, 5, 3, {1, 1, 5, 3}, -1},
    {"least size", {.stride = 8, .min_size = 33}, 1, 64, {1, 1, 40, 64}, -1},
    {"I420 is even", {.color = LATENT_COLOR_I420, .stride = 1}, 5, 3, {1, 1, 6, 4}, -1},
    {"I420 of odd stride", {.color = LATENT_COLOR_I420, .stride = 3}, 5, 3, {1, 1, 6, 6}, -1},
    {"tiles", {.tile_width = 16, .tile_height = 8}, 33, 8, {3, 1, 16, 8}, -1},
    {"one tile", {.tile_width = 16, .tile_height = 8}, 1, 1, {1, 1, 16, 8}, -1},
    {"fixed", {.fixed_width = 28, .fixed_height = 20}, 28, 20, {1, 1, 28, 20}, -1},
    {"other than fixed", {.fixed_width = 28, .fixed_height = 20}, 28, 21, {0}, LATENT_ERROR_SHAPE},
    {"fixed one way", {.fixed_width = 28, .stride = 4}, 28, 21, {1, 1, 28, 24}, -1},
    {"odd tiles of I420", {.color = LATENT_COLOR_I420, .tile_width = 15, .tile_height = 16}, 15,
     16, {0}, LATENT_ERROR_SHAPE},
    {"too large", {.stride = 64}, G_MAXUINT, 1, {0}, LATENT_ERROR_LIMIT},
    {"too many tiles", {.tile_width = 1, .tile_height = 1}, G_MAXUINT, G_MAXUINT, {0},
     LATENT_ERROR_LIMIT},
};
/* clang-format on */

GST_START_TEST (test_geometry)
{
  g_autoptr (GError) error = NULL;
  LatentGeometry got = {0};
  gboolean done = latent_geometry_init (
      &got, &cases[__i__].media, cases[__i__].width, cases[__i__].height, &error);

  if (cases[__i__].error >= 0) {
    fail_unless (!done && g_error_matches (error, LATENT_ERROR, cases[__i__].error), "%s",
        cases[__i__].what);
    return;
  }
  fail_unless (done, "%s", cases[__i__].what);
  fail_unless (memcmp (&got, &cases[__i__].wanted, sizeof got) == 0, "%s: %ux%u of %ux%u",
      cases[__i__].what, got.tiles_x, got.tiles_y, got.width, got.height);
}
GST_END_TEST;

GST_START_TEST (test_fixed_size_is_named)
{
  LatentMediaInfo media = {.fixed_width = 28, .fixed_height = 20};
  g_autoptr (GError) error = NULL;
  LatentGeometry got;

  fail_if (latent_geometry_init (&got, &media, 640, 480, &error));
  fail_unless (strstr (error->message, "28x20") != NULL, "%s", error->message);
  fail_unless (strstr (error->message, "640x480") != NULL, "%s", error->message);
}
GST_END_TEST;

GST_START_TEST (test_padded)
{
  LatentMediaInfo media = {.stride = 8, .min_size = 32};

  fail_unless (latent_geometry_is_padded (&media, 40, 40));
  fail_unless (latent_geometry_is_padded (&media, 33, 40));
  fail_unless (latent_geometry_is_padded (&media, 1, 32));
  fail_if (latent_geometry_is_padded (&media, 32, 40));
  fail_if (latent_geometry_is_padded (&media, 41, 40));
  fail_if (latent_geometry_is_padded (&media, 1, 40));
}
GST_END_TEST;

static Suite *
media_geometry_suite (void)
{
  Suite *s = suite_create ("media-geometry");
  TCase *tc = tcase_create ("geometry");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_geometry, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tc, test_fixed_size_is_named);
  tcase_add_test (tc, test_padded);
  return s;
}

GST_CHECK_MAIN (media_geometry);
