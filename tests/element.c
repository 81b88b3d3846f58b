/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/element.h"

#include <string.h>

GstElement *
test_element_new (TestModel model, const char *first, ...)
{
  GstElement *element = gst_element_factory_make ("autoencoder", NULL);
  va_list args;

  ck_assert_msg (element != NULL, "no autoencoder in GST_PLUGIN_PATH");
  g_object_set (element, "model", test_models_get_path (model), NULL);
  va_start (args, first);
  if (first)
    g_object_set_valist (G_OBJECT (element), first, args);
  va_end (args);
  return element;
}

TestBench
test_bench_new (TestModel model, const char *caps, const char *first, ...)
{
  TestBench self = {.element = test_element_new (model, NULL), .bus = gst_bus_new ()};
  va_list args;

  va_start (args, first);
  if (first)
    g_object_set_valist (G_OBJECT (self.element), first, args);
  va_end (args);
  gst_element_set_bus (self.element, self.bus);
  self.harness = gst_harness_new_with_element (self.element, "sink", "src");
  if (caps)
    gst_harness_set_src_caps_str (self.harness, caps);
  return self;
}

TestBench
test_bench_new_of (const char *factory, TestModel model, const char *caps, const char *first, ...)
{
  TestBench self = {.element = gst_element_factory_make (factory, NULL), .bus = gst_bus_new ()};
  va_list args;

  ck_assert_msg (self.element != NULL, "no %s in GST_PLUGIN_PATH", factory);
  if (model < TEST_N_MODELS)
    g_object_set (self.element, "model", test_models_get_path (model), NULL);
  va_start (args, first);
  if (first)
    g_object_set_valist (G_OBJECT (self.element), first, args);
  va_end (args);
  gst_element_set_bus (self.element, self.bus);
  self.harness = gst_harness_new_with_element (self.element, "sink", "src");
  if (caps)
    gst_harness_set_src_caps_str (self.harness, caps);
  return self;
}

void
test_bench_clear (TestBench *self)
{
  gst_element_set_bus (self->element, NULL);
  gst_object_unref (self->bus);
  gst_harness_teardown (self->harness);
  gst_object_unref (self->element);
}

GstMessage *
test_bus_pop (GstBus *bus, GstMessageType type)
{
  return gst_bus_pop_filtered (bus, type);
}

void
test_bus_assert_error (GstBus *bus, GQuark domain, gint code, const char *text, ...)
{
  /* a pipeline's streaming threads need their time */
  g_autoptr (GstMessage)
      message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;
  va_list args;

  ck_assert_msg (message != NULL, "no error was posted");
  gst_message_parse_error (message, &error, NULL);
  ck_assert_msg (g_error_matches (error, domain, code), "wrong code: %s %d: %s",
      g_quark_to_string (error->domain), error->code, error->message);
  va_start (args, text);
  for (; text; text = va_arg (args, const char *))
    ck_assert_msg (strstr (error->message, text) != NULL, "no '%s' in: %s", text, error->message);
  va_end (args);
}

void
test_bus_assert_no_error (GstBus *bus)
{
  g_autoptr (GstMessage) message = test_bus_pop (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message)
    gst_message_parse_error (message, &error, NULL);
  ck_assert_msg (!message, "%s", error ? error->message : "");
}

GstVideoInfo
test_video_info (const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);
  GstVideoInfo info;

  ck_assert (gst_video_info_from_caps (&info, caps));
  return info;
}

/* Rows longer by `extra` bytes, planes apart by as many rows more. */
static void
pad_rows (const GstVideoInfo *info, guint extra, gsize offset[4], gint stride[4], gsize *size)
{
  *size = extra;
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++) {
    guint rows = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT (
        info->finfo, p, (guint)GST_VIDEO_INFO_HEIGHT (info));

    stride[p] = GST_VIDEO_INFO_PLANE_STRIDE (info, p) + (gint)extra;
    offset[p] = *size;
    *size += (gsize)stride[p] * (rows + 1);
  }
}

GstBuffer *
test_frame_new (const GstVideoInfo *info, guint index, guint extra)
{
  gsize size = GST_VIDEO_INFO_SIZE (info), offset[GST_VIDEO_MAX_PLANES] = {0};
  gint stride[GST_VIDEO_MAX_PLANES] = {0};
  guint32 state = index * 7919 + 1;
  GstBuffer *buffer;
  GstMapInfo map;

  if (extra)
    pad_rows (info, extra, offset, stride, &size);
  buffer = gst_buffer_new_allocate (NULL, size, NULL);
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < size; i++) {
    state = state * 1664525 + 1013904223;
    map.data[i] = (guint8)(state >> 24);
  }
  gst_buffer_unmap (buffer, &map);
  if (extra)
    gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT (info),
        (guint)GST_VIDEO_INFO_WIDTH (info), (guint)GST_VIDEO_INFO_HEIGHT (info),
        GST_VIDEO_INFO_N_PLANES (info), offset, stride);
  GST_BUFFER_PTS (buffer) = index * TEST_FRAME_TIME;
  GST_BUFFER_DURATION (buffer) = TEST_FRAME_TIME;
  return buffer;
}

void
test_frames_assert_equal (const GstVideoInfo *info, GstBuffer *a, GstBuffer *b)
{
  GstVideoFrame x, y;

  ck_assert (gst_video_frame_map (&x, info, a, GST_MAP_READ));
  ck_assert (gst_video_frame_map (&y, info, b, GST_MAP_READ));
  for (guint c = 0; c < MIN (GST_VIDEO_FRAME_N_COMPONENTS (&x), 3); c++) {
    const gint step = GST_VIDEO_FRAME_COMP_PSTRIDE (&x, c);

    for (gint row = 0; row < GST_VIDEO_FRAME_COMP_HEIGHT (&x, c); row++) {
      const guint8 *p = (const guint8 *)GST_VIDEO_FRAME_COMP_DATA (&x, c) +
                        row * GST_VIDEO_FRAME_COMP_STRIDE (&x, c);
      const guint8 *q = (const guint8 *)GST_VIDEO_FRAME_COMP_DATA (&y, c) +
                        row * GST_VIDEO_FRAME_COMP_STRIDE (&y, c);

      for (gint i = 0; i < GST_VIDEO_FRAME_COMP_WIDTH (&x, c); i++) {
        if (p[i * step] != q[i * step]) /* a ck_assert for every pixel takes minutes */
          ck_abort_msg ("component %u at %d,%d: %d is not %d", c, i, row, q[i * step], p[i * step]);
      }
    }
  }
  gst_video_frame_unmap (&x);
  gst_video_frame_unmap (&y);
}

GstBuffer *
test_floats_new (guint n, const float *values)
{
  return gst_buffer_new_memdup (values, n * sizeof *values);
}

float
test_floats_get (GstBuffer *buffer, guint i)
{
  float value = 0;

  ck_assert_uint_eq (
      gst_buffer_extract (buffer, i * sizeof value, &value, sizeof value), sizeof value);
  return value;
}
