/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/onnx/onnx.h"

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <unistd.h>

#include "wire.h"

/* A folder DIR/models with the weights of one tensor, float32 of 4, behind 8 bytes of something
 * else; and DIR/secret outside. */
static char *
make_folder (void)
{
  g_autofree char *dir = g_dir_make_tmp ("latent-external-XXXXXX", NULL);
  g_autofree char *secret = g_build_filename (dir, "secret", NULL);
  g_autofree char *models = g_build_filename (dir, "models", NULL);
  g_autofree char *weights = g_build_filename (models, "weights.bin", NULL);
  g_autofree char *link = g_build_filename (models, "link.bin", NULL);
  g_autofree char *inner = g_build_filename (models, "inner.bin", NULL);
  const float values[] = {0, 0, 1, 2, 3, 4};

  g_mkdir (models, 0755);
  g_file_set_contents (secret, (const char *)values, sizeof values, NULL);
  g_file_set_contents (weights, (const char *)values, sizeof values, NULL);
  fail_unless (symlink ("../secret", link) == 0);
  fail_unless (symlink ("weights.bin", inner) == 0);
  return g_steal_pointer (&dir);
}

static void
remove_folder (const char *dir)
{
  static const char *const names[] = {
      "secret", "models/weights.bin", "models/link.bin", "models/inner.bin", "models"};

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (dir, names[i], NULL);
    g_remove (path);
  }
  g_rmdir (dir);
}

static void
add_entry (GByteArray *tensor, const char *key, const char *value)
{
  GByteArray *entry = g_byte_array_new ();

  if (value == NULL)
    return;
  wire_text (entry, 1, key);
  wire_text (entry, 2, value);
  wire_message (tensor, 13, entry);
}

static void
add_tensor (GByteArray *graph, const char *name, const char *location, const char *offset,
    const char *length)
{
  GByteArray *tensor = wire_tensor (name, 1, 1, (gint64[]){4});

  wire_int (tensor, 14, 1);
  add_entry (tensor, "location", location);
  add_entry (tensor, "offset", offset);
  add_entry (tensor, "length", length);
  wire_message (graph, 5, tensor);
}

static LatentGraph *
parse_in (const char *dir, GByteArray *graph, GChecksum *checksum, GError **error)
{
  g_autofree char *path = g_build_filename (dir, "models", "m.onnx", NULL);
  g_autoptr (GByteArray) model = NULL;

  wire_message (graph, 1, wire_node ("Add", "x", "w", "y"));
  model = wire_model (graph);
  return latent_onnx_parse (model->data, model->len, path, NULL, checksum, error);
}

static const struct {
  const char *location, *offset, *length;
  const char *message; /* what the error ends with; NULL: none */
} cases[] = {
    {"weights.bin",           "8",                   "16", NULL                                                     },
    {"weights.bin",           "8",                   NULL, NULL                                                     },
    {"./weights.bin",         "8",                   "16", NULL                                                     },
    {"inner.bin",             "8",                   "16", NULL                                                     }, /* a link inside the folder */
    {"weights.bin",           "12",                  "16",
     "external data 'weights.bin': 16 bytes at 12 are wanted, the file has 24"                                      },
    {"weights.bin",           "9223372036854775807", "16",
     "external data 'weights.bin': 16 bytes at 9223372036854775807 are wanted, the file has 24"                     },
    {"weights.bin",           "-8",                  "16", "external data: '-8' is no value for 'offset'"           },
    {"weights.bin",           "8",                   "12",
     "external data 'weights.bin': the tensor takes 16 bytes, 'length' says 12"                                     },
    {"absent.bin",            "0",                   "16", "external data 'absent.bin': No such file or directory"  },
    {"../secret",             "8",                   "16", "external data '../secret' leaves the model's folder"    },
    {"link.bin",              "8",                   "16", "external data 'link.bin' leaves the model's folder"     },
    {"/etc/hostname",         "0",                   "16", "external data '/etc/hostname' leaves the model's folder"},
    {"../models/weights.bin", "8",                   "16",
     "external data '../models/weights.bin' leaves the model's folder"                                              },
    {".",                     "0",                   "16", "external data '.' leaves the model's folder"            },
    {NULL,                    "0",                   "16", "external data: there is no 'location'"                  },
};

GST_START_TEST (locations_stay_in_the_folder)
{
  g_autofree char *dir = make_folder ();
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentGraph) parsed = NULL;
  GByteArray *graph = wire_graph ();

  add_tensor (graph, "w", cases[__i__].location, cases[__i__].offset, cases[__i__].length);
  parsed = parse_in (dir, graph, NULL, &error);
  fail_unless_equals_int (parsed != NULL, cases[__i__].message == NULL);
  if (parsed != NULL) {
    fail_unless_equals_float (
        latent_tensor_get_double (latent_graph_find_value (parsed, "w")->data, 3), 4);
  } else {
    fail_unless (g_str_has_suffix (error->message, cases[__i__].message), "%s", error->message);
  }
  remove_folder (dir);
}
GST_END_TEST

GST_START_TEST (tensors_that_name_one_range_share_it)
{
  g_autofree char *dir = make_folder ();
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentGraph) parsed = NULL;
  GByteArray *graph = wire_graph ();

  add_tensor (graph, "w", "weights.bin", "8", "16");
  add_tensor (graph, "v", "weights.bin", "8", "16");
  parsed = parse_in (dir, graph, NULL, &error);
  g_assert_no_error (error);
  fail_unless (latent_graph_find_value (parsed, "w")->data->data ==
               latent_graph_find_value (parsed, "v")->data->data);
  remove_folder (dir);
}
GST_END_TEST

GST_START_TEST (ranges_that_are_more_than_the_file_are_refused)
{
  g_autofree char *dir = make_folder ();
  g_autoptr (GError) error = NULL;
  GByteArray *graph = wire_graph ();

  add_tensor (graph, "w", "weights.bin", "8", "16");
  add_tensor (graph, "v", "weights.bin", "4", "16");
  fail_unless (parse_in (dir, graph, NULL, &error) == NULL);
  fail_unless (g_str_has_suffix (error->message, "external data 'weights.bin': tensors overlap"));
  remove_folder (dir);
}
GST_END_TEST

GST_START_TEST (checksum_covers_what_is_read)
{
  g_autofree char *dir = make_folder ();
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GChecksum) wanted = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (LatentGraph) parsed = NULL;
  const float values[] = {1, 2, 3, 4};
  GByteArray *graph = wire_graph ();

  add_tensor (graph, "w", "weights.bin", "8", "16");
  parsed = parse_in (dir, graph, checksum, NULL);
  g_checksum_update (wanted, (const guint8 *)values, sizeof values);
  fail_unless_equals_string (g_checksum_get_string (checksum), g_checksum_get_string (wanted));
  remove_folder (dir);
}
GST_END_TEST

static Suite *
onnx_external_suite (void)
{
  Suite *suite = suite_create ("onnx-external");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, locations_stay_in_the_folder, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tc, tensors_that_name_one_range_share_it);
  tcase_add_test (tc, ranges_that_are_more_than_the_file_are_refused);
  tcase_add_test (tc, checksum_covers_what_is_read);
  return suite;
}

GST_CHECK_MAIN (onnx_external)
