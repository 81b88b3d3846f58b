/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/checkpoint.h"

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <latent/error.h>
#include <string.h>
#include <sys/stat.h>

#define TEXT "[checkpoint]\nstep=3\n"

static float front[3] = {1, 2, 3};
static float back[2] = {4, 5};
static const LatentCheckpointArray arrays[] = {
    {front, 3},
    {NULL,  0},
    {back,  2}
};

static char *folder;
static char *path;

static void
set_up (void)
{
  folder = g_dir_make_tmp ("latent-XXXXXX", NULL);
  path = g_build_filename (folder, "training.ckpt", NULL);
}

static void
tear_down (void)
{
  g_autofree char *beside = g_strconcat (path, ".new", NULL);

  g_unlink (path);
  g_unlink (beside);
  g_rmdir (folder);
  g_free (folder);
  g_free (path);
}

static void
write_ours (void)
{
  g_autoptr (GError) error = NULL;

  fail_unless (latent_checkpoint_write (path, TEXT, arrays, G_N_ELEMENTS (arrays), &error), "%s",
      error != NULL ? error->message : "");
}

GST_START_TEST (what_was_written_is_read)
{
  float one[3] = {0}, two[2] = {0};
  LatentCheckpointArray room[] = {
      {one,  3},
      {NULL, 0},
      {two,  2}
  };
  g_autoptr (LatentCheckpoint) checkpoint = NULL;

  write_ours ();
  checkpoint = latent_checkpoint_open (path, NULL);
  fail_unless (checkpoint != NULL);
  fail_unless_equals_string (latent_checkpoint_get_text (checkpoint), TEXT);
  fail_unless (latent_checkpoint_read (checkpoint, room, 3, NULL));
  fail_unless (memcmp (one, front, sizeof one) == 0);
  fail_unless (memcmp (two, back, sizeof two) == 0);
}
GST_END_TEST

/* Header, text, three counts, five floats, digest. */
GST_START_TEST (the_file_is_as_drawn)
{
  g_autofree char *data = NULL;
  g_autofree char *digest = NULL;
  g_autoptr (GString) hex = g_string_new (NULL);
  const guint8 head[] = {'l', 'a', 't', 'c', 'k', 'p', 't', 0};
  gsize size;

  write_ours ();
  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  fail_unless_equals_int (size, 24 + 20 + 24 + 20 + 32);
  fail_unless (memcmp (data, head, 8) == 0);
  fail_unless_equals_int (((guint32 *)data)[2], 1);
  fail_unless_equals_int (((guint32 *)data)[3], 20);
  fail_unless_equals_int (((guint32 *)data)[4], 3);
  fail_unless (memcmp (data + 24 + 20 + 24, front, sizeof front) == 0);
  digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *)data, size - 32);
  for (gsize i = size - 32; i < size; i++)
    g_string_append_printf (hex, "%02x", (guint8)data[i]);
  fail_unless_equals_string (hex->str, digest);
}
GST_END_TEST

/* Without waiting for the disk, as g_file_set_contents() does. */
static void
put_contents (const char *data, gsize size)
{
  FILE *file = g_fopen (path, "wb");

  fail_unless (file != NULL);
  fail_unless_equals_int (fwrite (data, 1, size, file), size);
  fclose (file);
}

/* Reads the file with what a test did to it. */
static void
fail_to_open (gint code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentCheckpoint) checkpoint = latent_checkpoint_open (path, &error);

  fail_unless (checkpoint == NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, code), "%s", error->message);
  fail_unless (strstr (error->message, path) != NULL, "%s", error->message);
}

GST_START_TEST (a_missing_file_is_not_found)
{
  fail_to_open (LATENT_ERROR_NOT_FOUND);
}
GST_END_TEST

GST_START_TEST (a_fifo_is_refused)
{
  fail_unless (mkfifo (path, 0600) == 0);
  fail_to_open (LATENT_ERROR_READ);
}
GST_END_TEST

GST_START_TEST (each_flipped_bit_is_found)
{
  g_autofree char *data = NULL;
  gsize size;

  write_ours ();
  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  for (gsize i = 0; i < size; i++) {
    g_autoptr (GError) error = NULL;
    data[i] ^= 4;
    put_contents (data, size);
    fail_unless (latent_checkpoint_open (path, &error) == NULL, "byte %zu", i);
    data[i] ^= 4;
  }
}
GST_END_TEST

GST_START_TEST (each_cut_is_found)
{
  g_autofree char *data = NULL;
  gsize size;

  write_ours ();
  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  for (gsize n = 0; n < size; n++) {
    put_contents (data, n);
    fail_to_open (LATENT_ERROR_FORMAT);
  }
}
GST_END_TEST

/* Numbers of the header or of a count that a stranger chose, under a digest that is right. */
static const struct {
  gsize offset;
  guint64 value;
  gsize size;
  gint code;
} forged[] = {
    {8,           2,                                       4, LATENT_ERROR_UNSUPPORTED},
    {8,           0x01000000,                              4, LATENT_ERROR_UNSUPPORTED},
    {12,          0xffffffff,                              4, LATENT_ERROR_LIMIT      },
    {12,          1000,                                    4, LATENT_ERROR_FORMAT     },
    {16,          0xffffffff,                              4, LATENT_ERROR_LIMIT      },
    {16,          100000,                                  4, LATENT_ERROR_FORMAT     },
    {24 + 20,     4,                                       8, LATENT_ERROR_FORMAT     },
    {24 + 20,     2,                                       8, LATENT_ERROR_FORMAT     },
    {24 + 20,     G_MAXUINT64,                             8, LATENT_ERROR_FORMAT     },
    {24 + 20 + 8, G_GUINT64_CONSTANT (0x4000000000000000), 8, LATENT_ERROR_FORMAT     },
};

GST_START_TEST (forged_sizes_are_refused)
{
  g_autofree char *data = NULL;
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize size, digest_size = 32;

  write_ours ();
  fail_unless (g_file_get_contents (path, &data, &size, NULL));
  memcpy (data + forged[__i__].offset, &forged[__i__].value, forged[__i__].size);
  g_checksum_update (sum, (guchar *)data, (gssize)size - 32);
  g_checksum_get_digest (sum, (guint8 *)data + size - 32, &digest_size);
  put_contents (data, size);
  fail_to_open (forged[__i__].code);
}
GST_END_TEST

GST_START_TEST (other_arrays_are_refused_and_left_alone)
{
  float one[3] = {7, 7, 7}, two[3] = {7, 7, 7};
  LatentCheckpointArray longer[] = {
      {one,  3},
      {NULL, 0},
      {two,  3}
  };
  g_autoptr (LatentCheckpoint) checkpoint = NULL;
  g_autoptr (GError) error = NULL;

  write_ours ();
  checkpoint = latent_checkpoint_open (path, NULL);
  fail_if (latent_checkpoint_read (checkpoint, longer, 3, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_SHAPE));
  fail_if (latent_checkpoint_read (checkpoint, longer, 2, NULL));
  fail_unless (one[0] == 7 && two[0] == 7);
}
GST_END_TEST

GST_START_TEST (a_file_that_cannot_be_written_keeps_the_old_one)
{
  g_autofree char *beside = g_strconcat (path, ".new", NULL);
  g_autoptr (LatentCheckpoint) checkpoint = NULL;
  g_autoptr (GError) error = NULL;

  write_ours ();
  fail_unless (g_mkdir (beside, 0700) == 0); /* stands where the new one is written */
  fail_if (latent_checkpoint_write (path, "other", arrays, 3, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_WRITE));
  g_rmdir (beside);
  checkpoint = latent_checkpoint_open (path, NULL);
  fail_unless_equals_string (latent_checkpoint_get_text (checkpoint), TEXT);
}
GST_END_TEST

GST_START_TEST (a_full_disk_is_an_error)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *beside = g_strconcat (path, ".new", NULL);

  fail_unless (symlink ("/dev/full", beside) == 0);
  fail_if (latent_checkpoint_write (path, TEXT, arrays, 3, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_WRITE));
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
}
GST_END_TEST

static Suite *
checkpoint_suite (void)
{
  Suite *suite = suite_create ("checkpoint");
  TCase *tcase = tcase_create ("checkpoint");

  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, set_up, tear_down);
  tcase_add_test (tcase, what_was_written_is_read);
  tcase_add_test (tcase, the_file_is_as_drawn);
  tcase_add_test (tcase, a_missing_file_is_not_found);
  tcase_add_test (tcase, a_fifo_is_refused);
  tcase_add_test (tcase, each_flipped_bit_is_found);
  tcase_add_test (tcase, each_cut_is_found);
  tcase_add_loop_test (tcase, forged_sizes_are_refused, 0, G_N_ELEMENTS (forged));
  tcase_add_test (tcase, other_arrays_are_refused_and_left_alone);
  tcase_add_test (tcase, a_file_that_cannot_be_written_keeps_the_old_one);
  tcase_add_test (tcase, a_full_disk_is_an_error);
  return suite;
}

GST_CHECK_MAIN (checkpoint)
