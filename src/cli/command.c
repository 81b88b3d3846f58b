/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/command.h"

#include <gst/gst.h>
#include <stdio.h>

static GOptionContext *
make_context (const LatentCommand *self, gboolean *json)
{
  const GOptionEntry common[] = {
      {"json", 0, 0, G_OPTION_ARG_NONE, json, "Print the result as one JSON object", NULL},
      {0    },
  };
  GOptionContext *context = g_option_context_new (self->arguments);
  g_option_context_set_summary (context, self->summary);
  g_option_context_set_description (context, self->description);
  if (self->options)
    g_option_context_add_main_entries (context, self->options, NULL);
  if (self->get_options)
    g_option_context_add_main_entries (context, self->get_options (), NULL);
  g_option_context_add_main_entries (context, common, NULL);
  return context;
}

static gboolean
parse_line (
    const LatentCommand *self, int *argc, char ***argv, LatentCommandLine *line, GError **error)
{
  g_autoptr (GOptionContext) context = make_context (self, &line->json);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  line->arguments = *argv + 1;
  line->n_arguments = (guint)(*argc - 1);
  /* GOption leaves "--" where what follows looks like an option. */
  if (line->n_arguments > 0 && g_str_equal (line->arguments[0], "--")) {
    line->arguments++;
    line->n_arguments--;
  }
  if (line->n_arguments < self->min_arguments) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "%s expected: %s",
        line->n_arguments ? "more arguments" : "arguments", self->arguments);
    return FALSE;
  }
  if (self->max_arguments && line->n_arguments > self->max_arguments) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "one argument too many: '%s'",
        line->arguments[self->max_arguments]);
    return FALSE;
  }
  return TRUE;
}

int
latent_command_run (const LatentCommand *self, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_strdup_printf ("latent %s", self->name);
  g_auto (GStrv) copy = g_new0 (char *, argc + 1);
  g_autofree char **given = g_new0 (char *, argc + 1); /* GOption takes what it understood away */
  LatentCommandLine line = {0};

  g_set_prgname (name);
  for (int i = 0; i < argc; i++)
    given[i] = copy[i] = g_strdup (argv[i]);
  if (parse_line (self, &argc, &given, &line, &error) && self->run (&line, &error))
    return 0;
  fprintf (stderr, "%s: %s\n", name, error ? error->message : "failed");
  if (!error || error->domain != G_OPTION_ERROR)
    return 1;
  fprintf (stderr, "Try '%s --help'.\n", name);
  return 2;
}
