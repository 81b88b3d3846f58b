/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/gstvideometa.h>

#include "tests/element.h"

/* Frames are pseudo-random and the models identities: at the best quality what comes out is what
 * went in, so that a frame tells which one it is. */

#define CAPS TEST_RGB (17, 13)

static inline TestBench
new_encoder (TestModel model, const char *caps, const char *first, guint value)
{
  return test_bench_new_of ("latentvideoenc", model, caps, "quality", 63, first, value, NULL);
}

static inline TestBench
new_decoder (TestModel model, const char *first, guint value)
{
  return test_bench_new_of ("latentvideodec", model, NULL, first, value, NULL);
}

/* What the encoder gives for frame `index`, headers aside; the decoder's caps follow. */
static inline GstBuffer *
encode (TestBench *encoder, TestBench *decoder, const char *caps, guint index)
{
  GstVideoInfo info = test_video_info (caps);
  GstBuffer *packet;

  ck_assert (gst_harness_push (encoder->harness, test_frame_new (&info, index, 0)) == GST_FLOW_OK);
  packet = gst_harness_try_pull (encoder->harness);
  if (packet && GST_BUFFER_FLAG_IS_SET (packet, GST_BUFFER_FLAG_HEADER)) {
    gst_buffer_unref (packet);
    packet = gst_harness_try_pull (encoder->harness);
  }
  ck_assert (packet != NULL);
  if (decoder && !gst_pad_has_current_caps (decoder->harness->srcpad)) {
    GstCaps *coded = gst_pad_get_current_caps (encoder->harness->sinkpad);

    gst_harness_set_src_caps (decoder->harness, coded);
  }
  return packet;
}

/* The next buffer is frame `index`. */
static inline void
assert_frame (TestBench *decoder, const char *caps, guint index)
{
  GstVideoInfo info = test_video_info (caps);
  g_autoptr (GstBuffer) frame = test_frame_new (&info, index, 0);
  g_autoptr (GstBuffer) result = gst_harness_try_pull (decoder->harness);

  ck_assert_msg (result != NULL, "no frame %u", index);
  ck_assert_uint_eq (GST_BUFFER_PTS (result), index * TEST_FRAME_TIME);
  ck_assert (!GST_BUFFER_FLAG_IS_SET (result, GST_BUFFER_FLAG_CORRUPTED));
  test_frames_assert_equal (&info, frame, result);
}

static inline guint
count_key_requests (TestBench *decoder)
{
  GstEvent *event;
  guint n = 0;

  while ((event = gst_harness_try_pull_upstream_event (decoder->harness))) {
    n += gst_video_event_is_force_key_unit (event);
    gst_event_unref (event);
  }
  return n;
}

/* The next buffer stands at frame `index`, shows frame `shown`, and says that it is not right. */
static inline void
assert_concealed (TestBench *decoder, guint index, guint shown)
{
  GstVideoInfo info = test_video_info (CAPS);
  g_autoptr (GstBuffer) frame = test_frame_new (&info, shown, 0);
  g_autoptr (GstBuffer) result = gst_harness_try_pull (decoder->harness);

  ck_assert (result != NULL);
  ck_assert_uint_eq (GST_BUFFER_PTS (result), index * TEST_FRAME_TIME);
  ck_assert (GST_BUFFER_FLAG_IS_SET (result, GST_BUFFER_FLAG_CORRUPTED));
  test_frames_assert_equal (&info, frame, result);
}
