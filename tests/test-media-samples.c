/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "src/media/samples.h"

#define SEED 7

static const float unit_scale[] = {1 / 32768.0f, 1 / 32768.0f};
static const float no_offset[] = {0, 0};

static LatentWindowMap
make_map (guint window, guint hop, guint channels, gboolean channels_last)
{
  return (LatentWindowMap){.window = window,
      .hop = hop,
      .channels = channels,
      .channel_stride = channels_last ? 1 : window,
      .time_stride = channels_last ? channels : 1,
      .scale = unit_scale,
      .offset = no_offset};
}

/* What an identity net makes of n frames that are pushed `piece` at a time; a batch is one window.
 * Gives as many frames as were put out, at most n. */
static gsize
run_identity (const LatentWindowMap *map, LatentSampleFormat format, gconstpointer src, gsize n,
    gsize piece, gpointer dst)
{
  gsize bytes = map->channels * (format == LATENT_SAMPLE_FORMAT_S16 ? 2 : 4);
  g_autofree float *window = g_new (float, map->window * map->channels);
  LatentCutter cutter = {0};
  LatentOverlap overlap = {0};
  gsize out = 0;

  latent_cutter_reset (&cutter, map);
  latent_overlap_reset (&overlap, map);
  for (gsize in = 0; in < n || in == 0; in += piece) {
    gboolean drain = in + piece >= n;
    gsize available;

    latent_cutter_push (
        &cutter, map, format, (const guint8 *)src + in * bytes, MIN (piece, n - in));
    while (latent_cutter_get_pending (&cutter, map, drain) > 0) {
      guint fresh = latent_cutter_take (&cutter, map, window);

      fail_unless_equals_uint64 (latent_overlap_add (&overlap, map, window, fresh), 0);
    }
    available = latent_overlap_get_available (&overlap, drain);
    fail_unless (out + available <= n, "%zu and %zu frames of %zu", out, available, n);
    latent_overlap_pop (&overlap, format, (guint8 *)dst + out * bytes, available);
    out += available;
  }
  fail_unless_equals_uint64 (latent_overlap_get_available (&overlap, TRUE), 0);
  latent_cutter_clear (&cutter);
  latent_overlap_clear (&overlap);
  return out;
}

static const struct {
  guint window, hop;
} cuts[] = {
    {1,    1  },
    {4,    4  },
    {8,    4  },
    {9,    4  },
    {7,    5  },
    {10,   3  },
    {10,   1  },
    {320,  320},
    {1024, 256},
    {1000, 999},
    {1000, 300}
};

static const gsize lengths[] = {0, 1, 2, 3, 7, 255, 256, 257, 1000, 4801};

static const gsize pieces[] = {1, 3, 160, 1024, 100000};

GST_START_TEST (test_identity_is_exact_in_f32)
{
  guint32 seed = SEED;
  float src[2 * 4801], dst[2 * 4801];

  for (guint i = 0; i < G_N_ELEMENTS (src); i++) {
    seed = seed * 1664525u + 1013904223u;
    src[i] = (float)(gint32)seed / 1e9f; /* beyond full scale too */
  }
  for (guint l = 0; l < G_N_ELEMENTS (lengths); l++) {
    for (guint p = 0; p < G_N_ELEMENTS (pieces); p++) {
      LatentWindowMap map = make_map (cuts[__i__].window, cuts[__i__].hop, 1 + p % 2, l % 2);
      guint differ = 0;

      fail_unless_equals_uint64 (
          run_identity (&map, LATENT_SAMPLE_FORMAT_F32, src, lengths[l], pieces[p], dst),
          lengths[l]);
      for (gsize i = 0; i < lengths[l] * map.channels; i++)
        differ += src[i] != dst[i];
      fail_unless (differ == 0, "window %u hop %u length %zu pieces of %zu: %u differ", map.window,
          map.hop, lengths[l], pieces[p], differ);
    }
  }
}
GST_END_TEST;

GST_START_TEST (test_identity_is_exact_in_s16)
{
  guint32 seed = SEED;
  gint16 src[2 * 4801], dst[2 * 4801];

  for (guint i = 0; i < G_N_ELEMENTS (src); i++) {
    seed = seed * 1664525u + 1013904223u;
    src[i] = (gint16)(seed >> 16);
  }
  for (guint l = 0; l < G_N_ELEMENTS (lengths); l++) {
    LatentWindowMap map = make_map (cuts[__i__].window, cuts[__i__].hop, 2, FALSE);

    fail_unless_equals_uint64 (
        run_identity (&map, LATENT_SAMPLE_FORMAT_S16, src, lengths[l], 480, dst), lengths[l]);
    fail_unless (memcmp (src, dst, lengths[l] * 4) == 0, "window %u hop %u length %zu", map.window,
        map.hop, lengths[l]);
  }
}
GST_END_TEST;

/* Window 5, hop 2: window i ends with hop i, and silence is before and after. */
GST_START_TEST (test_windows_of_a_stream)
{
  static const gint16 src[] = {1, 2, 3, 4, 5};
  static const float wanted[3][5] = {
      {0, 0, 0, 1, 2},
      {0, 1, 2, 3, 4},
      {2, 3, 4, 5, 0}
  };
  static const guint fresh[] = {2, 2, 1};
  const float scale = 1, offset = 0;
  LatentWindowMap map = make_map (5, 2, 1, FALSE);
  LatentCutter cutter = {0};
  float window[5];

  map.scale = &scale;
  map.offset = &offset;
  latent_cutter_reset (&cutter, &map);
  latent_cutter_push (&cutter, &map, LATENT_SAMPLE_FORMAT_S16, src, 5);
  fail_unless_equals_uint64 (latent_cutter_get_pending (&cutter, &map, FALSE), 2);
  fail_unless_equals_uint64 (latent_cutter_get_pending (&cutter, &map, TRUE), 3);
  for (guint i = 0; i < 3; i++) {
    fail_unless_equals_int (latent_cutter_take (&cutter, &map, window), fresh[i]);
    fail_unless (memcmp (window, wanted[i], sizeof window) == 0, "window %u", i);
  }
  fail_unless_equals_uint64 (latent_cutter_get_pending (&cutter, &map, TRUE), 0);
  latent_cutter_clear (&cutter);
}
GST_END_TEST;

GST_START_TEST (test_channels_scale_and_layout)
{
  static const float src[] = {0.5f, -0.25f, 1, 0};
  static const float wanted[] = {16384 * 2 + 1, -8192 * 4 - 1, 32768 * 2 + 1, -1};
  static const float scale[] = {2, 4};
  static const float offset[] = {1, -1};
  LatentWindowMap map = make_map (2, 2, 2, __i__);
  LatentCutter cutter = {0};
  float window[4];

  map.scale = scale;
  map.offset = offset;
  latent_cutter_reset (&cutter, &map);
  latent_cutter_push (&cutter, &map, LATENT_SAMPLE_FORMAT_F32, src, 2);
  latent_cutter_take (&cutter, &map, window);
  for (guint t = 0; t < 2; t++) {
    for (guint c = 0; c < 2; c++)
      fail_unless_equals_float (
          window[c * map.channel_stride + t * map.time_stride], wanted[2 * t + c]);
  }
  latent_cutter_clear (&cutter);
}
GST_END_TEST;

/* Four of a window of 4, one every 2: a frame is finished when no further window touches it. */
GST_START_TEST (test_available_without_drain)
{
  static const gsize wanted[] = {0, 2, 4, 6};
  const float window[4] = {0};
  LatentWindowMap map = make_map (4, 2, 1, FALSE);
  LatentOverlap overlap = {0};

  latent_overlap_reset (&overlap, &map);
  for (guint i = 0; i < 4; i++) {
    latent_overlap_add (&overlap, &map, window, 2);
    fail_unless_equals_uint64 (latent_overlap_get_available (&overlap, FALSE), wanted[i]);
    fail_unless_equals_uint64 (latent_overlap_get_available (&overlap, TRUE), 2 * i + 2);
  }
  latent_overlap_clear (&overlap);
}
GST_END_TEST;

static const struct {
  float value;
  gint16 s16;
  float f32;
  guint not_finite;
} ends[] = {
    {0.5f,         16384,  0.5f,         0},
    {1.5f / 32768, 2,      1.5f / 32768, 0},
    {1,            32767,  1,            0},
    {-1,           -32768, -1,           0},
    {2,            32767,  2,            0},
    {-3,           -32768, -3,           0},
    {NAN,          0,      0,            1},
    {INFINITY,     32767,  1,            1},
    {-INFINITY,    -32768, -1,           1},
};

GST_START_TEST (test_rounding_and_ends)
{
  LatentWindowMap map = make_map (1, 1, 1, FALSE);
  LatentOverlap overlap = {0};
  gint16 s16;
  float f32;

  latent_overlap_reset (&overlap, &map);
  fail_unless_equals_uint64 (
      latent_overlap_add (&overlap, &map, &ends[__i__].value, 1), ends[__i__].not_finite);
  latent_overlap_pop (&overlap, LATENT_SAMPLE_FORMAT_S16, &s16, 1);
  latent_overlap_add (&overlap, &map, &ends[__i__].value, 1);
  latent_overlap_pop (&overlap, LATENT_SAMPLE_FORMAT_F32, &f32, 1);
  fail_unless_equals_int (s16, ends[__i__].s16);
  fail_unless_equals_float (f32, ends[__i__].f32);
  latent_overlap_clear (&overlap);
}
GST_END_TEST;

/* Of the last window what is behind the stream's end stands for nothing. */
GST_START_TEST (test_not_finite_behind_the_end_is_not_counted)
{
  static const float window[4] = {0, NAN, NAN, NAN};
  LatentWindowMap map = make_map (4, 4, 1, FALSE);
  LatentOverlap overlap = {0};

  latent_overlap_reset (&overlap, &map);
  fail_unless_equals_uint64 (latent_overlap_add (&overlap, &map, window, 2), 1);
  fail_unless_equals_uint64 (latent_overlap_get_available (&overlap, FALSE), 2);
  latent_overlap_clear (&overlap);
}
GST_END_TEST;

GST_START_TEST (test_reset_forgets_the_stream)
{
  static const gint16 src[] = {9, 9, 9};
  static const float wanted[4] = {0, 0, 0, 9 / 32768.0f};
  LatentWindowMap map = make_map (4, 2, 1, FALSE);
  LatentCutter cutter = {0};
  LatentOverlap overlap = {0};
  float window[4];

  latent_cutter_reset (&cutter, &map);
  latent_overlap_reset (&overlap, &map);
  latent_cutter_push (&cutter, &map, LATENT_SAMPLE_FORMAT_S16, src, 3);
  latent_overlap_add (&overlap, &map, wanted, 2);
  latent_cutter_reset (&cutter, &map);
  latent_overlap_reset (&overlap, &map);
  fail_unless_equals_uint64 (latent_cutter_get_pending (&cutter, &map, TRUE), 0);
  fail_unless_equals_uint64 (latent_overlap_get_available (&overlap, TRUE), 0);
  latent_cutter_push (&cutter, &map, LATENT_SAMPLE_FORMAT_S16, (gint16[]){0, 9}, 2);
  latent_cutter_take (&cutter, &map, window);
  fail_unless (memcmp (window, wanted, sizeof window) == 0);
  latent_cutter_clear (&cutter);
  latent_overlap_clear (&overlap);
}
GST_END_TEST;

/* A stream that is taken as fast as it comes needs no more memory after its start. */
GST_START_TEST (test_queues_stop_growing)
{
  static const gint16 src[480];
  LatentWindowMap map = make_map (1024, 256, 1, FALSE);
  LatentCutter cutter = {0};
  LatentOverlap overlap = {0};
  gint16 dst[2000];
  float window[1024];

  latent_cutter_reset (&cutter, &map);
  latent_overlap_reset (&overlap, &map);
  for (guint i = 0; i < 2000; i++) {
    latent_cutter_push (&cutter, &map, LATENT_SAMPLE_FORMAT_S16, src, 480);
    while (latent_cutter_get_pending (&cutter, &map, FALSE) > 0)
      latent_overlap_add (&overlap, &map, window, latent_cutter_take (&cutter, &map, window));
    latent_overlap_pop (
        &overlap, LATENT_SAMPLE_FORMAT_S16, dst, latent_overlap_get_available (&overlap, FALSE));
  }
  fail_unless (cutter.queue.size < 8192, "%zu", cutter.queue.size);
  fail_unless (overlap.queue.size < 8192, "%zu", overlap.queue.size);
  latent_cutter_clear (&cutter);
  latent_overlap_clear (&overlap);
}
GST_END_TEST;

static Suite *
media_samples_suite (void)
{
  Suite *s = suite_create ("media-samples");
  TCase *tc = tcase_create ("samples");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_identity_is_exact_in_f32, 0, G_N_ELEMENTS (cuts));
  tcase_add_loop_test (tc, test_identity_is_exact_in_s16, 0, G_N_ELEMENTS (cuts));
  tcase_add_test (tc, test_windows_of_a_stream);
  tcase_add_loop_test (tc, test_channels_scale_and_layout, 0, 2);
  tcase_add_test (tc, test_available_without_drain);
  tcase_add_loop_test (tc, test_rounding_and_ends, 0, G_N_ELEMENTS (ends));
  tcase_add_test (tc, test_not_finite_behind_the_end_is_not_counted);
  tcase_add_test (tc, test_reset_forgets_the_stream);
  tcase_add_test (tc, test_queues_stop_growing);
  return s;
}

GST_CHECK_MAIN (media_samples);
