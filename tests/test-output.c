/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <latent/error.h>
#include <string.h>

#include "src/base/output.h"

static char *folder, *path;

static void
open_folder (void)
{
  folder = g_dir_make_tmp ("latent-XXXXXX", NULL);
  path = g_build_filename (folder, "file", NULL);
}

static void
close_folder (void)
{
  g_unlink (path);
  g_rmdir (folder);
  g_clear_pointer (&path, g_free);
  g_clear_pointer (&folder, g_free);
}

static guint
count_files (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;
  while (g_dir_read_name (dir))
    n++;
  return n;
}

static void
check_text (const char *wanted)
{
  g_autofree char *text = NULL;
  fail_unless (g_file_get_contents (path, &text, NULL, NULL));
  fail_unless_equals_string (text, wanted);
}

GST_START_TEST (what_was_there_stays_until_it_is_finished)
{
  g_autoptr (GError) error = NULL;
  fail_unless (latent_output_put (path, "old", 3, &error));
  g_autoptr (LatentOutput) output = latent_output_new (path, &error);
  fail_unless (output && latent_output_write (output, "one", 3, &error));
  fail_unless (latent_output_rewind (output, &error));
  fail_unless (latent_output_write (output, "two", 3, &error));
  check_text ("old");
  fail_unless (strcmp (latent_output_get_name (output), path) != 0);
  fail_unless_equals_int (count_files (), 2);
  fail_unless (latent_output_finish (output, &error));
  check_text ("two");
  fail_unless_equals_int (count_files (), 1);
}
GST_END_TEST

GST_START_TEST (nothing_is_left_of_what_is_not_finished)
{
  g_autoptr (GError) error = NULL;
  LatentOutput *output = latent_output_new (path, &error);
  fail_unless (output && latent_output_write (output, "one", 3, &error));
  latent_output_free (output);
  fail_unless_equals_int (count_files (), 0);
  fail_unless (latent_output_check (path, &error));
  fail_unless_equals_int (count_files (), 0);
}
GST_END_TEST

/* A link stands for a device, so that no failure of this test can take the device's place. */
GST_START_TEST (a_device_stays_one)
{
  g_autoptr (GError) error = NULL;
  fail_unless (symlink ("/dev/null", path) == 0);
  fail_unless (latent_output_check (path, &error));
  fail_unless (latent_output_put (path, "one", 3, &error), "%s", error ? error->message : "");
  fail_unless (g_file_test (path, G_FILE_TEST_IS_SYMLINK));
  fail_unless (!g_file_test (path, G_FILE_TEST_IS_REGULAR));
  fail_unless_equals_int (count_files (), 1);
}
GST_END_TEST

GST_START_TEST (a_full_device_is_an_error)
{
  g_autoptr (GError) error = NULL;
  fail_unless (symlink ("/dev/full", path) == 0);
  fail_unless (!latent_output_put (path, "one", 3, &error));
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_WRITE));
  fail_unless (strstr (error->message, "/file: No space left") != NULL, "%s", error->message);
  fail_unless (g_file_test (path, G_FILE_TEST_IS_SYMLINK));
}
GST_END_TEST

GST_START_TEST (folders_are_no_files)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *below = g_build_filename (folder, "none", "file", NULL);
  fail_unless (!latent_output_check (folder, &error));
  fail_unless (strstr (error->message, ": Is a directory") != NULL, "%s", error->message);
  g_clear_error (&error);
  fail_unless (!latent_output_put (folder, "one", 3, &error));
  fail_unless (strstr (error->message, ": Is a directory") != NULL, "%s", error->message);
  g_clear_error (&error);
  fail_unless (!latent_output_check (below, &error));
  fail_unless (strstr (error->message, "/none/file: No such file") != NULL, "%s", error->message);
  fail_unless_equals_int (count_files (), 0);
}
GST_END_TEST

static Suite *
output_suite (void)
{
  Suite *suite = suite_create ("output");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, open_folder, close_folder);
  tcase_add_test (tc, what_was_there_stays_until_it_is_finished);
  tcase_add_test (tc, nothing_is_left_of_what_is_not_finished);
  tcase_add_test (tc, a_device_stays_one);
  tcase_add_test (tc, a_full_device_is_an_error);
  tcase_add_test (tc, folders_are_no_files);
  return suite;
}

GST_CHECK_MAIN (output);
