/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/file-index.h"

#include <gst/check/gstcheck.h>

static void
add (LatentFileIndex *index, guint64 offset, guint64 time, guint stream)
{
  const LatentFileEntry entry = {offset, time, stream};

  latent_file_index_add (index, &entry);
}

static void
fill (LatentFileIndex *index)
{
  const guint64 late = 999;

  latent_file_index_init (index);
  index->duration = 50;
  g_array_append_val (index->late, late);
  add (index, 100, 0, 0);
  add (index, 100, 3, 1);
  add (index, 700, 20, 0);
  add (index, 70000, 19, 1); /* the time goes back */
  add (index, 70001, 40, 0);
}

GST_START_TEST (it_is_read_as_it_was_written)
{
  static const guint8 wanted[] = {
      50, 1, 0xe7, 7, 100, 0, 0, 0, 1, 6, 0xd8, 4, 0, 34, 0xb4, 0x9d, 4, 1, 1, 1, 0, 42};
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  LatentFileIndex index, read = {0};

  fill (&index);
  latent_file_index_put (&index, bytes);
  ck_assert_uint_eq (bytes->len, sizeof wanted);
  for (guint i = 0; i < bytes->len; i++)
    ck_assert_msg (bytes->data[i] == wanted[i], "byte %u is %u", i, bytes->data[i]);
  ck_assert (latent_file_index_get (&read, 2, 80000, bytes->data, bytes->len));
  ck_assert_uint_eq (read.duration, 50);
  ck_assert_uint_eq (g_array_index (read.late, guint64, 0), 999);
  ck_assert_uint_eq (read.entries->len, 5);
  for (guint i = 0; i < 5; i++) {
    const LatentFileEntry *a = &g_array_index (index.entries, LatentFileEntry, i);
    const LatentFileEntry *b = &g_array_index (read.entries, LatentFileEntry, i);
    ck_assert_uint_eq (a->offset, b->offset);
    ck_assert_uint_eq (a->time, b->time);
    ck_assert_uint_eq (a->stream, b->stream);
  }
  latent_file_index_clear (&index);
  latent_file_index_clear (&read);
}
GST_END_TEST;

/* As many streams as there are, and offsets before the index's own. */
static const struct {
  guint n_streams;
  guint64 offset;
  gsize left_out; /* bytes at the end */
} refusals[] = {
    {1, 80000, 0},
    {2, 70001, 0},
    {2, 900,   0},
    {2, 80000, 1},
};

GST_START_TEST (what_is_no_index_is_refused)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  LatentFileIndex index, read = {0};

  fill (&index);
  latent_file_index_put (&index, bytes);
  ck_assert (!latent_file_index_get (&read, refusals[__i__].n_streams, refusals[__i__].offset,
      bytes->data, bytes->len - refusals[__i__].left_out));
  ck_assert_uint_eq (read.entries->len, 0);
  latent_file_index_clear (&index);
  latent_file_index_clear (&read);
}
GST_END_TEST;

static const struct {
  guint stream;
  guint64 time;
  LatentFileSnap snap;
  guint64 offset; /* 0: none */
} finds[] = {
    {0, 0,  LATENT_FILE_SNAP_BEFORE,  100  },
    {0, 19, LATENT_FILE_SNAP_BEFORE,  100  },
    {0, 20, LATENT_FILE_SNAP_BEFORE,  700  },
    {0, 21, LATENT_FILE_SNAP_AFTER,   70001},
    {0, 99, LATENT_FILE_SNAP_AFTER,   70001},
    {0, 30, LATENT_FILE_SNAP_NEAREST, 700  },
    {0, 31, LATENT_FILE_SNAP_NEAREST, 70001},
    {1, 0,  LATENT_FILE_SNAP_BEFORE,  100  },
    {1, 50, LATENT_FILE_SNAP_BEFORE,  70000},
    {2, 0,  LATENT_FILE_SNAP_BEFORE,  0    },
};

GST_START_TEST (key_packets_are_found)
{
  const LatentFileEntry *found;
  LatentFileIndex index;

  fill (&index);
  found = latent_file_index_find (
      &index, finds[__i__].stream, finds[__i__].time, finds[__i__].snap);
  ck_assert_uint_eq (found ? found->offset : 0, finds[__i__].offset);
  latent_file_index_clear (&index);
}
GST_END_TEST;

GST_START_TEST (a_long_one_is_spread)
{
  LatentFileIndex index;
  const LatentFileEntry *entry;

  latent_file_index_init (&index);
  for (guint i = 0; i < (1 << 18) + 1; i++)
    add (&index, i, i / 2, i % 2);
  ck_assert_uint_eq (index.entries->len, (1 << 17) + 1);
  entry = &g_array_index (index.entries, LatentFileEntry, 3);
  ck_assert_uint_eq (entry->offset, 5);
  ck_assert_uint_eq (entry->stream, 1);
  latent_file_index_clear (&index);
}
GST_END_TEST;

static Suite *
file_index_suite (void)
{
  Suite *suite = suite_create ("file-index");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, it_is_read_as_it_was_written);
  tcase_add_loop_test (tcase, what_is_no_index_is_refused, 0, G_N_ELEMENTS (refusals));
  tcase_add_loop_test (tcase, key_packets_are_found, 0, G_N_ELEMENTS (finds));
  tcase_add_test (tcase, a_long_one_is_spread);
  return suite;
}

GST_CHECK_MAIN (file_index);
