/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

/* Values of options. What cannot be understood is an error of the domain G_OPTION_ERROR that names
 * the option. */

/* "WxH", each 1 to 65535. */
gboolean latent_option_parse_size (
    const char *option, const char *text, guint *width, guint *height, GError **error);
/* "0.485,0.456,0.406": finite numbers, 16 at most. */
gboolean latent_option_parse_numbers (
    const char *option, const char *text, double *values, guint *n, GError **error);
/* An entry of a NULL-terminated list, by its place there, whatever the case. */
gboolean latent_option_parse_name (
    const char *option, const char *text, const char *const *names, guint *index, GError **error);
/* --precision: an entry of a command's options; checked, it becomes latent_precision_get()'s. */
#define LATENT_OPTION_PRECISION                                                                    \
  {                                                                                                \
    "precision", 0, 0, G_OPTION_ARG_STRING, &latent_option_precision,                              \
        "auto (default), f32, bf16 or int8", "P"                                                   \
  }
extern char *latent_option_precision;
gboolean latent_option_check_precision (GError **error);
/* Whether an option that must be given was. */
gboolean latent_option_require (const char *option, const char *text, GError **error);
/* 0 becomes the number of processors. */
gboolean latent_option_check_threads (int value, guint *threads, GError **error);
