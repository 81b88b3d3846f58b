/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

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
    {1919, 1079, 2},
};

static LatentModel *
new_model (const TestFormat *format, gboolean is_signed)
{
  const gboolean is_rgb = format->pixel_bytes >= 3, is_yuv = format->chroma_bytes > 0;
  const gint64 dims[] = {-1, is_rgb ? 3 : is_yuv ? 6 : 1, -1, -1};
  const char *input = is_rgb ? "video/RGB" : is_yuv ? "video/I420" : "video/GRAY8";
  const char *keys[] = {"latent.tensor", "latent", "latent.input", input, NULL};

  return test_quantised_new (dims, is_signed, keys);
}

static void
check_exact (LatentModel *model, const TestFormat *format, guint size, gboolean is_signed)
{
  const guint width = sizes[size].width, height = sizes[size].height;
  const LatentDataType type = is_signed ? LATENT_DATA_TYPE_INT8 : LATENT_DATA_TYPE_UINT8;
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentSession) session = latent_session_new (
      model, LATENT_MODE_RECONSTRUCT, LATENT_PRECISION_AUTO, sizes[size].threads, 1, &error);
  LatentPicture src = test_picture_new (format, width, height, size);
  LatentPicture dst = test_picture_new (format, width, height, 3);
  guint32 seed = SEED;

  fail_unless (session != NULL, "%s", error ? error->message : "");
  fail_unless (latent_session_set_video (session, format->format, width, height, &error));
  fail_unless_equals_int (
      session->runner.in->type, latent_engine_has_int8 () ? type : LATENT_DATA_TYPE_FLOAT32);
  test_picture_fill (&src, format, &seed);
  latent_session_put_picture (session, 0, &src);
  fail_unless (latent_session_run (session, &error));
  fail_unless_equals_uint64 (latent_session_get_picture (session, 0, &dst), 0);
  fail_unless (test_picture_compare (&src, &dst, format) == 0, "%s %ux%u, seed %d", format->name,
      width, height, SEED);
  test_picture_clear (&src);
  test_picture_clear (&dst);
}

static void
check_sizes (const TestFormat *format, gboolean is_signed)
{
  g_autoptr (LatentModel) model = new_model (format, is_signed);

  for (guint size = 0; size < G_N_ELEMENTS (sizes); size++)
    check_exact (model, format, size, is_signed);
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

static Suite *
session_quantised_suite (void)
{
  Suite *suite = suite_create ("session quantised");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, levels_are_unsigned_integers, 0, G_N_ELEMENTS (test_formats));
  tcase_add_loop_test (tcase, signed_integers_come_by_a_table, 0, G_N_ELEMENTS (test_formats));
  return suite;
}

GST_CHECK_MAIN (session_quantised)
