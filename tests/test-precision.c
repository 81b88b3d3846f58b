/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "tests/element.h"

/* The property precision of elements, with models that are installed: what is computed with, how
 * far that is from f32, and what is said where the processor cannot. */

#define CAPS "video/x-raw,format=I420,width=96,height=64,framerate=25/1"

static const char *const elements[] = {"autoencoder", "latentvideoenc"};

static char *
get_path (gboolean is_quantised)
{
  return g_build_filename (
      g_getenv ("LATENT_SRCDIR"), "models", is_quantised ? "video-int8.onnx" : "video.onnx", NULL);
}

/* The element between pads, and its bus. */
static TestBench
new_bench (const char *element, gboolean is_quantised, const char *precision)
{
  g_autofree char *path = get_path (is_quantised);
  TestBench bench = {.element = gst_element_factory_make (element, NULL), .bus = gst_bus_new ()};

  gst_element_set_bus (bench.element, bench.bus);
  g_object_set (bench.element, "model", path, "threads", 1, NULL);
  gst_util_set_object_arg (G_OBJECT (bench.element), "precision", precision);
  bench.harness = gst_harness_new_with_element (bench.element, "sink", "src");
  gst_harness_set_src_caps_str (bench.harness, CAPS);
  return bench;
}

/* A ramp, which a net for pictures knows how to show. */
static GstBuffer *
new_frame (void)
{
  GstVideoInfo info = test_video_info (CAPS);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info.size, NULL);
  GstMapInfo map;

  ck_assert (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  for (guint i = 0; i < map.size; i++)
    map.data[i] = (guint8)(i < 96 * 64 ? 40 + i % 96 + 2 * (i / 96 % 32) : 118 + i % 16);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = 0;
  GST_BUFFER_DURATION (buffer) = 40 * GST_MSECOND;
  return buffer;
}

/* What autoencoder makes of a frame, and the kernels that it says it used. */
static GstBuffer *
run (gboolean is_quantised, const char *precision, char **kernels)
{
  g_auto (TestBench) bench = new_bench ("autoencoder", is_quantised, precision);
  g_autoptr (GstStructure) stats = NULL;
  GstBuffer *result = gst_harness_push_and_pull (bench.harness, new_frame ());

  ck_assert_msg (result != NULL, "%s", precision);
  g_object_get (bench.element, "stats", &stats, NULL);
  *kernels = g_strdup (gst_structure_get_string (stats, "kernels"));
  return result;
}

static double
get_psnr (GstBuffer *a, GstBuffer *b)
{
  GstMapInfo x, y;
  double sum = 0;

  ck_assert (gst_buffer_map (a, &x, GST_MAP_READ) && gst_buffer_map (b, &y, GST_MAP_READ));
  ck_assert_uint_eq (x.size, y.size);
  for (guint i = 0; i < x.size; i++)
    sum += ((double)x.data[i] - y.data[i]) * ((double)x.data[i] - y.data[i]);
  sum /= (double)x.size;
  gst_buffer_unmap (a, &x);
  gst_buffer_unmap (b, &y);
  return 10 * log10 (255 * 255 / MAX (sum, 1e-9));
}

/* Precisions are refused by the processor, or by what ONEDNN_MAX_CPU_ISA leaves of it. */
static gboolean
is_refused (TestBench *bench)
{
  g_autoptr (GstMessage) message = test_bus_pop (bench->bus, GST_MESSAGE_ERROR);

  return message != NULL;
}

/* Whether the processor is held to what is too old for all but f32. */
static gboolean
is_held_back (void)
{
  const char *isa = g_getenv ("ONEDNN_MAX_CPU_ISA");

  return isa && (g_str_equal (isa, "SSE41") || g_str_equal (isa, "AVX2"));
}

/* Whether the processor can that precision. */
static gboolean
has_precision (const char *precision)
{
  g_auto (TestBench) bench = new_bench ("autoencoder", TRUE, precision);

  return !is_refused (&bench);
}

/* oneDNN's kernels are named by the instructions that they use. */
static gboolean
names_kernel (const char *kernels, const char *precision)
{
  return strstr (kernels, precision) ||
         (g_str_equal (precision, "int8") && strstr (kernels, "vnni"));
}

static const struct {
  gboolean is_quantised;
  const char *precision;
  const char *kernel; /* is among those that are used, where the processor has it */
  double psnr;        /* of the picture against f32's, at least */
} rows[] = {
    {FALSE, "auto", NULL,   120},
    {FALSE, "bf16", "bf16", 45 },
    {TRUE,  "int8", "int8", 45 },
    {TRUE,  "auto", "int8", 45 },
};

GST_START_TEST (pictures_are_near_those_of_f32)
{
  g_auto (TestBench)
      bench = new_bench ("autoencoder", rows[__i__].is_quantised, rows[__i__].precision);
  g_autoptr (GstBuffer) wanted = NULL;
  g_autoptr (GstBuffer) got = NULL;
  g_autofree char *plain = NULL;
  g_autofree char *kernels = NULL;
  double psnr;

  if (is_refused (&bench)) {
    ck_assert_str_ne (rows[__i__].precision, "auto");
    return; /* the next test reads what it says */
  }
  wanted = run (rows[__i__].is_quantised, "f32", &plain);
  got = run (rows[__i__].is_quantised, rows[__i__].precision, &kernels);
  psnr = get_psnr (wanted, got);
  ck_assert (!names_kernel (plain, "bf16") && !names_kernel (plain, "int8"));
  if (rows[__i__].kernel && has_precision (rows[__i__].kernel))
    ck_assert_msg (names_kernel (kernels, rows[__i__].kernel), "%s", kernels);
  ck_assert_msg (psnr >= rows[__i__].psnr, "%s: %.2f dB from f32", rows[__i__].precision, psnr);
}
GST_END_TEST;

GST_START_TEST (what_the_processor_cannot_is_said)
{
  const gboolean is_int8 = __i__ % 2;
  g_auto (TestBench) bench = new_bench (elements[__i__ / 2], is_int8, is_int8 ? "int8" : "bf16");
  g_autoptr (GstMessage) message = test_bus_pop (bench.bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (!message) {
    ck_assert (!is_held_back ());
    return;
  }
  gst_message_parse_error (message, &error, NULL);
  ck_assert (g_error_matches (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS));
  ck_assert_msg (strstr (error->message, is_int8 ? "video-int8.onnx" : "video.onnx") &&
                     strstr (error->message, is_int8 ? "VNNI" : "AVX512_BF16") &&
                     strstr (error->message, "ONEDNN_MAX_CPU_ISA") &&
                     strstr (error->message, "use auto or f32"),
      "%s", error->message);
}
GST_END_TEST;

GST_START_TEST (int8_wants_a_quantised_model)
{
  g_auto (TestBench) bench = new_bench (elements[__i__], FALSE, "int8");

  test_bus_assert_error (bench.bus, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "int8",
      "video.onnx", "no DequantizeLinear", NULL);
}
GST_END_TEST;

static Suite *
precision_suite (void)
{
  Suite *suite = suite_create ("precision");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, pictures_are_near_those_of_f32, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tcase, what_the_processor_cannot_is_said, 0, 2 * G_N_ELEMENTS (elements));
  tcase_add_loop_test (tcase, int8_wants_a_quantised_model, 0, G_N_ELEMENTS (elements));
  return suite;
}

GST_CHECK_MAIN (precision);
