/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/model-packet.h"

#include <gst/check/gstcheck.h>
#include <string.h>

#include "tests/session-models.h"

static const gint64 picture[] = {1, 3, -1, -1};
static const gint64 window[] = {1, 1, 320};
static const char *const video_keys[] = {
    "latent.tensor", "latent", "latent.input", "video/RGB", "latent.steps", "0.25", NULL};
static const char *const audio_keys[] = {
    "latent.tensor", "latent", "latent.input", "audio/16000/1", "latent.hop", "160", NULL};

static GBytes *
put (LatentModel *model)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = latent_model_packet_put (model, &error);

  ck_assert_msg (bytes != NULL, "%s", error ? error->message : "");
  return bytes;
}

static LatentModel *
get (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  LatentModel *model = latent_model_packet_get (data, size, &error);

  ck_assert_msg (model != NULL, "%s", error ? error->message : "");
  return model;
}

GST_START_TEST (test_video)
{
  g_autoptr (LatentModel) model = test_strided_new (picture, 4, video_keys);
  g_autoptr (GBytes) bytes = put (model);
  g_autoptr (LatentModel) half = get (bytes);
  const LatentMediaInfo *media = latent_model_get_media_info (half);

  ck_assert (memcmp (g_bytes_get_data (bytes, NULL), "LATm\x01", 5) == 0);
  ck_assert_str_eq (latent_model_get_id (half), latent_model_get_id (model));
  ck_assert (latent_model_supports_mode (half, LATENT_MODE_DECODE));
  ck_assert (!latent_model_supports_mode (half, LATENT_MODE_ENCODE));
  ck_assert (media->kind == LATENT_MEDIA_VIDEO && media->color == LATENT_COLOR_RGB);
  ck_assert_str_eq (latent_model_get_metadata (half, "latent.steps"), "0.25");
}
GST_END_TEST;

GST_START_TEST (test_audio)
{
  g_autoptr (LatentModel) model = test_identity_new (3, window, audio_keys);
  g_autoptr (GBytes) bytes = put (model);
  g_autoptr (LatentModel) half = get (bytes);
  const LatentMediaInfo *media = latent_model_get_media_info (half);

  ck_assert_uint_eq (media->rate, 16000);
  ck_assert_uint_eq (media->window, 320);
  ck_assert_uint_eq (media->hop, 160);
}
GST_END_TEST;

/* What only the encoder showed is spelt out. */
GST_START_TEST (test_open_audio)
{
  static const gint64 any[] = {1, 1, -1};
  static const char *const keys[] = {"latent.tensor", "latent", "latent.input", "audio/16000/1",
      "latent.window", "400", "latent.hop", "160", NULL};
  g_autoptr (LatentModel) model = test_identity_new (3, any, keys);
  g_autoptr (GBytes) bytes = put (model);
  g_autoptr (LatentModel) half = get (bytes);
  const LatentMediaInfo *media = latent_model_get_media_info (half);

  ck_assert_uint_eq (media->window, 400);
  ck_assert_uint_eq (media->hop, 160);
}
GST_END_TEST;

/* Of each byte. */
GST_START_TEST (test_damage)
{
  g_autoptr (LatentModel) model = test_identity_new (3, window, audio_keys);
  g_autoptr (GBytes) bytes = put (model);
  gsize size = g_bytes_get_size (bytes);

  for (gsize i = 0; i < size; i++) {
    g_autoptr (GError) error = NULL;
    g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);

    data[i] ^= 1;
    ck_assert (latent_model_packet_get (data, size, &error) == NULL);
    ck_assert (g_error_matches (
        error, LATENT_ERROR, i == 4 ? LATENT_ERROR_UNSUPPORTED : LATENT_ERROR_FORMAT));
  }
}
GST_END_TEST;

GST_START_TEST (test_truncation)
{
  g_autoptr (LatentModel) model = test_identity_new (3, window, audio_keys);
  g_autoptr (GBytes) bytes = put (model);
  const guint8 *data = g_bytes_get_data (bytes, NULL);

  for (gsize size = 0; size < g_bytes_get_size (bytes); size++) {
    g_autofree guint8 *part = g_memdup2 (data, size);
    g_autoptr (GError) error = NULL;

    ck_assert (latent_model_packet_get (part, size, &error) == NULL);
    ck_assert (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_FORMAT));
  }
}
GST_END_TEST;

/* What the hash is right for need not be a model. */
GST_START_TEST (test_no_model)
{
  static const guint8 text[] = "LATm\x01"
                               "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
                               "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad"
                               "abc";
  g_autoptr (GError) error = NULL;

  ck_assert (latent_model_packet_get (text, sizeof text - 1, &error) == NULL);
  ck_assert_msg (strstr (error->message, "the model in the stream") != NULL, "%s", error->message);
}
GST_END_TEST;

static Suite *
model_packet_suite (void)
{
  Suite *suite = suite_create ("model-packet");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_test (tests, test_video);
  tcase_add_test (tests, test_audio);
  tcase_add_test (tests, test_open_audio);
  tcase_add_test (tests, test_damage);
  tcase_add_test (tests, test_truncation);
  tcase_add_test (tests, test_no_model);
  return suite;
}

GST_CHECK_MAIN (model_packet)
