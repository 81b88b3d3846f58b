/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/audio/audio.h>

#include "tests/element.h"

/* 16000 Hz, windows of 320 samples, one every 160; the model is an identity and its latents of S16
 * are coded as they are: what comes out is what went in. */
#define RATE 16000
#define HOP  160
#define S16  "audio/x-raw,format=S16LE,layout=interleaved,rate=16000,channels=1"
#define F32  "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1"

static inline GstClockTime
get_time (guint64 samples)
{
  return gst_util_uint64_scale (samples, GST_SECOND, RATE);
}

/* A sawtooth that tells each sample from its neighbours. */
static inline gint16
get_sample (guint64 index)
{
  return (gint16)((gint)(index * 7 % 4001) - 2000);
}

static inline GstBuffer *
new_samples (guint64 first, guint n, gboolean is_silent)
{
  gint16 *values = g_new0 (gint16, n);
  GstBuffer *buffer;

  for (guint i = 0; !is_silent && i < n; i++)
    values[i] = get_sample (first + i);
  buffer = gst_buffer_new_wrapped (values, n * sizeof *values);
  GST_BUFFER_PTS (buffer) = get_time (first);
  GST_BUFFER_DURATION (buffer) = get_time (first + n) - get_time (first);
  return buffer;
}

static inline void
push_samples (TestBench *bench, guint64 first, guint n)
{
  ck_assert (gst_harness_push (bench->harness, new_samples (first, n, FALSE)) == GST_FLOW_OK);
}

/* The next packet stands for samples [first, first + n). */
static inline void
assert_packet (TestBench *bench, guint64 first, guint n, gboolean is_key)
{
  g_autoptr (GstBuffer) packet = gst_harness_try_pull (bench->harness);

  ck_assert_msg (packet != NULL, "no packet at sample %" G_GUINT64_FORMAT, first);
  ck_assert_uint_eq (GST_BUFFER_PTS (packet), get_time (first));
  ck_assert_uint_eq (GST_BUFFER_DURATION (packet), get_time (first + n) - get_time (first));
  ck_assert (GST_BUFFER_FLAG_IS_SET (packet, GST_BUFFER_FLAG_DELTA_UNIT) != is_key);
}

static inline void
assert_no_packet (TestBench *bench)
{
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench->harness), 0);
}
