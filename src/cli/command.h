/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What a user typed after a command's name. */
typedef struct {
  gboolean json;
  char **arguments; /* NULL-terminated: what is no option */
  guint n_arguments;
} LatentCommandLine;

/* One subcommand: a row in the table of commands.c, defined in its cmd-*.c. */
typedef struct {
  const char *name;
  const char *arguments;   /* as the usage line shows them */
  const char *summary;     /* one line, no full stop */
  const char *description; /* paragraphs under the options in --help */
  const GOptionEntry *options;
  guint min_arguments;
  guint max_arguments; /* 0: any number */
  /* FALSE: failed; an error of the domain G_OPTION_ERROR is one of usage. */
  gboolean (*run) (const LatentCommandLine *line, GError **error);
  const GOptionEntry *(*get_options) (
      void); /* more, that are made when they are asked for; or NULL */
} LatentCommand;

extern const LatentCommand latent_command_info;
extern const LatentCommand latent_command_tag;
extern const LatentCommand latent_command_join;
extern const LatentCommand latent_command_pca;
extern const LatentCommand latent_command_train;
extern const LatentCommand latent_command_eval;
extern const LatentCommand latent_command_fit;
extern const LatentCommand latent_command_plot;
extern const LatentCommand latent_command_encode;
extern const LatentCommand latent_command_decode;
extern const LatentCommand latent_command_quantize;
extern const LatentCommand latent_command_bench;

/* Runs one command; argv[0] is its name. Returns the exit status. */
int latent_command_run (const LatentCommand *self, int argc, char **argv);
