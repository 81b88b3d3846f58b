/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/element.h"

/* A model that carries a picture from frame to frame: its latents are what changed. */

enum { RECONSTRUCT, ENCODE, DECODE, EMBED };

#define CAPS   TEST_RGB (8, 8)
#define PIXELS 192

/* All components of frame i are this. */
static guint8
get_level (guint i)
{
  return (guint8)(20 + 20 * i);
}

static GstBuffer *
new_frame (guint i)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, PIXELS, NULL);

  gst_buffer_memset (buffer, 0, get_level (i), PIXELS);
  GST_BUFFER_PTS (buffer) = i * TEST_FRAME_TIME;
  GST_BUFFER_DURATION (buffer) = TEST_FRAME_TIME;
  return buffer;
}

/* Pushes frame i; its latents are what changed since a picture of `level`. */
static void
assert_change (TestBench *bench, GstBuffer *frame, guint i, guint8 level)
{
  g_autoptr (GstBuffer) latents = gst_harness_push_and_pull (bench->harness, frame);
  float wanted = ((float)get_level (i) - (float)level) / 255.0f;

  ck_assert (latents != NULL);
  ck_assert_uint_eq (gst_buffer_get_size (latents), PIXELS * sizeof (float));
  for (guint k = 0; k < PIXELS; k++)
    TEST_ASSERT_NEAR (test_floats_get (latents, k), wanted, 1e-6f);
}

static void
assert_picture (GstBuffer *picture, guint i)
{
  guint8 pixels[PIXELS];

  ck_assert_uint_eq (gst_buffer_extract (picture, 0, pixels, PIXELS), PIXELS);
  ck_assert_uint_eq (GST_BUFFER_PTS (picture), i * TEST_FRAME_TIME);
  for (guint k = 0; k < PIXELS; k++)
    ck_assert_uint_eq (pixels[k], get_level (i));
}

GST_START_TEST (test_carries)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_STATE, CAPS, "mode", ENCODE, NULL);

  assert_change (&bench, new_frame (0), 0, 0);
  assert_change (&bench, new_frame (1), 1, get_level (0));
  assert_change (&bench, new_frame (2), 2, get_level (1));
}
GST_END_TEST;

static void
push_flush (TestBench *bench)
{
  GstSegment segment;

  gst_harness_push_event (bench->harness, gst_event_new_flush_start ());
  gst_harness_push_event (bench->harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (bench->harness, gst_event_new_segment (&segment));
}

static void
push_segment (TestBench *bench)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.base = GST_SECOND;
  gst_harness_push_event (bench->harness, gst_event_new_segment (&segment));
}

static void
push_gap (TestBench *bench)
{
  gst_harness_push_event (bench->harness, gst_event_new_gap (2 * TEST_FRAME_TIME, TEST_FRAME_TIME));
}

static void
push_caps (TestBench *bench)
{
  gst_harness_set_src_caps_str (
      bench->harness, "video/x-raw,format=RGB,width=8,height=8,framerate=50/1");
}

/* The next frame comes too late. */
static void
push_late (TestBench *bench)
{
  gst_harness_push_upstream_event (
      bench->harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, 2 * TEST_FRAME_TIME, 0));
  gst_harness_push (bench->harness, new_frame (2));
  ck_assert_uint_eq (gst_harness_buffers_in_queue (bench->harness), 0);
}

/* After each of these frame 9 begins anew. */
static const struct {
  void (*push) (TestBench *bench);
  GstBufferFlags flags; /* of frame 9 */
} breaks[] = {
    {NULL,         GST_BUFFER_FLAG_DISCONT},
    {push_flush,   0                      },
    {push_segment, 0                      },
    {push_gap,     0                      },
    {push_caps,    0                      },
    {push_late,    0                      },
};

static GstBuffer *
break_off (TestBench *bench, guint i)
{
  GstBuffer *next = new_frame (9);

  if (breaks[i].push)
    breaks[i].push (bench);
  GST_BUFFER_FLAG_SET (next, breaks[i].flags);
  return next;
}

GST_START_TEST (test_begins_anew)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_STATE, CAPS, "mode", ENCODE, NULL);

  assert_change (&bench, new_frame (0), 0, 0);
  assert_change (&bench, new_frame (1), 1, get_level (0));
  assert_change (&bench, break_off (&bench, __i__), 9, 0);
  assert_change (&bench, new_frame (10), 10, get_level (9));
}
GST_END_TEST;

/* What the frame after a break is made of tells whether both halves forgot. */
static void
assert_pictures (TestBench *bench, guint i)
{
  static const guint frames[] = {0, 1, 9, 10};

  for (guint k = 0; k < G_N_ELEMENTS (frames); k++) {
    GstBuffer *frame = k == 2 ? break_off (bench, i) : new_frame (frames[k]);
    g_autoptr (GstBuffer) result = gst_harness_push_and_pull (bench->harness, frame);

    ck_assert_msg (result != NULL, "no frame %u", frames[k]);
    assert_picture (result, frames[k]);
  }
}

GST_START_TEST (test_reconstruct)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_STATE, CAPS, NULL);

  assert_pictures (&bench, (guint)__i__);
}
GST_END_TEST;

GST_START_TEST (test_encode_and_decode)
{
  const char *path = test_models_get_path (TEST_MODEL_STATE);
  g_autofree char *text = g_strdup_printf (
      "autoencoder mode=encode model=%s ! autoencoder mode=decode model=%s", path, path);
  TestBench bench = {.harness = gst_harness_new_parse (text)};

  gst_harness_set_src_caps_str (bench.harness, CAPS);
  assert_pictures (&bench, (guint)__i__);
  gst_harness_teardown (bench.harness);
}
GST_END_TEST;

GST_START_TEST (test_embed)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_STATE, CAPS, "mode", EMBED, NULL);

  for (guint i = 0; i < 3; i++) {
    g_autoptr (GstBuffer) result = gst_harness_push_and_pull (bench.harness, new_frame (i));
    GstCustomMeta *meta = gst_buffer_get_custom_meta (result, "latent");
    g_autoptr (GBytes) data = NULL;

    ck_assert (meta != NULL);
    ck_assert (gst_structure_get (
        gst_custom_meta_get_structure (meta), "data", G_TYPE_BYTES, &data, NULL));
    TEST_ASSERT_NEAR (*(const float *)g_bytes_get_data (data, NULL), 20 / 255.0f, 1e-6f);
  }
}
GST_END_TEST;

/* Frames of a batch would not see one another. */
GST_START_TEST (test_batch_refused)
{
  g_auto (TestBench) bench = test_bench_new (TEST_MODEL_STATE, CAPS, "batch-size", 2, NULL);

  test_bus_assert_error (bench.bus, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "state.onnx",
      "state", "batch", NULL);
}
GST_END_TEST;

static Suite *
autoencoder_state_suite (void)
{
  Suite *suite = suite_create ("autoencoder-state");
  TCase *tests = tcase_create ("all");

  suite_add_tcase (suite, tests);
  tcase_add_unchecked_fixture (tests, test_models_init, test_models_clear);
  tcase_add_test (tests, test_carries);
  tcase_add_loop_test (tests, test_begins_anew, 0, G_N_ELEMENTS (breaks));
  tcase_add_loop_test (tests, test_reconstruct, 0, G_N_ELEMENTS (breaks));
  tcase_add_loop_test (tests, test_encode_and_decode, 0, G_N_ELEMENTS (breaks));
  tcase_add_test (tests, test_embed);
  tcase_add_test (tests, test_batch_refused);
  return suite;
}

GST_CHECK_MAIN (autoencoder_state)
