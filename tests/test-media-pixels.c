/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "src/media/pixels.h"
#include "tests/media-pictures.h"

#define SEED 42

typedef enum { PLANAR, CHANNELS_LAST, SPREAD, N_ORDERS } Order;

static const struct {
  guint width, height;
} sizes[] = {
    {1,    1   },
    {2,    2   },
    {17,   13  },
    {33,   21  },
    {64,   3   },
    {1919, 1079}
};

/* A map of whole pictures, padded to a multiple of 8. SPREAD leaves holes everywhere. */
static LatentPixelMap
make_map (LatentColor color, guint width, guint height, Order order, guint threads)
{
  const LatentLayout *layout = latent_layout_get (color);
  LatentPixelMap map = {.color = color,
      .tiles_x = 1,
      .tiles_y = 1,
      .width = (width + 7) / 8 * 8 / layout->density,
      .height = (height + 7) / 8 * 8 / layout->density,
      .threads = threads};
  gint64 n = layout->n_lanes;

  map.column_stride = order == PLANAR ? 1 : order == CHANNELS_LAST ? n : n + 2;
  map.row_stride = map.column_stride * map.width;
  map.channel_stride = order == PLANAR ? map.row_stride * map.height : 1;
  map.sample_stride = map.row_stride * map.height * (order == PLANAR ? n : 1);
  for (guint c = 0; c < layout->n_lanes; c++) {
    map.scale[c] = 1 / 255.0f / (0.2f + 0.01f * c);
    map.offset[c] = -0.4f - 0.1f * c;
  }
  return map;
}

/* Exactly what the map touches. */
static float *
alloc_values (const LatentPixelMap *map)
{
  gint64 last = (gint64)(map->tiles_x * map->tiles_y - 1) * map->sample_stride +
                (latent_layout_get (map->color)->n_lanes - 1) * map->channel_stride +
                (map->height - 1) * map->row_stride + (map->width - 1) * map->column_stride;

  return g_new (float, last + 1);
}

static void
check_round_trip (
    const TestFormat *format, LatentColor color, guint size, Order order, guint threads)
{
  LatentPixelMap map = make_map (color, sizes[size].width, sizes[size].height, order, threads);
  g_autofree float *values = alloc_values (&map);
  guint32 seed = SEED;
  LatentPicture src = test_picture_new (format, sizes[size].width, sizes[size].height, size);
  LatentPicture dst = test_picture_new (format, sizes[size].width, sizes[size].height, 5);

  test_picture_fill (&src, format, &seed);
  latent_pixel_map_load (&map, values, &src);
  fail_unless_equals_uint64 (latent_pixel_map_store (&map, values, &dst), 0);
  fail_unless (test_picture_compare (&src, &dst, format) == 0,
      "%s %ux%u order %d threads %u seed %d", format->name, src.width, src.height, order, threads,
      SEED);
  test_picture_clear (&src);
  test_picture_clear (&dst);
}

GST_START_TEST (test_round_trip_is_exact)
{
  const TestFormat *format = &test_formats[__i__];

  for (guint size = 0; size < G_N_ELEMENTS (sizes); size++) {
    gboolean large = sizes[size].width > 1000; /* two threads are at work only there */

    for (Order order = PLANAR; order < N_ORDERS; order++) {
      for (guint threads = large ? 2 : 1; threads <= 2; threads++)
        check_round_trip (format, latent_format_get (format->format)->color, size, order, threads);
    }
  }
}
GST_END_TEST;

/* Component values written out by hand; the order of the tensor is R, G, B whatever the format's.
 */
static const struct {
  LatentPixelFormat format;
  guint8 bytes[8]; /* two pixels */
} packed[] = {
    {LATENT_PIXEL_FORMAT_RGB,  {10, 20, 30, 40, 50, 60}      },
    {LATENT_PIXEL_FORMAT_BGR,  {30, 20, 10, 60, 50, 40}      },
    {LATENT_PIXEL_FORMAT_RGBX, {10, 20, 30, 0, 40, 50, 60, 0}},
    {LATENT_PIXEL_FORMAT_BGRX, {30, 20, 10, 0, 60, 50, 40, 0}},
    {LATENT_PIXEL_FORMAT_RGBA, {10, 20, 30, 7, 40, 50, 60, 7}},
    {LATENT_PIXEL_FORMAT_BGRA, {30, 20, 10, 7, 60, 50, 40, 7}},
};

static LatentPixelMap
make_unit_map (LatentColor color, guint width, guint height)
{
  LatentPixelMap map = {.color = color,
      .tiles_x = 1,
      .tiles_y = 1,
      .width = width,
      .height = height,
      .sample_stride = (gint64)width * height * latent_layout_get (color)->n_lanes,
      .channel_stride = (gint64)width * height,
      .row_stride = width,
      .column_stride = 1,
      .threads = 1};

  for (guint c = 0; c < LATENT_MAX_LANES; c++)
    map.scale[c] = 1;
  return map;
}

static void
check_values (const float *values, const float *wanted, guint n)
{
  for (guint i = 0; i < n; i++)
    fail_unless (values[i] == wanted[i], "value %u is %g, wanted %g", i, values[i], wanted[i]);
}

GST_START_TEST (test_packed_component_order)
{
  static const float wanted[6] = {10, 40, 20, 50, 30, 60};
  LatentPixelMap map = make_unit_map (LATENT_COLOR_RGB, 2, 1);
  LatentPicture src = {packed[__i__].format, 2, 1, {(guint8 *)packed[__i__].bytes}, {8}};
  float values[6];

  latent_pixel_map_load (&map, values, &src);
  check_values (values, wanted, 6);
}
GST_END_TEST;

GST_START_TEST (test_edges_are_replicated)
{
  guint8 bytes[] = {1, 2, 3, 99, 4, 5, 6};
  static const float wanted[] = {1, 2, 3, 3, 3, 4, 5, 6, 6, 6, 4, 5, 6, 6, 6, 4, 5, 6, 6, 6};
  LatentPixelMap map = make_unit_map (LATENT_COLOR_GRAY8, 5, 4);
  LatentPicture src = {LATENT_PIXEL_FORMAT_GRAY8, 3, 2, {bytes}, {4}};
  float values[20];

  latent_pixel_map_load (&map, values, &src);
  check_values (values, wanted, 20);
}
GST_END_TEST;

GST_START_TEST (test_scale_and_offset_are_per_channel)
{
  guint8 bytes[] = {10, 20, 30};
  static const float wanted[] = {15, 1, 88};
  LatentPixelMap map = make_unit_map (LATENT_COLOR_RGB, 1, 1);
  LatentPicture src = {LATENT_PIXEL_FORMAT_RGB, 1, 1, {bytes}, {3}};
  float values[3];

  map.scale[0] = 1.5f;
  map.scale[1] = 0.5f;
  map.offset[1] = -9;
  map.scale[2] = 3;
  map.offset[2] = -2;
  latent_pixel_map_load (&map, values, &src);
  check_values (values, wanted, 3);
}
GST_END_TEST;

/* 5x3 pixels: odd both ways, so that chroma is 3x2 and the last luma column and row are replicated.
 */
static guint8 i420_y[] = {11, 12, 13, 14, 15, 21, 22, 23, 24, 25, 31, 32, 33, 34, 35};
static guint8 i420_u[] = {41, 42, 43, 44, 45, 46};
static guint8 i420_v[] = {51, 52, 53, 54, 55, 56};
static guint8 nv12_uv[] = {41, 51, 42, 52, 43, 53, 44, 54, 45, 55, 46, 56};
static const LatentPicture i420 = {
    LATENT_PIXEL_FORMAT_I420, 5, 3, {i420_y, i420_u, i420_v},
       {5,      3,      3     }
};
static const LatentPicture nv12 = {
    LATENT_PIXEL_FORMAT_NV12, 5, 3, {i420_y, nv12_uv},
       {5,      6      }
};

GST_START_TEST (test_i420_channels)
{
  static const float wanted[] = {
      11, 13, 15, 31, 33, 35, /* luma (0,0) of each 2x2 block */
      12, 14, 15, 32, 34, 35, /* (0,1): the column at 5 is the one at 4 */
      21, 23, 25, 31, 33, 35, /* (1,0): the row at 3 is the one at 2 */
      22, 24, 25, 32, 34, 35, /* (1,1) */
      41, 42, 43, 44, 45, 46, /* U */
      51, 52, 53, 54, 55, 56, /* V */
  };
  LatentPixelMap map = make_unit_map (LATENT_COLOR_I420, 3, 2);
  float values[36];

  latent_pixel_map_load (&map, values, __i__ ? &nv12 : &i420);
  check_values (values, wanted, 36);
}
GST_END_TEST;

GST_START_TEST (test_gray_model_takes_luma)
{
  LatentPixelMap map = make_unit_map (LATENT_COLOR_GRAY8, 5, 3);
  float values[15];

  latent_pixel_map_load (&map, values, __i__ ? &nv12 : &i420);
  for (guint i = 0; i < 15; i++)
    fail_unless_equals_int ((gint)values[i], i420_y[i]);
}
GST_END_TEST;

GST_START_TEST (test_gray_model_gives_neutral_chroma)
{
  static const float values[15] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const TestFormat *format = &test_formats[__i__ ? 8 : 7];
  LatentPixelMap map = make_unit_map (LATENT_COLOR_GRAY8, 5, 3);
  LatentPicture dst = test_picture_new (format, 5, 3, 2);

  latent_pixel_map_store (&map, values, &dst);
  fail_unless_equals_int (dst.data[0][2 * 7 + 4], 15);
  for (guint p = 1; p < format->n_planes; p++) {
    guint row = format->chroma_bytes * 3;

    for (guint i = 0; i < row; i++) {
      fail_unless_equals_int (dst.data[p][i], 128);
      fail_unless_equals_int (dst.data[p][row + 2 + i], 128);
    }
    fail_unless_equals_int (dst.data[p][row], 0); /* padding is left alone */
  }
  test_picture_clear (&dst);
}
GST_END_TEST;

static const struct {
  float value;
  guint8 level;
  guint not_finite;
} roundings[] = {
    {0,           0,   0},
    {-0.0f,       0,   0},
    {0.49f,       0,   0},
    {0.51f,       1,   0},
    {0.49999997f, 0,   0},
    {1.5f,        2,   0},
    {2.5f,        2,   0},
    {254.4f,      254, 0},
    {255,         255, 0},
    {255.6f,      255, 0},
    {1e30f,       255, 0},
    {-0.6f,       0,   0},
    {-3,          0,   0},
    {-1e10f,      0,   0},
    {-1e30f,      0,   0},
    {INFINITY,    255, 1},
    {-INFINITY,   0,   1},
    {NAN,         0,   1},
    {-NAN,        0,   1},
};

/* In every kernel, at columns that vectors take and at those that are left over. */
GST_START_TEST (test_rounding)
{
  guint differ = 0;

  for (guint format = 0; format < G_N_ELEMENTS (test_formats); format++) {
    const TestFormat *f = &test_formats[format];
    LatentColor color = latent_format_get (f->format)->color;

    for (Order order = PLANAR; order < N_ORDERS; order++) {
      LatentPixelMap map = make_map (color, 104, 8, order, 1);
      g_autofree float *values = alloc_values (&map);
      LatentPicture dst = test_picture_new (f, 104, 8, 0);
      guint elements = map.width * map.height * latent_layout_get (color)->n_lanes;

      for (guint c = 0; c < LATENT_MAX_LANES; c++) {
        map.scale[c] = 1;
        map.offset[c] = 0;
      }
      for (guint y = 0; y < map.height; y++) {
        for (guint x = 0; x < map.width; x++) {
          for (guint c = 0; c < latent_layout_get (color)->n_lanes; c++)
            values[c * map.channel_stride + y * map.row_stride + x * map.column_stride] =
                roundings[__i__].value;
        }
      }
      fail_unless_equals_uint64 (
          latent_pixel_map_store (&map, values, &dst), elements * roundings[__i__].not_finite);
      for (guint i = 0; i < test_row_bytes (f, 0, 104) * 8; i++)
        differ += dst.data[0][i] !=
                  (f->pixel_bytes == 4 && i % 4 == 3 ? 255 : roundings[__i__].level);
      test_picture_clear (&dst);
    }
  }
  fail_unless_equals_int (differ, 0);
}
GST_END_TEST;

GST_START_TEST (test_not_finite_outside_the_picture_is_not_counted)
{
  float values[6] = {1, NAN, 2, INFINITY, NAN, NAN};
  guint8 bytes[2] = {9, 9};
  LatentPixelMap map = make_unit_map (LATENT_COLOR_GRAY8, 3, 2);
  LatentPicture dst = {LATENT_PIXEL_FORMAT_GRAY8, 2, 1, {bytes}, {2}};

  fail_unless_equals_uint64 (latent_pixel_map_store (&map, values, &dst), 1);
  fail_unless_equals_int (bytes[0], 1);
  fail_unless_equals_int (bytes[1], 0);
}
GST_END_TEST;

GST_START_TEST (test_scale_of_zero_gives_black)
{
  float value = 7;
  guint8 byte = 9;
  LatentPixelMap map = make_unit_map (LATENT_COLOR_GRAY8, 1, 1);
  LatentPicture dst = {LATENT_PIXEL_FORMAT_GRAY8, 1, 1, {&byte}, {1}};

  map.scale[0] = 0;
  latent_pixel_map_store (&map, &value, &dst);
  fail_unless_equals_int (byte, 0);
}
GST_END_TEST;

/* 5x3 pixels in tiles of 2x2: three across, two down, row by row. */
GST_START_TEST (test_tiles)
{
  static const float wanted[] = {11, 12, 21, 22, 13, 14, 23, 24, 15, 15, 25, 25, /* */
      31, 32, 31, 32, 33, 34, 33, 34, 35, 35, 35, 35};
  LatentPixelMap map = make_unit_map (LATENT_COLOR_GRAY8, 2, 2);
  LatentPicture src = {LATENT_PIXEL_FORMAT_GRAY8, 5, 3, {i420_y}, {5}};
  guint8 bytes[15];
  LatentPicture dst = {LATENT_PIXEL_FORMAT_GRAY8, 5, 3, {bytes}, {5}};
  float values[24];

  map.tiles_x = 3;
  map.tiles_y = 2;
  latent_pixel_map_load (&map, values, &src);
  check_values (values, wanted, 24);
  latent_pixel_map_store (&map, values, &dst);
  fail_unless (memcmp (bytes, i420_y, 15) == 0);
}
GST_END_TEST;

GST_START_TEST (test_tiles_round_trip)
{
  const TestFormat *format = &test_formats[__i__];
  LatentColor color = latent_format_get (format->format)->color;
  guint32 seed = SEED;

  for (Order order = PLANAR; order < N_ORDERS; order++) {
    LatentPixelMap map = make_map (color, 16, 8, order, 2);
    LatentPicture src = test_picture_new (format, 117, 61, 3);
    LatentPicture dst = test_picture_new (format, 117, 61, 0);
    g_autofree float *values = NULL;

    map.tiles_x = 8;
    map.tiles_y = 8;
    values = alloc_values (&map);
    test_picture_fill (&src, format, &seed);
    latent_pixel_map_load (&map, values, &src);
    latent_pixel_map_store (&map, values, &dst);
    fail_unless_equals_int (test_picture_compare (&src, &dst, format), 0);
    test_picture_clear (&src);
    test_picture_clear (&dst);
  }
}
GST_END_TEST;

GST_START_TEST (test_formats_fit_colors)
{
  static const struct {
    LatentPixelFormat format;
    gboolean rgb, gray8, i420;
  } fits[] = {
      {LATENT_PIXEL_FORMAT_GRAY8, FALSE, TRUE,  FALSE},
      {LATENT_PIXEL_FORMAT_RGB,   TRUE,  FALSE, FALSE},
      {LATENT_PIXEL_FORMAT_BGR,   TRUE,  FALSE, FALSE},
      {LATENT_PIXEL_FORMAT_RGBX,  TRUE,  FALSE, FALSE},
      {LATENT_PIXEL_FORMAT_BGRX,  TRUE,  FALSE, FALSE},
      {LATENT_PIXEL_FORMAT_RGBA,  TRUE,  FALSE, FALSE},
      {LATENT_PIXEL_FORMAT_BGRA,  TRUE,  FALSE, FALSE},
      {LATENT_PIXEL_FORMAT_I420,  FALSE, TRUE,  TRUE },
      {LATENT_PIXEL_FORMAT_NV12,  FALSE, TRUE,  TRUE },
      {(LatentPixelFormat)9,      FALSE, FALSE, FALSE},
  };

  for (guint i = 0; i < G_N_ELEMENTS (fits); i++) {
    fail_unless_equals_int (latent_format_fits (fits[i].format, LATENT_COLOR_RGB), fits[i].rgb);
    fail_unless_equals_int (latent_format_fits (fits[i].format, LATENT_COLOR_GRAY8), fits[i].gray8);
    fail_unless_equals_int (latent_format_fits (fits[i].format, LATENT_COLOR_I420), fits[i].i420);
  }
}
GST_END_TEST;

/* The values of a picture as what a DepthToSpace reads, whose strides the map gets. */
static float *
gather_depth (LatentPixelMap *map, const float *values, gint64 block)
{
  gint64 width = map->width, height = map->height, n = 6;
  float *depth = g_new (float, width *height *n);

  for (gint64 y = 0; y < height; y++)
    for (gint64 x = 0; x < width; x++)
      memcpy (depth + (y / block * (width / block) + x / block) * n * block * block +
                  (y % block * block + x % block) * n,
          values + (y * width + x) * n, n * sizeof (float));
  map->block = (guint)block;
  map->column_stride = n * block * block;
  map->row_stride = width / block * map->column_stride;
  return depth;
}

GST_START_TEST (test_stored_from_depth)
{
  const guint size = (guint)__i__ / 4;
  const TestFormat *format = &test_formats[G_N_ELEMENTS (test_formats) - 1 - (guint)__i__ % 2];
  const guint width = sizes[size].width, height = sizes[size].height;
  LatentPixelMap map = make_map (LATENT_COLOR_I420, width, height, CHANNELS_LAST, 2);
  g_autofree float *values = alloc_values (&map);
  g_autofree float *depth = NULL;
  guint32 seed = SEED;
  LatentPicture src = test_picture_new (format, width, height, 3);
  LatentPicture dst = test_picture_new (format, width, height, 5);

  test_picture_fill (&src, format, &seed);
  latent_pixel_map_load (&map, values, &src);
  depth = gather_depth (&map, values, (guint)__i__ / 2 % 2 ? 4 : 2);
  depth[0] = NAN; /* a black pixel that is counted */
  src.data[0][0] = 0;
  fail_unless_equals_uint64 (latent_pixel_map_store (&map, depth, &dst), 1);
  fail_unless (test_picture_compare (&src, &dst, format) == 0, "%s %ux%u block %u seed %d",
      format->name, width, height, map.block, SEED);
  test_picture_clear (&src);
  test_picture_clear (&dst);
}
GST_END_TEST;

static Suite *
media_pixels_suite (void)
{
  Suite *s = suite_create ("media-pixels");
  TCase *tc = tcase_create ("pixels");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_round_trip_is_exact, 0, G_N_ELEMENTS (test_formats));
  tcase_add_loop_test (tc, test_packed_component_order, 0, G_N_ELEMENTS (packed));
  tcase_add_test (tc, test_edges_are_replicated);
  tcase_add_test (tc, test_scale_and_offset_are_per_channel);
  tcase_add_loop_test (tc, test_i420_channels, 0, 2);
  tcase_add_loop_test (tc, test_gray_model_takes_luma, 0, 2);
  tcase_add_loop_test (tc, test_gray_model_gives_neutral_chroma, 0, 2);
  tcase_add_loop_test (tc, test_rounding, 0, G_N_ELEMENTS (roundings));
  tcase_add_test (tc, test_not_finite_outside_the_picture_is_not_counted);
  tcase_add_test (tc, test_scale_of_zero_gives_black);
  tcase_add_test (tc, test_tiles);
  tcase_add_loop_test (tc, test_tiles_round_trip, 0, G_N_ELEMENTS (test_formats));
  tcase_add_loop_test (tc, test_stored_from_depth, 0, 4 * G_N_ELEMENTS (sizes));
  tcase_add_test (tc, test_formats_fit_colors);
  return s;
}

GST_CHECK_MAIN (media_pixels);
