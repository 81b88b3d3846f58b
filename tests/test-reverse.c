/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/app/gstappsink.h>
#include <string.h>
#include <unistd.h>

#include "tests/element.h"
#include "tests/lat-case.h"

/* .lat files with pictures or sound, played backwards through the decoders. */

#define FRAMES 23
#define STEP   (40 * GST_MSECOND)

static char *path;

static void
run (const char *text)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  ck_assert_msg (pipeline && !error, "%s", error ? error->message : "");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  ck_assert (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static void
make_path (void)
{
  g_free (path);
  path = g_strdup_printf ("%s/latent-reverse-%d.lat", g_get_tmp_dir (), getpid ());
}

/* Plays a file backwards, from stop to start; what follows on `d.audio_0 !` or, with one stream, on
 * the demuxer; its video, or its only stream, goes to the sink "sink". Transfer full. */
static GstElement *
play_backwards (const char *elements, GstSeekFlags flags, gint64 start, gint64 stop)
{
  gboolean has_both = strstr (elements, "d.video_0") != NULL;
  g_autofree char *text = g_strdup_printf (
      "filesrc location=%s ! latentdemux name=d %s ! %s ! appsink name=sink sync=false", path,
      has_both ? "d.audio_0" : "", elements);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);

  ck_assert_msg (pipeline && !error, "%s", error ? error->message : "");
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  ck_assert_int_eq (
      gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
  ck_assert (gst_element_seek (pipeline, -1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | flags,
      GST_SEEK_TYPE_SET, start, GST_SEEK_TYPE_SET, stop));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

/* The next packet or picture: sequence headers end groups of sound. */
static GstSample *
pull (GstElement *pipeline, const char *name)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), name);
  GstSample *sample = gst_app_sink_pull_sample (GST_APP_SINK (sink));

  while (
      sample && GST_BUFFER_FLAG_IS_SET (gst_sample_get_buffer (sample), GST_BUFFER_FLAG_HEADER)) {
    gst_sample_unref (sample);
    sample = gst_app_sink_pull_sample (GST_APP_SINK (sink));
  }
  return sample;
}

static void
stop (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  unlink (path);
}

static const guint intervals[] = {1, 5, 8, 0}; /* frames from key to key */

static char *
describe_source (void)
{
  return g_strdup_printf (
      "videotestsrc pattern=ball num-buffers=%d ! video/x-raw,format=RGB,width=96,height=64,"
      "framerate=25/1",
      FRAMES);
}

/* What was coded, in order. */
static GPtrArray *
get_frames (void)
{
  GPtrArray *frames = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_sample_unref);
  g_autofree char *source = describe_source ();
  g_autofree char *text = g_strconcat (source, " ! appsink name=sink sync=false", NULL);
  GstElement *pipeline = gst_parse_launch (text, NULL);
  GstSample *sample;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((sample = pull (pipeline, "sink")) != NULL)
    g_ptr_array_add (frames, sample);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return frames;
}

GST_START_TEST (pictures_come_from_the_last_to_the_first)
{
  GstVideoInfo info = test_video_info (TEST_RGB (96, 64));
  g_autoptr (GPtrArray) frames = get_frames ();
  g_autofree char *source = describe_source ();
  g_autofree char *text = NULL;
  g_autofree char *decoder = NULL;
  GstElement *pipeline;
  GstSample *sample;

  make_path ();
  text = g_strdup_printf (
      "%s ! latentvideoenc model=%s quality=63 key-int-max=%u ! latentmux ! filesink location=%s",
      source, test_models_get_path (TEST_MODEL_RGB), intervals[__i__ % 4], path);
  run (text);
  decoder = g_strdup_printf ("latentvideodec batch-size=%d model=%s", __i__ < 4 ? 1 : 3,
      test_models_get_path (TEST_MODEL_RGB));
  pipeline = play_backwards (decoder, 0, 2 * STEP, FRAMES * STEP);
  ck_assert_uint_eq (frames->len, FRAMES);
  for (guint i = FRAMES - 1; i >= 2; i--) {
    sample = pull (pipeline, "sink");
    ck_assert_msg (sample != NULL, "no frame %u", i);
    ck_assert_uint_eq (GST_BUFFER_PTS (gst_sample_get_buffer (sample)), i * STEP);
    test_frames_assert_equal (
        &info, gst_sample_get_buffer (frames->pdata[i]), gst_sample_get_buffer (sample));
    gst_sample_unref (sample);
  }
  sample = pull (pipeline, "sink");
  ck_assert (sample == NULL);
  stop (pipeline);
}
GST_END_TEST;

/* Each buffer ends where the one before began, from the end to the begin. */
GST_START_TEST (sound_comes_from_the_last_to_the_first)
{
  g_autofree char *text = NULL;
  g_autofree char *decoder = NULL;
  GstElement *pipeline;
  GstClockTime last = GST_CLOCK_TIME_NONE, end = 0;
  GstSample *sample;

  make_path ();
  text = g_strdup_printf (
      "audiotestsrc wave=saw num-buffers=20 samplesperbuffer=1600 ! audio/x-raw,format=F32LE,"
      "rate=16000,channels=1 ! latentaudioenc model=%s quality=60 key-int-max=%u ! latentmux ! "
      "filesink location=%s",
      test_models_get_path (TEST_MODEL_AUDIO), intervals[__i__] * 5, path);
  run (text);
  decoder = g_strdup_printf ("latentaudiodec model=%s", test_models_get_path (TEST_MODEL_AUDIO));
  pipeline = play_backwards (decoder, 0, 0, 2 * GST_SECOND);
  while ((sample = pull (pipeline, "sink")) != NULL) {
    GstBuffer *buffer = gst_sample_get_buffer (sample);

    ck_assert (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_CORRUPTED));
    ck_assert (!GST_CLOCK_TIME_IS_VALID (last) ||
               ABS (GST_CLOCK_DIFF (GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer), last)) <
                   GST_MSECOND);
    if (!GST_CLOCK_TIME_IS_VALID (last))
      end = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
    last = GST_BUFFER_PTS (buffer);
    gst_sample_unref (sample);
  }
  ck_assert_uint_eq (last, 0);
  ck_assert_uint_ge (end, 1990 * GST_MSECOND);
  stop (pipeline);
}
GST_END_TEST;

/* Groups come from the last to the first, each in order; the sink leaves out what is not in the
 * segment. */
static const struct {
  guint start, stop; /* in tenths of frames */
  GstSeekFlags flags;
  guint n;
  guint frames[24];
} reverses[] = {
    {75,  235, 0,                                 17, {20, 21, 22, 23, 15, 16, 17, 18, 19, 10, 11, 12, 13, 14, 7, 8, 9}},
    {0,   100, GST_SEEK_FLAG_KEY_UNIT,            10, {5, 6, 7, 8, 9, 0, 1, 2, 3, 4}                                   },
    {0,   300, GST_SEEK_FLAG_TRICKMODE_KEY_UNITS, 6,  {25, 20, 15, 10, 5, 0}                                           },
    {260, 270, 0,                                 1,  {26}                                                             },
};

GST_START_TEST (backwards_it_goes_by_groups)
{
  g_autoptr (GByteArray) file = lat_case_write (__i__ % 2 == 0, NULL);
  const guint row = (guint)__i__ / 2;
  GstElement *pipeline;

  g_free (path);
  path = lat_case_save (file);
  pipeline = play_backwards (
      "queue max-size-time=0 name=q ! appsink name=audio sync=false d.video_0 "
      "! queue max-size-time=0",
      reverses[row].flags, reverses[row].start * LAT_CASE_STEP / 10,
      reverses[row].stop * LAT_CASE_STEP / 10);
  for (guint stream = 0; stream < 2; stream++) {
    GstSample *sample;
    for (guint i = 0; i < reverses[row].n; i++) {
      const guint frame = reverses[row].frames[i];
      sample = pull (pipeline, stream ? "audio" : "sink");
      ck_assert_msg (sample != NULL, "no packet %u of stream %u", frame, stream);
      ck_assert_uint_eq (GST_BUFFER_PTS (gst_sample_get_buffer (sample)), frame * LAT_CASE_STEP);
      ck_assert_int_eq (
          GST_BUFFER_IS_DISCONT (gst_sample_get_buffer (sample)), frame % LAT_CASE_KEYS == 0);
      ck_assert_uint_eq (
          gst_sample_get_segment (sample)->start, reverses[row].start * LAT_CASE_STEP / 10);
      gst_sample_unref (sample);
    }
    sample = pull (pipeline, stream ? "audio" : "sink");
    ck_assert (sample == NULL);
  }
  stop (pipeline);
}
GST_END_TEST;

/* Sound has a key packet every 5 seconds, queues hold one. */
GST_START_TEST (both_come_through_queues)
{
  g_autofree char *text = NULL;
  g_autofree char *decoders = NULL;
  GstElement *pipeline;
  GstSample *sample;

  make_path ();
  text = g_strdup_printf (
      "videotestsrc num-buffers=200 ! video/x-raw,format=RGB,width=32,height=16,framerate=25/1 ! "
      "latentvideoenc model=%s key-int-max=25 ! queue ! m. audiotestsrc num-buffers=80 "
      "samplesperbuffer=1600 ! audio/x-raw,format=F32LE,rate=16000,channels=1 ! latentaudioenc "
      "model=%s key-int-max=500 ! queue ! m. latentmux name=m ! filesink location=%s",
      test_models_get_path (TEST_MODEL_RGB), test_models_get_path (TEST_MODEL_AUDIO), path);
  run (text);
  decoders = g_strdup_printf (
      "queue ! latentaudiodec model=%s ! fakesink sync=false d.video_0 ! queue ! "
      "latentvideodec model=%s",
      test_models_get_path (TEST_MODEL_AUDIO), test_models_get_path (TEST_MODEL_RGB));
  pipeline = play_backwards (decoders, 0, 0, 8 * GST_SECOND);
  for (guint i = 200; i > 0; i--) {
    sample = pull (pipeline, "sink");
    ck_assert_msg (sample != NULL, "no frame %u", i - 1);
    ck_assert_uint_eq (GST_BUFFER_PTS (gst_sample_get_buffer (sample)), (i - 1) * STEP);
    gst_sample_unref (sample);
  }
  stop (pipeline);
}
GST_END_TEST;

/* A clip that was cut begins behind 0, and so does its first group. */
GST_START_TEST (it_ends_where_the_file_begins_late)
{
  g_autofree char *text = NULL;
  GstElement *pipeline;
  g_autoptr (GstElement) sink = NULL;
  guint n = 0;

  make_path ();
  text = g_strdup_printf ("videotestsrc timestamp-offset=%" G_GUINT64_FORMAT
                          " num-buffers=%d ! video/x-raw,format=RGB,width=96,height=64,"
                          "framerate=25/1 ! latentvideoenc model=%s key-int-max=%u ! latentmux "
                          "! filesink location=%s",
      2 * STEP, FRAMES, test_models_get_path (TEST_MODEL_RGB), intervals[__i__], path);
  run (text);
  pipeline = play_backwards ("identity", 0, 0, (FRAMES + 2) * STEP);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  while (TRUE) {
    g_autoptr (GstSample)
        sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 20 * GST_SECOND);

    if (!sample)
      break;
    n++;
  }
  ck_assert_uint_eq (n, FRAMES);
  ck_assert (gst_app_sink_is_eos (GST_APP_SINK (sink)));
  stop (pipeline);
}
GST_END_TEST;

static Suite *
reverse_suite (void)
{
  Suite *suite = suite_create ("reverse");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_unchecked_fixture (tcase, test_models_init, test_models_clear);
  tcase_add_unchecked_fixture (tcase, lat_case_init, lat_case_clear);
  tcase_add_loop_test (tcase, backwards_it_goes_by_groups, 0, 2 * G_N_ELEMENTS (reverses));
  tcase_add_loop_test (tcase, pictures_come_from_the_last_to_the_first, 0, 8);
  tcase_add_test (tcase, both_come_through_queues);
  tcase_add_loop_test (tcase, sound_comes_from_the_last_to_the_first, 0, 4);
  tcase_add_loop_test (tcase, it_ends_where_the_file_begins_late, 0, 4);
  return suite;
}

GST_CHECK_MAIN (reverse);
