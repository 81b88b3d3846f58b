/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/sequence.h"

#include <gst/check/gstcheck.h>
#include <latent/error.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/base/crc32c.h"

/* A header without its checksum: 2 tiles of 3 channels at 4x5 places each, side by side. */
static const guint8 base[] = {
    'L', 'A', 'T', 's', 2,                    /* version */
    1,                                        /* 5: kind */
    0,                                        /* 6: resilient */
    2,                                        /* 7: slices */
    3, 'a', '.', '7',                         /* 8: id */
    0x78, 0x56, 0x34, 0x12,                   /* 12: prior */
    0x21, 0x43, 0x65, 0x87,                   /* 16: motion */
    4, 2, 3, 4, 5,                            /* 20: dims */
    0,                                        /* 25: channels last */
    2,                                        /* 26: tiles in a row */
    5,                                        /* 27: columns */
    1, 0x00, 0xff, 16,                        /* 28: a channel of step 1/2, slope 1 */
    2, 0x80, 0x00, 16,                        /* 32: two of step sqrt 2, slope 1 */
    100, 80, 25, 1, 4, 3, 2, 9, 16, 10, 1, 2, /* 36: video */
};
#define N_BASE 48

static LatentSequence
make_sequence (void)
{
  static const LatentStep steps[] = {
      {-256, 16},
      {128,  16},
      {128,  16}
  };
  LatentShape dims = {
      4, {2, 3, 4, 5}
  };
  LatentSequence sequence = {
      .prior = 0x12345678, .motion = 0x87654321, .steps = g_memdup2 (steps, sizeof steps)};

  fail_unless (latent_grid_init (&sequence.grid, &dims, FALSE, 2, 5, NULL));
  sequence.info = (LatentStreamInfo){.kind = LATENT_MEDIA_VIDEO,
      .latent_id = "a.7",
      .slices = 2,
      .width = 100,
      .height = 80,
      .fps_n = 25,
      .fps_d = 1,
      .par_n = 4,
      .par_d = 3,
      .color_range = 2,
      .color_matrix = 9,
      .color_transfer = 16,
      .color_primaries = 10,
      .interlace = 1,
      .field_order = 2};
  return sequence;
}

/* Bytes with the checksum behind them. */
static gsize
sign (const guint8 *bytes, gsize n, guint8 *dst)
{
  guint32 check = GUINT32_TO_LE (latent_crc32c (0, bytes, n));

  memcpy (dst, bytes, n);
  memcpy (dst + n, &check, 4);
  return n + 4;
}

GST_START_TEST (bytes_are_as_drawn)
{
  g_auto (LatentSequence) sequence = make_sequence ();
  g_autoptr (GBytes) header = latent_sequence_put (&sequence, NULL);
  guint8 wanted[64];
  gsize size = sign (base, N_BASE, wanted);

  fail_unless_equals_uint64 (sizeof base, N_BASE);
  fail_unless_equals_uint64 (g_bytes_get_size (header), size);
  fail_unless (memcmp (g_bytes_get_data (header, NULL), wanted, size) == 0);
}
GST_END_TEST

GST_START_TEST (fields_come_back)
{
  g_auto (LatentSequence) sequence = {0};
  guint8 header[64];
  LatentStreamInfo info;
  gsize size = sign (base, N_BASE, header);

  fail_unless (latent_sequence_get (&sequence, header, size, NULL));
  fail_unless_equals_int_hex (sequence.prior, 0x12345678);
  fail_unless_equals_int (sequence.steps[0].step, -256);
  fail_unless_equals_int (sequence.steps[0].slope, 16);
  fail_unless_equals_int (sequence.steps[1].step, 128);
  fail_unless_equals_int (sequence.steps[1].slope, 16);
  fail_unless_equals_int (sequence.steps[2].step, 128);
  fail_unless_equals_int (sequence.steps[2].slope, 16);
  fail_unless_equals_int (sequence.grid.tiles, 2);
  fail_unless (latent_stream_info_parse (&info, header, size, NULL));
  fail_unless_equals_int (info.kind, LATENT_MEDIA_VIDEO);
  fail_unless_equals_string (info.latent_id, "a.7");
  fail_unless_equals_int (info.channels, 3);
  fail_unless_equals_int (info.grid_height, 4);
  fail_unless_equals_int (info.grid_width, 10);
  fail_unless_equals_int (info.slices, 2);
  fail_unless_equals_int (info.width, 100);
  fail_unless_equals_int (info.height, 80);
  fail_unless_equals_int (info.fps_n, 25);
  fail_unless_equals_int (info.fps_d, 1);
  fail_unless_equals_int (info.par_n, 4);
  fail_unless_equals_int (info.par_d, 3);
  fail_unless_equals_int (info.color_range, 2);
  fail_unless_equals_int (info.color_matrix, 9);
  fail_unless_equals_int (info.color_transfer, 16);
  fail_unless_equals_int (info.color_primaries, 10);
  fail_unless_equals_int (info.interlace, 1);
  fail_unless_equals_int (info.field_order, 2);
}
GST_END_TEST

/* Behind the other fields, where it is known. */
GST_START_TEST (places_of_chroma_come_last)
{
  g_autoptr (GError) error = NULL;
  guint8 bytes[N_BASE + 1], header[64];
  LatentStreamInfo info;

  memcpy (bytes, base, N_BASE);
  for (guint8 site = 0; site < 8; site++) {
    gboolean ok;
    bytes[N_BASE] = site;
    ok = latent_stream_info_parse (&info, header, sign (bytes, N_BASE + 1, header), &error);
    fail_unless_equals_int (ok, site >= 1 && site <= 6);
    if (ok) {
      fail_unless_equals_int (info.chroma_site, site);
    } else {
      fail_unless (strstr (error->message, "chroma_site of the stream is") != NULL);
    }
    g_clear_error (&error);
  }
}
GST_END_TEST

GST_START_TEST (places_of_chroma_come_back)
{
  g_auto (LatentSequence) sequence = make_sequence ();
  g_autoptr (GBytes) header = NULL;
  LatentStreamInfo info;
  gsize size;
  const guint8 *data;

  sequence.info.chroma_site = 3;
  header = latent_sequence_put (&sequence, NULL);
  data = g_bytes_get_data (header, &size);
  fail_unless_equals_int (size, N_BASE + 5);
  fail_unless_equals_int (data[N_BASE], 3);
  fail_unless (latent_stream_info_parse (&info, data, size, NULL));
  fail_unless_equals_int (info.chroma_site, 3);
}
GST_END_TEST

/* Of sound, behind the other fields, where a packet has more than one. */
GST_START_TEST (frames_of_sound_come_last)
{
  static const guint8 sound[] = {'L', 'A', 'T', 's', 2, 2, 0, 1, 3, 'a', '.', '7', 0x78, 0x56, 0x34,
      0x12, 4, 1, 3, 1, 5, 0, 1, 5, 3, 0x00, 0xff, 16, /* 28: rate, channels, hop */ 0x80, 0x7d, 1,
      0x80, 0x05, /* 33: frames */ 0};
  static const struct {
    guint8 frames; /* 0: the field is not there */
    guint wanted;  /* 0: it is refused */
    const char *message;
  } rows[] = {
      {0, 1, NULL                                                                     },
      {2, 2, NULL                                                                     },
      {5, 5, NULL                                                                     },
      {1, 0, "frames of the stream is 1, wanted is 2 to 6"                            },
      {7, 0, "frames of the stream is 7, wanted is 2 to 6"                            },
      {6, 0, "hop of the stream is 640, wanted is a multiple of its 6 frames a packet"},
  };
  guint8 bytes[sizeof sound], header[64];
  g_autoptr (GError) error = NULL;
  LatentSequence sequence = {0};
  gsize n = rows[__i__].frames ? sizeof sound : sizeof sound - 1, size;

  memcpy (bytes, sound, sizeof sound);
  bytes[33] = rows[__i__].frames;
  size = sign (bytes, n, header);
  fail_unless_equals_int (
      latent_sequence_get (&sequence, header, size, &error), rows[__i__].wanted > 0);
  if (rows[__i__].wanted == 0) {
    fail_unless_equals_string (error->message, rows[__i__].message);
    return;
  }
  g_autoptr (GBytes) again = latent_sequence_put (&sequence, NULL);
  fail_unless_equals_int (sequence.info.frames, rows[__i__].wanted);
  fail_unless_equals_int (sequence.info.hop, 640);
  fail_unless_equals_uint64 (g_bytes_get_size (again), size);
  fail_unless (memcmp (g_bytes_get_data (again, NULL), header, size) == 0);
  latent_sequence_clear (&sequence);
}
GST_END_TEST

static const struct {
  guint at;
  guint8 value;
  LatentError code;
  const char *message;
} hostile[] = {
    {0,  'l',  LATENT_ERROR_FORMAT,      "not a sequence header: it does not begin with LATs"        },
    {4,  3,    LATENT_ERROR_UNSUPPORTED, "the sequence header is of version 3, version 2 can be read"},
    {5,  3,    LATENT_ERROR_FORMAT,      "kind of the stream is 3, wanted is 0 to 2"                 },
    {6,  3,    LATENT_ERROR_FORMAT,      "resilient of the stream is 3, wanted is 0 to 2"            },
    {7,  0,    LATENT_ERROR_FORMAT,      "slices of the stream is 0, wanted is 1 to 64"              },
    {7,  65,   LATENT_ERROR_FORMAT,      "slices of the stream is 65, wanted is 1 to 64"             },
    {7,  5,    LATENT_ERROR_FORMAT,      "slices of the stream are 5 in a grid of 4 rows"            },
    {8,  0,    LATENT_ERROR_FORMAT,
     "latent_id of the stream is not 1 to 128 letters, digits, '.', '_' or '-'"                      },
    {9,  '/',  LATENT_ERROR_FORMAT,
     "latent_id of the stream is not 1 to 128 letters, digits, '.', '_' or '-'"                      },
    {9,  0,    LATENT_ERROR_FORMAT,
     "latent_id of the stream is not 1 to 128 letters, digits, '.', '_' or '-'"                      },
    {8,  0x7f, LATENT_ERROR_FORMAT,      "the sequence header ends too early"                        },
    {20, 0,    LATENT_ERROR_FORMAT,      "latents of a frame have 1 to 12 dimensions, not 0"         },
    {20, 13,   LATENT_ERROR_FORMAT,      "latents of a frame have 1 to 12 dimensions, not 13"        },
    {21, 0,    LATENT_ERROR_FORMAT,      "dimension 0 of a frame's latents is 0"                     },
    {25, 2,    LATENT_ERROR_FORMAT,      "channels_last of the stream is 2, wanted is 0 or 1"        },
    {26, 0,    LATENT_ERROR_FORMAT,      "2 tiles do not fill rows of 0"                             },
    {26, 3,    LATENT_ERROR_FORMAT,      "2 tiles do not fill rows of 3"                             },
    {27, 6,    LATENT_ERROR_FORMAT,      "20 places do not fill rows of 6"                           },
    {28, 0,    LATENT_ERROR_FORMAT,
     "steps of the stream: 0 channels of step -256, slope 16, from channel 0 of 3"                   },
    {28, 4,    LATENT_ERROR_FORMAT,
     "steps of the stream: 4 channels of step -256, slope 16, from channel 0 of 3"                   },
    {34, 0x21, LATENT_ERROR_FORMAT,
     "steps of the stream: 2 channels of step 8576, slope 16, from channel 1 of 3"                   },
    {31, 15,   LATENT_ERROR_FORMAT,
     "steps of the stream: 1 channels of step -256, slope 15, from channel 0 of 3"                   },
    {31, 17,   LATENT_ERROR_FORMAT,
     "steps of the stream: 1 channels of step -256, slope 17, from channel 0 of 3"                   },
    {36, 0,    LATENT_ERROR_FORMAT,      "width of the stream is 0, wanted is 1 to 1048576"          },
    {37, 0,    LATENT_ERROR_FORMAT,      "height of the stream is 0, wanted is 1 to 1048576"         },
    {39, 0,    LATENT_ERROR_FORMAT,      "fps_d of the stream is 0, wanted is 1 to 2147483647"       },
    {40, 0,    LATENT_ERROR_FORMAT,      "par_n of the stream is 0, wanted is 1 to 2147483647"       },
    {42, 3,    LATENT_ERROR_FORMAT,      "color_range of the stream is 3, wanted is 0 to 2"          },
    {46, 3,    LATENT_ERROR_FORMAT,      "interlace of the stream is 3, wanted is 0 to 2"            },
    {47, 3,    LATENT_ERROR_FORMAT,      "field_order of the stream is 3, wanted is 0 to 2"          },
    {47, 0x80, LATENT_ERROR_FORMAT,      "the sequence header ends too early"                        },
    {5,  0,    LATENT_ERROR_FORMAT,      "latents of a frame have 1 to 12 dimensions, not 33"        },
};

GST_START_TEST (hostile_fields_are_named)
{
  LatentSequence sequence = {0};
  g_autoptr (GError) error = NULL;
  guint8 bytes[N_BASE], header[64];

  memcpy (bytes, base, N_BASE);
  bytes[hostile[__i__].at] = hostile[__i__].value;
  fail_if (latent_sequence_get (&sequence, header, sign (bytes, N_BASE, header), &error));
  fail_unless_equals_int (error->code, hostile[__i__].code);
  fail_unless_equals_string (error->message, hostile[__i__].message);
  fail_unless (sequence.steps == NULL);
}
GST_END_TEST

/* Dimensions instead of those of `base`: what would take much memory is refused before any is. */
static const struct {
  guint8 dims[20];
  guint n;
  const char *message;
} large[] = {
    {{2, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, 12,
     "a dimension of a frame's latents is 2147483647, at most 33554432 can be coded"                                                        },
    {{3, 1, 0x80, 0x80, 0x04, 0x80, 0x80, 0x04},                      8,
     "size of a frame's latents is 4294967296, at most 33554432 can be coded"                                                               },
    {{2, 1, 0x81, 0x40},                                              4,  "channels of a frame's latents is 8193, at most 8192 can be coded"},
};

GST_START_TEST (large_grids_are_refused)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  LatentSequence sequence = {0};
  guint8 header[128];

  g_byte_array_append (bytes, base, 20);
  g_byte_array_append (bytes, large[__i__].dims, large[__i__].n);
  g_byte_array_append (bytes, base + 25, N_BASE - 25);
  fail_if (latent_sequence_get (&sequence, header, sign (bytes->data, bytes->len, header), &error));
  fail_unless_equals_int (error->code, LATENT_ERROR_LIMIT);
  fail_unless_equals_string (error->message, large[__i__].message);
}
GST_END_TEST

GST_START_TEST (damage_is_found)
{
  guint8 header[64];
  g_autoptr (GError) error = NULL;
  LatentStreamInfo info;
  gsize size = sign (base, N_BASE, header);

  for (gsize bit = 0; bit < 8 * size; bit++) {
    header[bit / 8] ^= (guint8)(1 << bit % 8);
    fail_if (latent_stream_info_parse (&info, header, size, NULL), "bit %" G_GSIZE_FORMAT, bit);
    header[bit / 8] ^= (guint8)(1 << bit % 8);
  }
  header[20] ^= 1;
  fail_if (latent_stream_info_parse (&info, header, size, &error));
  fail_unless_equals_string (
      error->message, "the sequence header is damaged: its checksum is not that of its bytes");
}
GST_END_TEST

GST_START_TEST (every_cut_before_a_guard_page_is_refused)
{
  gsize page = (gsize)sysconf (_SC_PAGESIZE);
  guint8 *pages = mmap (NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  LatentStreamInfo info;
  guint8 header[64];

  fail_unless (pages != MAP_FAILED);
  fail_unless (mprotect (pages + page, page, PROT_NONE) == 0);
  for (gsize n = 0; n < N_BASE; n++) {
    gsize size = n < 5 ? n : sign (base, n, header);
    if (n < 5)
      memcpy (header, base, n);
    memcpy (pages + page - size, header, size);
    fail_if (latent_stream_info_parse (&info, pages + page - size, size, NULL));
  }
  munmap (pages, 2 * page);
}
GST_END_TEST

GST_START_TEST (more_steps_than_a_header_holds_are_refused)
{
  LatentShape dims = {
      2, {1, 1500}
  };
  g_auto (LatentSequence) sequence = make_sequence ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) header = NULL;

  g_free (sequence.steps);
  sequence.steps = g_new0 (LatentStep, 1500);
  sequence.info.slices = 1;
  fail_unless (latent_grid_init (&sequence.grid, &dims, FALSE, 1, 1, NULL));
  header = latent_sequence_put (&sequence, NULL);
  fail_unless (header != NULL && g_bytes_get_size (header) < 64);
  for (guint i = 0; i < 1500; i += 2)
    sequence.steps[i].step = 1;
  fail_unless (latent_sequence_put (&sequence, &error) == NULL);
  fail_unless_equals_int (error->code, LATENT_ERROR_LIMIT);
}
GST_END_TEST

GST_START_TEST (settings_out_of_range_are_refused)
{
  g_auto (LatentSequence) sequence = make_sequence ();
  g_autoptr (GError) error = NULL;

  sequence.info.color_range = 7;
  fail_unless (latent_sequence_put (&sequence, &error) == NULL);
  fail_unless_equals_int (error->code, LATENT_ERROR_SETTINGS);
  fail_unless_equals_string (error->message, "color_range of the stream is 7, wanted is 0 to 2");
}
GST_END_TEST

static Suite *
sequence_suite (void)
{
  Suite *suite = suite_create ("sequence");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, bytes_are_as_drawn);
  tcase_add_test (tc, fields_come_back);
  tcase_add_test (tc, places_of_chroma_come_last);
  tcase_add_test (tc, places_of_chroma_come_back);
  tcase_add_loop_test (tc, frames_of_sound_come_last, 0, 6);
  tcase_add_loop_test (tc, hostile_fields_are_named, 0, G_N_ELEMENTS (hostile));
  tcase_add_loop_test (tc, large_grids_are_refused, 0, G_N_ELEMENTS (large));
  tcase_add_test (tc, damage_is_found);
  tcase_add_test (tc, every_cut_before_a_guard_page_is_refused);
  tcase_add_test (tc, more_steps_than_a_header_holds_are_refused);
  tcase_add_test (tc, settings_out_of_range_are_refused);
  return suite;
}

GST_CHECK_MAIN (sequence)
