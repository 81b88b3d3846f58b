/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/gst.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "src/cli/command.h"

static const LatentCommand *const commands[] = {
    &latent_command_info,
    &latent_command_tag,
    &latent_command_join,
    &latent_command_pca,
    &latent_command_train,
    &latent_command_eval,
    &latent_command_fit,
    &latent_command_plot,
    &latent_command_encode,
    &latent_command_decode,
    &latent_command_quantize,
    &latent_command_bench,
};

static const LatentCommand *
find_command (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (commands[i]->name, name) == 0)
      return commands[i];
  return NULL;
}

static void
print_usage (FILE *file)
{
  fputs ("Usage: latent COMMAND [OPTION...] ARGUMENT...\n\nAutoencoders for media: learn, look "
         "at, run.\n\nCommands:\n",
      file);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (file, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
  fputs ("\nInputs are anything that GStreamer decodes, a folder of pictures, IDX (.gz too), NPY, "
         "or gst-launch text after 'gst:'.\n"
         "'latent help COMMAND' says more; 'latent --version' which version this is.\n",
      file);
}

/* Letters to change, add or take away to make one word of the other (Levenshtein); words are
 * short. */
static guint
count_edits (const char *a, const char *b)
{
  guint row[32];
  guint n = (guint)MIN (strlen (b), G_N_ELEMENTS (row) - 1);
  for (guint j = 0; j <= n; j++)
    row[j] = j;
  for (guint i = 1; a[i - 1] && i < G_N_ELEMENTS (row); i++) {
    guint diagonal = row[0];
    row[0] = i;
    for (guint j = 1; j <= n; j++) {
      guint change = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = MIN (change, MIN (row[j], row[j - 1]) + 1);
    }
  }
  return row[n];
}

static int
complain_command (const char *name)
{
  const char *nearest = NULL;
  guint least = 3;
  fprintf (stderr, "latent: there is no command '%s'", name);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    guint edits = count_edits (name, commands[i]->name);
    if (edits < least)
      nearest = commands[i]->name, least = edits;
  }
  if (nearest)
    fprintf (stderr, "; did you mean '%s'?\n", nearest);
  else
    fputs ("; 'latent --help' lists them\n", stderr);
  return 2;
}

static int
run_help (const char *name)
{
  if (!name) {
    print_usage (stdout);
    return 0;
  }
  const LatentCommand *command = find_command (name);
  if (!command)
    return complain_command (name);
  return latent_command_run (command, 2, (char *[]){(char *)name, (char *)"--help", NULL});
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  if (argc < 2) {
    print_usage (stderr);
    return 2;
  }
  const char *name = argv[1];
  if (strcmp (name, "--version") == 0) {
    puts ("latent " LATENT_VERSION);
    return 0;
  }
  if (strcmp (name, "help") == 0 || strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0)
    return run_help (argv[2]);
  const LatentCommand *command = find_command (name);
  return command ? latent_command_run (command, argc - 1, argv + 1) : complain_command (name);
}
