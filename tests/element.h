/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "tests/models.h"

/* An autoencoder between two pads, and the bus that it posts to. */
typedef struct {
  GstHarness *harness;
  GstElement *element;
  GstBus *bus;
} TestBench;

/* Not started; transfer floating. first, ...: properties as for g_object_set(). */
GstElement *test_element_new (TestModel model, const char *first, ...);

/* Playing, with caps upstream (NULL: none yet). Aborts where the element fails to start. */
TestBench test_bench_new (TestModel model, const char *caps, const char *first, ...);
/* The same with any element; model TEST_N_MODELS: the property is left as it is. */
TestBench test_bench_new_of (
    const char *factory, TestModel model, const char *caps, const char *first, ...);
void test_bench_clear (TestBench *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestBench, test_bench_clear)

/* The oldest message of that type, or NULL; messages before it are dropped. */
GstMessage *test_bus_pop (GstBus *bus, GstMessageType type);
/* Asserts that an error of that domain and code was posted, and that it has all the texts. */
void test_bus_assert_error (GstBus *bus, GQuark domain, gint code, const char *text, ...);
/* Asserts that none was. */
void test_bus_assert_no_error (GstBus *bus);

/* A picture of pseudo-random pixels, frame `index` of 25 a second; extra: bytes that every row is
 * longer than it would be, told by a GstVideoMeta. */
GstBuffer *test_frame_new (const GstVideoInfo *info, guint index, guint extra);
/* Asserts that the components (but alpha) of two pictures are equal. */
void test_frames_assert_equal (const GstVideoInfo *info, GstBuffer *a, GstBuffer *b);
/* n native floats. */
GstBuffer *test_floats_new (guint n, const float *values);
float test_floats_get (GstBuffer *buffer, guint i);
GstVideoInfo test_video_info (const char *caps);

#define TEST_RGB(w, h)  "video/x-raw,format=RGB,width=" #w ",height=" #h ",framerate=25/1"
#define TEST_FRAME_TIME (40 * GST_MSECOND)

/* GstCheck has no comparison of floats. */
#define TEST_ASSERT_NEAR(x, y, tolerance)                                                          \
  do {                                                                                             \
    double x_ = (x), y_ = (y);                                                                     \
    ck_assert_msg (ABS (x_ - y_) <= (tolerance), "%s is %g, not %g", #x, x_, y_);                  \
  } while (0)
