/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/video-codec.h"

/* Frame 2 of 8 is lost; a key frame comes with 6. */
static void
lose_one (TestBench *encoder, TestBench *decoder)
{
  for (guint i = 0; i < 8; i++) {
    GstBuffer *packet = encode (encoder, decoder, CAPS, i);

    if (i == 2)
      gst_buffer_unref (packet);
    else
      ck_assert (gst_harness_push (decoder->harness, packet) == GST_FLOW_OK);
  }
}

GST_START_TEST (test_loss_repeats)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, "key-int-max", 6);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, "conceal", 0);

  lose_one (&encoder, &decoder);
  assert_frame (&decoder, CAPS, 0);
  assert_frame (&decoder, CAPS, 1);
  for (guint i = 3; i < 6; i++)
    assert_concealed (&decoder, i, 1);
  assert_frame (&decoder, CAPS, 6);
  assert_frame (&decoder, CAPS, 7);
  ck_assert_uint_eq (count_key_requests (&decoder), 1);
  test_bus_assert_no_error (decoder.bus);
}
GST_END_TEST;

/* The next buffer stands at frame `index`: what changed from frame 0 to 1 went on `factor` times.
 */
static void
assert_predicted (TestBench *decoder, guint index, double factor)
{
  GstVideoInfo info = test_video_info (CAPS);
  GstBuffer *frames[] = {test_frame_new (&info, 0, 0), test_frame_new (&info, 1, 0),
      gst_harness_try_pull (decoder->harness)};
  GstVideoFrame maps[3];

  ck_assert (frames[2] != NULL);
  ck_assert_uint_eq (GST_BUFFER_PTS (frames[2]), index * TEST_FRAME_TIME);
  ck_assert (GST_BUFFER_FLAG_IS_SET (frames[2], GST_BUFFER_FLAG_CORRUPTED));
  for (guint i = 0; i < 3; i++)
    ck_assert (gst_video_frame_map (&maps[i], &info, frames[i], GST_MAP_READ));
  for (guint i = 0; i < 13 * 17 * 3; i++) {
    const guint8 *at[3];

    for (guint k = 0; k < 3; k++)
      at[k] = (const guint8 *)GST_VIDEO_FRAME_PLANE_DATA (&maps[k], 0) + i % 51 +
              (gsize)(i / 51) * (gsize)GST_VIDEO_FRAME_PLANE_STRIDE (&maps[k], 0);
    TEST_ASSERT_NEAR (*at[2], CLAMP (*at[1] + factor * (*at[1] - *at[0]), 0, 255), 1);
  }
  for (guint i = 0; i < 3; i++)
    gst_video_frame_unmap (&maps[i]);
  for (guint i = 0; i < 3; i++)
    gst_clear_buffer (&frames[i]);
}

GST_START_TEST (test_loss_predicts)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, "key-int-max", 6);
  g_auto (TestBench) decoder = test_bench_new_of (
      "latentvideodec", TEST_MODEL_RGB, NULL, "conceal", 1, "batch-size", __i__, NULL);

  lose_one (&encoder, &decoder);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  assert_frame (&decoder, CAPS, 0);
  assert_frame (&decoder, CAPS, 1);
  assert_predicted (&decoder, 3, 0.75); /* 1/2 and 1/4: two frames later */
  assert_predicted (&decoder, 4, 0.875);
  assert_predicted (&decoder, 5, 0.9375);
  assert_frame (&decoder, CAPS, 6);
  assert_frame (&decoder, CAPS, 7);
}
GST_END_TEST;

/* One good frame says nothing of what changes. */
GST_START_TEST (test_loss_predicts_nothing_from_one)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, "key-int-max", 6);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, "conceal", 1);

  for (guint i = 0; i < 4; i++) {
    GstBuffer *packet = encode (&encoder, &decoder, CAPS, i);
    if (i == 1)
      gst_buffer_unref (packet);
    else
      ck_assert (gst_harness_push (decoder.harness, packet) == GST_FLOW_OK);
  }
  assert_frame (&decoder, CAPS, 0);
  assert_concealed (&decoder, 2, 0);
  assert_concealed (&decoder, 3, 0);
}
GST_END_TEST;

GST_START_TEST (test_loss_none)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, "key-int-max", 6);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, "conceal", 2);

  lose_one (&encoder, &decoder);
  assert_frame (&decoder, CAPS, 0);
  assert_frame (&decoder, CAPS, 1);
  assert_frame (&decoder, CAPS, 6);
  assert_frame (&decoder, CAPS, 7);
}
GST_END_TEST;

GST_START_TEST (test_loss_resilient)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, "error-resilient", TRUE);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, NULL, 0);

  lose_one (&encoder, &decoder);
  for (guint i = 0; i < 8; i++) {
    if (i != 2)
      assert_frame (&decoder, CAPS, i);
  }
}
GST_END_TEST;

GST_START_TEST (test_damaged)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, "key-int-max", 3);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, NULL, 0);
  g_autoptr (GstStructure) stats = NULL;
  guint64 damaged = 0, concealed = 0;

  for (guint i = 0; i < 4; i++) {
    GstBuffer *packet = encode (&encoder, &decoder, CAPS, i);

    if (i == 1)
      gst_buffer_memset (packet, 9, 0x5a, 1);
    ck_assert (gst_harness_push (decoder.harness, packet) == GST_FLOW_OK);
  }
  assert_frame (&decoder, CAPS, 0);
  assert_concealed (&decoder, 1, 0);
  assert_concealed (&decoder, 2, 0);
  assert_frame (&decoder, CAPS, 3);
  g_object_get (decoder.element, "stats", &stats, NULL);
  ck_assert (gst_structure_get_uint64 (stats, "damaged", &damaged) && damaged == 1);
  ck_assert (gst_structure_get_uint64 (stats, "concealed", &concealed) && concealed == 2);
}
GST_END_TEST;

/* Frames concealed in the midst of a batch show what was good before them. */
GST_START_TEST (test_loss_batch)
{
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, "key-int-max", 6);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, "batch-size", 3);

  lose_one (&encoder, &decoder);
  gst_harness_push_event (decoder.harness, gst_event_new_eos ());
  assert_frame (&decoder, CAPS, 0);
  assert_frame (&decoder, CAPS, 1);
  for (guint i = 3; i < 6; i++)
    assert_concealed (&decoder, i, 1);
  assert_frame (&decoder, CAPS, 6);
  assert_frame (&decoder, CAPS, 7);
}
GST_END_TEST;

static const struct {
  guint percent;
  gboolean resilient;
} losses[] = {
    {1,  FALSE},
    {5,  FALSE},
    {20, FALSE},
    {1,  TRUE },
    {5,  TRUE },
    {20, TRUE },
};

/* Whatever is lost: a frame that is not flagged is right. */
GST_START_TEST (test_random_loss)
{
  GstVideoInfo info = test_video_info (CAPS);
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  g_auto (TestBench) encoder = test_bench_new_of ("latentvideoenc", TEST_MODEL_RGB, CAPS, "quality",
      63, "key-int-max", 10, "error-resilient", losses[__i__].resilient, NULL);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, NULL, 0);
  guint n_sent = 0, n_good = 0;

  for (guint i = 0; i < 300; i++) {
    GstBuffer *packet = encode (&encoder, &decoder, CAPS, i);
    g_autoptr (GstBuffer) result = NULL;

    if (i > 0 && g_rand_int_range (random, 0, 100) < (gint)losses[__i__].percent) {
      gst_buffer_unref (packet);
      continue;
    }
    n_sent++;
    ck_assert (gst_harness_push (decoder.harness, packet) == GST_FLOW_OK);
    while ((result = gst_harness_try_pull (decoder.harness))) {
      if (!GST_BUFFER_FLAG_IS_SET (result, GST_BUFFER_FLAG_CORRUPTED)) {
        g_autoptr (GstBuffer)
            frame = test_frame_new (&info, (guint)(GST_BUFFER_PTS (result) / TEST_FRAME_TIME), 0);

        test_frames_assert_equal (&info, frame, result);
        n_good++;
      }
      gst_clear_buffer (&result);
    }
  }
  if (losses[__i__].resilient)
    ck_assert_uint_eq (n_good, n_sent);
  else
    ck_assert (n_good > 50 && n_good < n_sent);
}
GST_END_TEST;

/* Bytes that no encoder made: nothing is shown for them but what was good, and no error ends it. */
GST_START_TEST (test_garbage)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32)__i__);
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, NULL, 0);
  g_auto (TestBench) decoder = new_decoder (TEST_MODEL_RGB, NULL, 0);
  GstBuffer *result;

  gst_harness_push (decoder.harness, encode (&encoder, &decoder, CAPS, 0));
  assert_frame (&decoder, CAPS, 0);
  for (guint i = 1; i < 200; i++) {
    gsize size = (gsize)g_rand_int_range (random, 1, 300);
    GstBuffer *packet = gst_buffer_new_allocate (NULL, size, NULL);

    for (gsize k = 0; k < size; k++)
      gst_buffer_memset (packet, k, (guint8)g_rand_int (random), 1);
    if (i % 3 == 0)
      gst_buffer_fill (packet, 0, i % 2 ? "LATs" : "LATm", MIN (size, 4));
    GST_BUFFER_PTS (packet) = i * TEST_FRAME_TIME;
    ck_assert (gst_harness_push (decoder.harness, packet) == GST_FLOW_OK);
    while ((result = gst_harness_try_pull (decoder.harness))) {
      ck_assert (GST_BUFFER_FLAG_IS_SET (result, GST_BUFFER_FLAG_CORRUPTED));
      gst_buffer_unref (result);
    }
  }
  test_bus_assert_no_error (decoder.bus);
}
GST_END_TEST;

/* Drops while *data is set. */
static GstPadProbeReturn
drop (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return *(gboolean *)data ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* A receiver that comes after 12 frames learns the caps by config-interval, and begins with the
 * next key frame. */
GST_START_TEST (test_rtp_late_joiner)
{
  g_autofree char *text = g_strdup_printf (
      "rtpgstpay config-interval=1 ! identity name=channel ! rtpgstdepay ! latentvideodec model=%s",
      test_models_get_path (TEST_MODEL_RGB));
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("rtpgstpay");
  g_auto (TestBench) encoder = new_encoder (TEST_MODEL_RGB, CAPS, "key-int-max", 10);
  g_autoptr (GstElement) channel = NULL;
  g_autoptr (GstPad) pad = NULL;
  GstVideoInfo info = test_video_info (CAPS);
  gboolean is_away = TRUE;
  GstHarness *receiver;
  GstBuffer *result;
  guint n = 0;

  if (!factory)
    return; /* gstreamer1.0-plugins-good */
  receiver = gst_harness_new_parse (text);
  channel = gst_bin_get_by_name (GST_BIN (receiver->element), "channel");
  pad = gst_element_get_static_pad (channel, "sink");
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, drop, &is_away, NULL);
  for (guint i = 0; i < 60; i++) {
    GstBuffer *packet = encode (&encoder, NULL, CAPS, i);

    if (i == 0)
      gst_harness_set_src_caps (receiver, gst_pad_get_current_caps (encoder.harness->sinkpad));
    is_away = i < 12;
    ck_assert (gst_harness_push (receiver, packet) == GST_FLOW_OK);
  }
  while ((result = gst_harness_try_pull (receiver))) {
    guint index = (guint)(GST_BUFFER_PTS (result) / TEST_FRAME_TIME);
    g_autoptr (GstBuffer) frame = test_frame_new (&info, index, 0);

    ck_assert (!GST_BUFFER_FLAG_IS_SET (result, GST_BUFFER_FLAG_CORRUPTED));
    test_frames_assert_equal (&info, frame, result);
    gst_buffer_unref (result);
    n++;
  }
  ck_assert_msg (n == 30 || n == 40, "%u frames", n); /* as soon as rtpgstpay repeats caps */
  gst_harness_teardown (receiver);
}
GST_END_TEST;

static Suite *
videodec_loss_suite (void)
{
  Suite *suite = suite_create ("videodec-loss");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_test (tests, test_loss_repeats);
  tcase_add_loop_test (tests, test_loss_predicts, 1, 4);
  tcase_add_test (tests, test_loss_predicts_nothing_from_one);
  tcase_add_test (tests, test_loss_none);
  tcase_add_test (tests, test_loss_resilient);
  tcase_add_test (tests, test_loss_batch);
  tcase_add_test (tests, test_damaged);
  tcase_add_loop_test (tests, test_random_loss, 0, G_N_ELEMENTS (losses));
  tcase_add_loop_test (tests, test_garbage, 0, 3);
  tcase_add_test (tests, test_rtp_late_joiner);
  return suite;
}

GST_CHECK_MAIN (videodec_loss)
