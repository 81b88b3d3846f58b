/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/idx.h"

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <string.h>
#include <zlib.h>

/* Three pictures of 2x2. */
static const guint8 pictures[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2, /* header */
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static char *path;

static void
make_path (void)
{
  int fd = g_file_open_tmp ("latent-idx-XXXXXX", &path, NULL);
  g_close (fd, NULL);
}

static void
remove_path (void)
{
  g_unlink (path);
  g_clear_pointer (&path, g_free);
}

static void
write_packed (gconstpointer data, gsize size)
{
  gzFile file = gzopen (path, "wb");
  gzwrite (file, data, (unsigned)size);
  gzclose (file);
}

static void
check_pictures (void)
{
  guint8 read[12];
  g_autoptr (LatentArrayFile) file = latent_array_file_open (path, NULL);
  const LatentArrayHeader *header = latent_array_file_get_header (file);

  fail_unless_equals_int (header->type, LATENT_DATA_TYPE_UINT8);
  fail_unless_equals_uint64 (header->shape.n, 3);
  fail_unless_equals_int64 (header->shape.dims[0], 3);
  fail_unless_equals_uint64 (latent_array_file_get_sample_size (file), 4);
  fail_unless_equals_int64 (latent_array_file_read (file, read, 2, NULL), 2);
  fail_unless_equals_int64 (latent_array_file_read (file, read + 8, 2, NULL), 1);
  fail_unless (memcmp (read, pictures + 16, 12) == 0);
}

GST_START_TEST (reads_pictures)
{
  g_file_set_contents (path, (const char *)pictures, sizeof pictures, NULL);
  fail_unless (latent_array_file_probe (path));
  check_pictures ();
}
GST_END_TEST

GST_START_TEST (reads_packed_pictures)
{
  write_packed (pictures, sizeof pictures);
  fail_unless (latent_array_file_probe (path));
  check_pictures ();
}
GST_END_TEST

GST_START_TEST (swaps_integers)
{
  static const guint8 data[] = {0, 0, 0x0c, 1, 0, 0, 0, 1, 0, 1, 0, 2};
  gint32 read;
  g_file_set_contents (path, (const char *)data, sizeof data, NULL);
  g_autoptr (LatentArrayFile) file = latent_array_file_open (path, NULL);

  fail_unless_equals_int64 (latent_array_file_read (file, &read, 1, NULL), 1);
  fail_unless_equals_int (read, 65538);
}
GST_END_TEST

GST_START_TEST (every_cut_is_an_error)
{
  guint8 room[12];
  for (gsize cut = 0; cut < sizeof pictures; cut++) {
    g_autoptr (GError) error = NULL;
    g_file_set_contents (path, (const char *)pictures, (gssize)cut, NULL);
    g_autoptr (LatentArrayFile) file = latent_array_file_open (path, &error);
    if (file)
      fail_unless_equals_int64 (latent_array_file_read (file, room, 3, &error), -1);
    fail_unless (g_str_has_prefix (error->message, path));
  }
}
GST_END_TEST

GST_START_TEST (a_damaged_archive_is_an_error)
{
  guint8 room[12];
  g_autofree char *data = NULL;
  gsize size;
  g_autoptr (GError) error = NULL;
  write_packed (pictures, sizeof pictures);
  g_file_get_contents (path, &data, &size, NULL);
  data[size - 8] ^= 1; /* of the checksum */
  g_file_set_contents (path, data, (gssize)size, NULL);
  g_autoptr (LatentArrayFile) file = latent_array_file_open (path, &error);

  if (file) /* the sum comes after the last byte, and may be read with it or not */
    latent_array_file_read (file, room, 3, &error);
  fail_unless (!error || g_error_matches (error, LATENT_ERROR, LATENT_ERROR_READ));
}
GST_END_TEST

GST_START_TEST (samples_without_elements_are_refused)
{
  static const guint8 data[] = {0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 0};
  g_autoptr (GError) error = NULL;
  g_file_set_contents (path, (const char *)data, sizeof data, NULL);

  fail_unless (latent_array_file_open (path, &error) == NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SHAPE));
}
GST_END_TEST

static const guint8 strangers[][4] = {
    {1, 0, 8, 3 },
    {0, 1, 8, 3 },
    {0, 0, 7, 3 },
    {0, 0, 8, 0 },
    {0, 0, 8, 13},
};

GST_START_TEST (what_is_no_idx_does_not_match)
{
  fail_if (latent_idx_matches (strangers[__i__], 4));
}
GST_END_TEST

static Suite *
idx_suite (void)
{
  Suite *suite = suite_create ("idx");
  TCase *tc = tcase_create ("idx");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, make_path, remove_path);
  tcase_add_test (tc, reads_pictures);
  tcase_add_test (tc, reads_packed_pictures);
  tcase_add_test (tc, swaps_integers);
  tcase_add_test (tc, every_cut_is_an_error);
  tcase_add_test (tc, a_damaged_archive_is_an_error);
  tcase_add_test (tc, samples_without_elements_are_refused);
  tcase_add_loop_test (tc, what_is_no_idx_does_not_match, 0, G_N_ELEMENTS (strangers));
  return suite;
}

GST_CHECK_MAIN (idx);
