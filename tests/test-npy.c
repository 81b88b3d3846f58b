/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/npy.h"

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <string.h>

static char *folder;

static void
make_folder (void)
{
  folder = g_dir_make_tmp ("latent-npy-XXXXXX", NULL);
}

static void
remove_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  for (const char *name = g_dir_read_name (dir); name; name = g_dir_read_name (dir)) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_unlink (path);
  }
  g_rmdir (folder);
  g_clear_pointer (&folder, g_free);
}

/* A file of version 1: magic, the text with its length, then data. Returns its path. */
static char *
write_npy (const char *text, gconstpointer data, gsize size)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 prefix[10] = {
      0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, strlen (text) & 255, strlen (text) >> 8};
  g_byte_array_append (bytes, prefix, sizeof prefix);
  g_byte_array_append (bytes, (const guint8 *)text, strlen (text));
  g_byte_array_append (bytes, data, size);
  char *path = g_build_filename (folder, "a.npy", NULL);
  g_assert_true (g_file_set_contents (path, (const char *)bytes->data, bytes->len, NULL));
  return path;
}

GST_START_TEST (reads_what_numpy_writes)
{
  static const float data[6] = {0, 1.5f, -2, 3, 4, 5};
  float read[6];
  g_autofree char *path = write_npy (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }          \n", data, sizeof data);
  g_autoptr (LatentArrayFile) file = latent_array_file_open (path, NULL);
  const LatentArrayHeader *header = latent_array_file_get_header (file);

  fail_unless_equals_int (header->type, 1); /* float32 */
  fail_unless_equals_uint64 (header->shape.n, 2);
  fail_unless_equals_int64 (header->shape.dims[0], 2);
  fail_unless_equals_int64 (header->shape.dims[1], 3);
  fail_unless_equals_uint64 (latent_array_file_get_sample_elements (file), 3);
  fail_unless_equals_int64 (latent_array_file_read (file, read, 10, NULL), 2);
  fail_unless (memcmp (read, data, sizeof data) == 0);
  fail_unless_equals_int64 (latent_array_file_read (file, read, 10, NULL), 0);
}
GST_END_TEST

GST_START_TEST (swaps_what_is_big_endian)
{
  static const guint8 data[4] = {0x01, 0x02, 0xff, 0xfe};
  gint16 read[2];
  g_autofree char *path = write_npy (
      "{'descr': '>i2', 'fortran_order': False, 'shape': (2,)}\n", data, sizeof data);
  g_autoptr (LatentArrayFile) file = latent_array_file_open (path, NULL);

  fail_unless_equals_int64 (latent_array_file_read (file, read, 2, NULL), 2);
  fail_unless_equals_int (read[0], 258);
  fail_unless_equals_int (read[1], -2);
}
GST_END_TEST

static const struct {
  const char *descr;
  LatentDataType type;
} known[] = {
    {"<f4", LATENT_DATA_TYPE_FLOAT32},
    {"|u1", LATENT_DATA_TYPE_UINT8  },
    {"<i2", LATENT_DATA_TYPE_INT16  },
    {"<f8", LATENT_DATA_TYPE_FLOAT64},
    {"<i8", LATENT_DATA_TYPE_INT64  },
    {"<f2", LATENT_DATA_TYPE_FLOAT16},
    {"|b1", LATENT_DATA_TYPE_BOOL   },
};

GST_START_TEST (types_of_numpy)
{
  g_autofree char *text = g_strdup_printf (
      "{\"shape\": (0, 5), \"fortran_order\": False, \"descr\": \"%s\"}", known[__i__].descr);
  LatentArrayHeader header;

  fail_unless (latent_npy_parse_text (text, strlen (text), &header, NULL));
  fail_unless_equals_int (header.type, known[__i__].type);
}
GST_END_TEST

static const struct {
  const char *text;
  const char *said;
} refused[] = {
    {"",                                                                 "not a dictionary"},
    {"{",                                                                "not a dictionary"},
    {"{}",                                                               "not a dictionary"},
    {"{'descr': '<f4', 'fortran_order': False}",                         "not a dictionary"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3",          "not a dictionary"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}",         "not a dictionary"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",         "not a dictionary"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': "
     "(99999999999999999999,)}",                                    "not a dictionary"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': "
     "(1,1,1,1,1,1,1,1,1,1,1,1,1)}",                                "not a dictionary"},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': ()}",            "a scalar"        },
    {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3)}",         "Fortran order"   },
    {"{'descr': '<c8', 'fortran_order': False, 'shape': (2, 3)}",        "type '<c8'"      },
    {"{'descr': '', 'fortran_order': False, 'shape': (2, 3)}",           "type ''"         },
    {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", "not a dictionary"},
};

GST_START_TEST (refuses)
{
  g_autoptr (GError) error = NULL;
  LatentArrayHeader header;

  fail_if (
      latent_npy_parse_text (refused[__i__].text, strlen (refused[__i__].text), &header, &error));
  fail_unless (strstr (error->message, refused[__i__].said) != NULL, "%s", error->message);
}
GST_END_TEST

GST_START_TEST (a_cut_file_names_file_and_sample)
{
  g_autoptr (GError) error = NULL;
  guint8 room[100];
  g_autofree char *path = write_npy (
      "{'descr': '|u1', 'fortran_order': False, 'shape': (9, 4)}", "12345678ab", 10);
  g_autoptr (LatentArrayFile) file = latent_array_file_open (path, NULL);

  fail_unless_equals_int64 (latent_array_file_read (file, room, 2, &error), 2);
  fail_unless_equals_int64 (latent_array_file_read (file, room, 2, &error), -1);
  fail_unless (g_str_has_prefix (error->message, path));
  fail_unless (strstr (error->message, "sample 2 of 9: the file is cut off") != NULL);
}
GST_END_TEST

GST_START_TEST (every_cut_of_the_header_is_an_error)
{
  g_autofree char *data = NULL;
  gsize size;
  g_autofree char *path = write_npy (
      "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1)}", "1", 1);

  g_file_get_contents (path, &data, &size, NULL);
  for (gsize cut = 0; cut < size - 1; cut++) {
    g_autoptr (GError) error = NULL;
    g_file_set_contents (path, data, cut, NULL);
    fail_unless (latent_array_file_open (path, &error) == NULL);
    fail_unless (g_str_has_prefix (error->message, path));
  }
}
GST_END_TEST

GST_START_TEST (samples_larger_than_the_limit_are_refused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = write_npy (
      "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1000000, 1000000)}", "1", 1);

  fail_unless (latent_array_file_open (path, &error) == NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_LIMIT));
}
GST_END_TEST

GST_START_TEST (a_missing_file_is_not_found)
{
  g_autoptr (GError) error = NULL;

  fail_unless (latent_array_file_open ("/nowhere.npy", &error) == NULL);
  fail_unless (g_error_matches (error, LATENT_ERROR, LATENT_ERROR_NOT_FOUND));
  fail_if (latent_array_file_probe ("/nowhere.npy"));
}
GST_END_TEST

GST_START_TEST (written_files_are_read_again)
{
  static const float samples[2][3] = {
      {1, 2, 3},
      {4, 5, 6}
  };
  LatentShape shape = {
      2, {3, 1}
  };
  float read[6];
  guint64 size;
  g_autofree char *path = g_build_filename (folder, "out.npy", NULL);
  g_autoptr (LatentNpyWriter) writer = latent_npy_writer_new (path, &shape, NULL);

  fail_unless (latent_npy_writer_put (writer, samples[0], NULL));
  fail_unless (latent_npy_writer_put (writer, samples[1], NULL));
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
  fail_unless (latent_npy_writer_finish (writer, &size, NULL));
  fail_unless_equals_uint64 (size, 256 + 24);

  g_autoptr (LatentArrayFile) file = latent_array_file_open (path, NULL);
  const LatentArrayHeader *header = latent_array_file_get_header (file);
  fail_unless_equals_uint64 (header->shape.n, 3);
  fail_unless_equals_int64 (header->shape.dims[0], 2);
  fail_unless_equals_int64 (latent_array_file_read (file, read, 2, NULL), 2);
  fail_unless (memcmp (read, samples, sizeof samples) == 0);
}
GST_END_TEST

GST_START_TEST (an_unfinished_file_leaves_nothing)
{
  LatentShape shape = {1, {3}};
  g_autofree char *path = g_build_filename (folder, "out.npy", NULL);

  latent_npy_writer_free (latent_npy_writer_new (path, &shape, NULL));
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  fail_unless (g_dir_read_name (dir) == NULL);
}
GST_END_TEST

static Suite *
npy_suite (void)
{
  Suite *suite = suite_create ("npy");
  TCase *tc = tcase_create ("npy");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, make_folder, remove_folder);
  tcase_add_test (tc, reads_what_numpy_writes);
  tcase_add_test (tc, swaps_what_is_big_endian);
  tcase_add_loop_test (tc, types_of_numpy, 0, G_N_ELEMENTS (known));
  tcase_add_loop_test (tc, refuses, 0, G_N_ELEMENTS (refused));
  tcase_add_test (tc, a_cut_file_names_file_and_sample);
  tcase_add_test (tc, every_cut_of_the_header_is_an_error);
  tcase_add_test (tc, samples_larger_than_the_limit_are_refused);
  tcase_add_test (tc, a_missing_file_is_not_found);
  tcase_add_test (tc, written_files_are_read_again);
  tcase_add_test (tc, an_unfinished_file_leaves_nothing);
  return suite;
}

GST_CHECK_MAIN (npy);
