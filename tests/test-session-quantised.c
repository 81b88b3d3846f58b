/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "src/dnn/engine.h"
#include "src/media/session.h"
#include "tests/media-pictures.h"
#include "tests/session-models.h"

/* Pictures through a net that begins with QuantizeLinear: 8 bits in, 8 bits of integers. */

#define SEED 7

static const struct {
  guint width, height, threads;
} sizes[] = {
    {1,    1,    1},
    {17,   13,   2},
    {33,   21,   1},
    {219,  87,   2},
    {1919, 1079, 2},
};

#define LARGE 4 /* the size that plain loops would take long for */

typedef struct {
  gint64 dims[4];
  const char *keys[5];
} Net;

static void
init_net (Net *self, const TestFormat *format)
{
  const gboolean is_rgb = format->pixel_bytes >= 3, is_yuv = format->chroma_bytes > 0;
  const char *input = is_rgb ? "video/RGB" : is_yuv ? "video/I420" : "video/GRAY8";

  *self = (Net){
      {-1,
       is_rgb   ? 3
          : is_yuv ? 6
                   : 1,
       -1,                               -1  },
      { "latent.tensor", "latent", "latent.input", input, NULL}
  };
}

static LatentModel *
new_model (const TestFormat *format, gboolean is_signed)
{
  Net net;

  init_net (&net, format);
  return test_quantised_new (net.dims, is_signed, net.keys);
}

/* A picture goes through a net that is an identity, to the level. */
static LatentSession *
check_exact (LatentModel *model, const TestFormat *format, guint size)
{
  const guint width = sizes[size].width, height = sizes[size].height;
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentSession) session = latent_session_new (
      model, LATENT_MODE_RECONSTRUCT, LATENT_PRECISION_AUTO, sizes[size].threads, 1, &error);
  LatentPicture src = test_picture_new (format, width, height, size);
  LatentPicture dst = test_picture_new (format, width, height, 3);
  guint32 seed = SEED;

  fail_unless (session != NULL, "%s", error ? error->message : "");
  fail_unless (latent_session_set_video (session, format->format, width, height, &error));
  test_picture_fill (&src, format, &seed);
  latent_session_put_picture (session, 0, &src);
  fail_unless (latent_session_run (session, &error));
  fail_unless_equals_uint64 (latent_session_get_picture (session, 0, &dst), 0);
  fail_unless (test_picture_compare (&src, &dst, format) == 0, "%s %ux%u, seed %d", format->name,
      width, height, SEED);
  test_picture_clear (&src);
  test_picture_clear (&dst);
  return g_steal_pointer (&session);
}

static void
check_sizes (const TestFormat *format, gboolean is_signed)
{
  const LatentDataType type = is_signed ? LATENT_DATA_TYPE_INT8 : LATENT_DATA_TYPE_UINT8;
  g_autoptr (LatentModel) model = new_model (format, is_signed);

  for (guint size = 0; size < G_N_ELEMENTS (sizes); size++) {
    g_autoptr (LatentSession) session = check_exact (model, format, size);
    fail_unless_equals_int (
        session->runner.in->type, latent_engine_has_int8 () ? type : LATENT_DATA_TYPE_FLOAT32);
  }
}

GST_START_TEST (levels_are_unsigned_integers)
{
  check_sizes (&test_formats[__i__], FALSE);
}
GST_END_TEST

GST_START_TEST (signed_integers_come_by_a_table)
{
  check_sizes (&test_formats[__i__], TRUE);
}
GST_END_TEST

/* Blocks of depth, and whether a part of the result is added as reals. */
static const struct {
  gint64 block;
  gboolean adds;
} ways_out[] = {
    {1, FALSE},
    {1, TRUE },
    {2, FALSE},
    {2, TRUE },
    {4, FALSE},
};

GST_START_TEST (levels_come_out_as_integers)
{
  const TestFormat *format = &test_formats[__i__];
  Net net;

  init_net (&net, format);
  for (guint way = 0; way < G_N_ELEMENTS (ways_out); way++) {
    g_autoptr (LatentModel)
        model = test_levels_new (net.dims, ways_out[way].block, ways_out[way].adds, net.keys);
    for (guint size = 0; size < LARGE; size++) {
      g_autoptr (LatentSession) session = check_exact (model, format, size);
      const LatentDataType type = latent_engine_has_int8 () ? LATENT_DATA_TYPE_UINT8
                                                            : LATENT_DATA_TYPE_FLOAT32;
      fail_unless (
          session->runner.out->type == type, "%s, way %u, size %u", format->name, way, size);
      fail_unless_equals_int (
          latent_runner_gives_levels (&session->runner), latent_engine_has_int8 ());
    }
  }
}
GST_END_TEST

GST_START_TEST (levels_that_no_integer_stands_for_come_as_reals)
{
  const gint64 dims[] = {-1, 1, -1, -1};
  const char *keys[] = {
      "latent.tensor", "latent", "latent.input", "video/GRAY8", "latent.offset", "-0.3", NULL};
  g_autoptr (LatentModel) model = test_levels_new (dims, 1, FALSE, keys);
  g_autoptr (LatentSession) session = latent_session_new (
      model, LATENT_MODE_RECONSTRUCT, LATENT_PRECISION_AUTO, 1, 1, NULL);

  fail_unless (latent_session_set_video (session, LATENT_PIXEL_FORMAT_GRAY8, 32, 32, NULL));
  fail_unless_equals_int (session->runner.out->type, LATENT_DATA_TYPE_FLOAT32);
}
GST_END_TEST

GST_START_TEST (latents_that_are_no_numbers_are_counted)
{
  const gint64 dims[] = {-1, 1, -1, -1}, latents[] = {1, 32, 4, 4};
  const char *keys[] = {"latent.tensor", "latent", "latent.input", "video/GRAY8", NULL};
  g_autoptr (LatentModel) model = test_levels_new (dims, 1, FALSE, keys);
  g_autoptr (LatentSession)
      session = latent_session_new (model, LATENT_MODE_DECODE, LATENT_PRECISION_AUTO, 1, 2, NULL);
  LatentPicture dst = test_picture_new (&test_formats[0], 4, 4, 0);
  float values[32 * 4 * 4] = {0};

  fail_unless (latent_session_set_latents (session, 4, latents, NULL));
  latent_session_put_latent (session, 0, values);
  values[0] = (float)NAN; /* of the channel that becomes the picture */
  latent_session_put_latent (session, 1, values);
  fail_unless (latent_session_run (session, NULL));
  fail_unless_equals_uint64 (latent_session_get_picture (session, 0, &dst), 0);
  if (latent_engine_has_int8 ())
    fail_unless_equals_uint64 (latent_session_get_picture (session, 1, &dst), 1);
  fail_unless_equals_int (dst.data[0][0], 0);
  values[0] = 1;
  latent_session_put_latent (session, 1, values);
  fail_unless (latent_session_run (session, NULL));
  fail_unless_equals_uint64 (latent_session_get_picture (session, 1, &dst), 0);
  fail_unless_equals_int (dst.data[0][0], 255);
  test_picture_clear (&dst);
}
GST_END_TEST

static Suite *
session_quantised_suite (void)
{
  Suite *suite = suite_create ("session quantised");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, levels_are_unsigned_integers, 0, G_N_ELEMENTS (test_formats));
  tcase_add_loop_test (tcase, levels_come_out_as_integers, 0, G_N_ELEMENTS (test_formats));
  tcase_add_test (tcase, latents_that_are_no_numbers_are_counted);
  tcase_add_test (tcase, levels_that_no_integer_stands_for_come_as_reals);
  tcase_add_loop_test (tcase, signed_integers_come_by_a_table, 0, G_N_ELEMENTS (test_formats));
  return suite;
}

GST_CHECK_MAIN (session_quantised)
