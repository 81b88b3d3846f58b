/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli-run.h"

#include <gst/check/gstcheck.h>
#include <string.h>
#include <sys/wait.h>

char *folder;
char *out;
char *err;

int
run (const char *line)
{
  g_auto (GStrv) argv = NULL;
  g_autofree char *all = g_strdup_printf ("latent %s", line);
  g_autoptr (GError) error = NULL;
  int status;
  g_clear_pointer (&out, g_free);
  g_clear_pointer (&err, g_free);
  fail_unless (g_shell_parse_argv (all, NULL, &argv, NULL));
  fail_unless (g_spawn_sync (folder, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err,
                   &status, &error),
      "%s", error ? error->message : "");
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

JsonObject *
run_json (const char *line)
{
  g_autofree char *all = g_strdup_printf ("%s --json", line);
  g_autoptr (JsonParser) parser = json_parser_new ();
  int status = run (all);
  fail_unless (status == 0, "latent %s: %d, %s", all, status, err);
  fail_unless (json_parser_load_from_data (parser, out, -1, NULL), "no JSON: %s", out);
  return json_object_ref (json_node_get_object (json_parser_get_root (parser)));
}

double
get_number (JsonObject *object, const char *key)
{
  fail_unless (json_object_has_member (object, key), "no %s", key);
  return json_object_get_double_member (object, key);
}

char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

char *
read_file (const char *name, gsize *size)
{
  g_autofree char *path = in_folder (name);
  char *data = NULL;

  fail_unless (g_file_get_contents (path, &data, size, NULL), "%s", path);
  return data;
}

void
write_npy (const char *name, const char *descr, const char *shape, gconstpointer data, gsize size)
{
  g_autofree char *text = g_strdup_printf (
      "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }\n", descr, shape);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 prefix[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, strlen (text) & 255, 0};
  g_autofree char *path = in_folder (name);
  g_byte_array_append (bytes, prefix, sizeof prefix);
  g_byte_array_append (bytes, (const guint8 *)text, strlen (text));
  g_byte_array_append (bytes, data, size);
  g_assert_true (g_file_set_contents (path, (const char *)bytes->data, bytes->len, NULL));
}

void
write_pictures (void)
{
  guint8 data[40][4][4];
  memset (data, 100, sizeof data);
  for (guint i = 0; i < 40; i++)
    for (guint j = 0; j < 4; j++) {
      data[i][0][j] += i;
      data[i][j][3] += 3 * i % 7;
    }
  write_npy ("pictures.npy", "|u1", "40, 4, 4", data, sizeof data);
}

void
make_folder (void)
{
  folder = g_dir_make_tmp ("latent-cli-XXXXXX", NULL);
}

void
remove_folder (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", folder);
  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
  g_clear_pointer (&folder, g_free);
  g_clear_pointer (&out, g_free);
  g_clear_pointer (&err, g_free);
}
