/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "tests/file-case.h"

/* The .lat files below tests/golden, which tests/make-files.c made. */

static GByteArray *
load (const char *name)
{
  g_autofree char *path = g_build_filename (
      g_getenv ("LATENT_SRCDIR"), "tests", "golden", name, NULL);
  char *data;
  gsize size;

  ck_assert_msg (g_file_get_contents (path, &data, &size, NULL), "no %s", path);
  return g_byte_array_new_take ((guint8 *)data, size);
}

GST_START_TEST (a_file_is_written_as_ever)
{
  g_autoptr (GByteArray) golden = load ("two-streams.lat");
  g_autoptr (GByteArray) file = file_case_write (7, FILE_CASE_FRAMES, TRUE);

  ck_assert_uint_eq (golden->len, file->len);
  ck_assert_int_eq (memcmp (golden->data, file->data, file->len), 0);
}
GST_END_TEST;

static const struct {
  const char *name;
  const char *error; /* NULL: it plays */
  guint packets;
  guint damages;
  gboolean is_whole;
} files[] = {
    {"two-streams.lat",          NULL,         40, 0, TRUE },
    {"bad/flipped.lat",          NULL,         34, 1, TRUE },
    {"bad/two-files.lat",        NULL,         40, 1, TRUE },
    {"bad/cut.lat",              NULL,         29, 1, FALSE},
    {"bad/spliced.lat",          NULL,         30, 1, FALSE},
    {"bad/hole.lat",             NULL,         14, 1, FALSE},
    {"bad/version-2.lat",        "version 2;", 0,  0, FALSE},
    {"bad/version-2-header.lat", "version 2;", 0,  0, FALSE},
};

static void
check_file (guint row, FileCaseFeed feed)
{
  g_autoptr (GByteArray) file = load (files[row].name);
  g_auto (FileCaseRun) run;

  file_case_run_init (&run, feed, file->data, file->len);
  file_case_run (&run);
  ck_assert_msg (!run.error == !files[row].error, "%s: %s", files[row].name,
      run.error ? run.error->message : "no error");
  if (run.error)
    ck_assert (strstr (run.error->message, files[row].error) != NULL);
  ck_assert_uint_eq (run.packets->len, files[row].packets);
  ck_assert_uint_eq (run.n_damages, files[row].damages);
  ck_assert_int_eq (run.is_whole, files[row].is_whole);
}

GST_START_TEST (files_play_as_far_as_they_are_sound)
{
  check_file ((guint)__i__, FILE_CASE_WHOLE);
  check_file ((guint)__i__, FILE_CASE_SEEKED);
}
GST_END_TEST;

static Suite *
file_golden_suite (void)
{
  Suite *suite = suite_create ("file-golden");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, a_file_is_written_as_ever);
  tcase_add_loop_test (tcase, files_play_as_far_as_they_are_sound, 0, G_N_ELEMENTS (files));
  return suite;
}

GST_CHECK_MAIN (file_golden);
