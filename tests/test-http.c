/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/app/gstappsink.h>
#include <string.h>

#include "tests/element.h"
#include "tests/http-case.h"
#include "tests/lat-case.h"

/* .lat files from a web server, which gives parts of them or not, by GStreamer's own client; that
 * is no code for sanitizers and valgrind, which have test-demux-push.c. */

static const char *const players[] = {
    "souphttpsrc location=http://127.0.0.1:%u/clip.lat retries=0 ! latentdemux name=d "
    "d.video_0 ! queue ! appsink name=sink sync=false d.audio_0 ! queue ! fakesink sync=false",
    "uridecodebin uri=http://127.0.0.1:%u/clip.lat name=d caps=\"video/x-latent;audio/x-latent\" "
    "d. ! video/x-latent ! queue ! appsink name=sink sync=false "
    "d. ! audio/x-latent ! queue ! fakesink sync=false",
};

static GstElement *
play (const HttpCase *server, guint player)
{
  g_autofree char *text = g_strdup_printf (players[player], server->port);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);

  ck_assert_msg (pipeline && !error, "%s", error ? error->message : "");
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  ck_assert_int_eq (
      gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND), GST_STATE_CHANGE_SUCCESS);
  return pipeline;
}

/* Asserts that frames of video from the first one on come, up to the end. */
static void
check_rest (GstElement *pipeline, guint first)
{
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  GstSample *sample;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint frame = first; frame < LAT_CASE_FRAMES; frame++) {
    GBytes *wanted = lat_case_get_packet (LATENT_MEDIA_VIDEO, frame);
    sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 20 * GST_SECOND);
    ck_assert_msg (sample != NULL, "no frame %u", frame);
    ck_assert_uint_eq (GST_BUFFER_PTS (gst_sample_get_buffer (sample)), frame * LAT_CASE_STEP);
    ck_assert_int_eq (gst_buffer_memcmp (gst_sample_get_buffer (sample), 0,
                          g_bytes_get_data (wanted, NULL), g_bytes_get_size (wanted)),
        0);
    gst_sample_unref (sample);
  }
  sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 20 * GST_SECOND);
  ck_assert (sample == NULL && gst_app_sink_is_eos (GST_APP_SINK (sink)));
}

static void
stop (GstElement *pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static gboolean
has_client (void)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find ("souphttpsrc");

  if (!factory)
    g_printerr ("skipped: there is no souphttpsrc (gstreamer1.0-plugins-good)\n");
  return factory != NULL;
}

GST_START_TEST (a_file_plays)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (HttpCase) server = {0};
  GstElement *pipeline;

  http_case_init (&server, file, __i__ % 2 == 0);
  if (!has_client ())
    return;
  pipeline = play (&server, (guint)__i__ / 2);
  check_rest (pipeline, 0);
  stop (pipeline);
}
GST_END_TEST;

GST_START_TEST (a_file_of_which_parts_can_be_had_seeks)
{
  g_autoptr (GByteArray) file = lat_case_write (__i__ < 2, NULL);
  g_auto (HttpCase) server = {0};
  g_autoptr (GstQuery) query = gst_query_new_seeking (GST_FORMAT_TIME);
  gboolean is_seekable = FALSE;
  GstElement *pipeline;

  http_case_init (&server, file, TRUE);
  if (!has_client ())
    return;
  pipeline = play (&server, (guint)__i__ % 2);
  ck_assert (gst_element_query (pipeline, query));
  gst_query_parse_seeking (query, NULL, &is_seekable, NULL, NULL);
  ck_assert (is_seekable);
  ck_assert (gst_element_seek_simple (
      pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 22 * LAT_CASE_STEP));
  check_rest (pipeline, 20);
  stop (pipeline);
}
GST_END_TEST;

GST_START_TEST (a_file_that_comes_whole_alone_says_so)
{
  g_autoptr (GByteArray) file = lat_case_write (TRUE, NULL);
  g_auto (HttpCase) server = {0};
  g_autoptr (GstQuery) query = gst_query_new_seeking (GST_FORMAT_TIME);
  gboolean is_seekable = TRUE;
  GstElement *pipeline;

  http_case_init (&server, file, FALSE);
  if (!has_client ())
    return;
  pipeline = play (&server, (guint)__i__);
  if (gst_element_query (pipeline, query))
    gst_query_parse_seeking (query, NULL, &is_seekable, NULL, NULL);
  else
    is_seekable = FALSE;
  ck_assert (!is_seekable);
  ck_assert (!gst_element_seek_simple (
      pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT, 22 * LAT_CASE_STEP));
  check_rest (pipeline, 0);
  stop (pipeline);
}
GST_END_TEST;

static Suite *
http_suite (void)
{
  Suite *suite = suite_create ("http");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_unchecked_fixture (tcase, test_models_init, test_models_clear);
  tcase_add_unchecked_fixture (tcase, lat_case_init, lat_case_clear);
  tcase_add_loop_test (tcase, a_file_plays, 0, 4);
  tcase_add_loop_test (tcase, a_file_of_which_parts_can_be_had_seeks, 0, 4);
  tcase_add_loop_test (tcase, a_file_that_comes_whole_alone_says_so, 0, 2);
  return suite;
}

GST_CHECK_MAIN (http);
