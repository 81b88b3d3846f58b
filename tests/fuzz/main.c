/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>
#include <stdio.h>

/* What libFuzzer's main() is where there is no libFuzzer: runs a fuzzer once on every file of the
 * folders named. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static guint
run_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *file = g_build_filename (path, name, NULL);
    g_autofree char *data = NULL;
    gsize size;
    if (!g_file_get_contents (file, &data, &size, NULL))
      continue;
    printf ("%s\n", file);
    fflush (stdout); /* the last name is the one that crashed */
    LLVMFuzzerTestOneInput ((const guint8 *)data, size);
    n++;
  }
  return n;
}

int
main (int argc, char **argv)
{
  guint n = 0;

  for (int i = 1; i < argc; i++)
    n += run_folder (argv[i]);
  printf ("%u inputs\n", n);
  return n > 0 ? 0 : 1;
}
