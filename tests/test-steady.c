/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <sys/resource.h>

#include "tests/element.h"

/* Once frames flow the elements take no new memory. Counted are pages that are touched for the
 * first time, by the kernel and over the whole process, and large blocks that are asked for.
 * Whoever allocates a picture for each frame is told by the latter at least. No key packet but the
 * first falls in that time: there a coder makes its tables anew. */

#define WARM_UP   20
#define N_FRAMES  40
#define LARGE     (32u << 10) /* bytes; a packet is less, a picture more */
#define MAX_PAGES 8 /* a buffer; a picture has 84, and oneDNN asks for a little in each run */

static gint n_large;

static void
note (size_t size)
{
  if (size >= LARGE)
    g_atomic_int_inc (&n_large);
}

extern void *__libc_malloc (size_t size);
extern void *__libc_calloc (size_t n, size_t size);
extern void *__libc_realloc (void *old, size_t size);
extern void *__libc_memalign (size_t alignment, size_t size);

void *
malloc (size_t size)
{
  note (size);
  return __libc_malloc (size);
}

void *
calloc (size_t n, size_t size)
{
  note (size > 0 && n > G_MAXSIZE / size ? G_MAXSIZE : n * size);
  return __libc_calloc (n, size);
}

void *
realloc (void *old, size_t size)
{
  note (size);
  return __libc_realloc (old, size);
}

int
posix_memalign (void **memory, size_t alignment, size_t size)
{
  note (size);
  *memory = __libc_memalign (alignment, size);
  return *memory ? 0 : ENOMEM;
}

static const struct {
  const char *pipeline;
  const char *model;
  const char *caps;
  guint size; /* bytes of a buffer that goes in */
} rows[] = {
    {"autoencoder model=%1$s",                                "video.onnx",
     "video/x-raw,format=I420,width=640,height=360,framerate=25/1",       345600},
    {"latentvideoenc model=%1$s ! latentvideodec model=%1$s", "video.onnx",
     "video/x-raw,format=I420,width=640,height=360,framerate=25/1",       345600},
    {"latentvideoenc model=%1$s ! latentvideodec model=%1$s", "video-int8.onnx",
     "video/x-raw,format=I420,width=640,height=360,framerate=25/1",       345600},
    {"latentaudioenc model=%1$s ! latentaudiodec model=%1$s", "speech.onnx",
     "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1", 4096  },
};

static glong
count_pages (void)
{
  struct rusage usage;

  ck_assert_int_eq (getrusage (RUSAGE_SELF, &usage), 0);
  return usage.ru_minflt;
}

/* Pushes buffers of the same memory, a little other each time. */
static void
push (GstHarness *harness, GstBuffer *memory, guint first, guint n, GstClockTime step)
{
  for (guint i = first; i < first + n; i++) {
    GstBuffer *buffer = gst_buffer_copy (memory);
    GstBuffer *result;

    GST_BUFFER_PTS (buffer) = i * step;
    GST_BUFFER_DURATION (buffer) = step;
    ck_assert_int_eq (gst_harness_push (harness, buffer), GST_FLOW_OK);
    while ((result = gst_harness_try_pull (harness)) != NULL)
      gst_buffer_unref (result);
  }
}

static GstBuffer *
new_memory (guint size, gboolean is_float)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;

  ck_assert (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  for (guint i = 0; i < size / 4; i++) {
    if (is_float)
      ((float *)map.data)[i] = (float)(i * 7 % 4001) / 16384 - .1f;
    else
      ((guint32 *)map.data)[i] = 0x01010101 * (i * 3 / 160 % 256);
  }
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

GST_START_TEST (frames_take_no_new_memory)
{
  g_autofree char *path = g_build_filename (
      g_getenv ("LATENT_SRCDIR"), "models", rows[__i__].model, NULL);
  g_autofree char *text = g_strdup_printf (rows[__i__].pipeline, path);
  const gboolean is_sound = g_str_has_prefix (rows[__i__].caps, "audio");
  g_autoptr (GstBuffer) memory = new_memory (rows[__i__].size, is_sound);
  const GstClockTime step = is_sound ? 64 * GST_MSECOND : 40 * GST_MSECOND;
  GstHarness *harness = gst_harness_new_parse (text);
  glong before, pages;
  gint large;

  gst_harness_set_src_caps_str (harness, rows[__i__].caps);
  push (harness, memory, 0, WARM_UP, step);
  before = count_pages ();
  g_atomic_int_set (&n_large, 0);
  push (harness, memory, WARM_UP, N_FRAMES, step);
  pages = count_pages () - before;
  large = g_atomic_int_get (&n_large);
  gst_harness_teardown (harness);
  g_print ("%s, %s: %ld pages, %d large blocks in %d buffers\n", rows[__i__].pipeline,
      rows[__i__].model, pages, large, N_FRAMES);
  ck_assert_msg (pages <= MAX_PAGES * N_FRAMES && large == 0,
      "%s, %s: %ld pages and %d large blocks in %d buffers", rows[__i__].pipeline,
      rows[__i__].model, pages, large, N_FRAMES);
}
GST_END_TEST;

static Suite *
steady_suite (void)
{
  Suite *suite = suite_create ("steady");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, frames_take_no_new_memory, 0, G_N_ELEMENTS (rows));
  return suite;
}

GST_CHECK_MAIN (steady);
