/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/options.h"

#include <math.h>
#include <string.h>

#include "src/cli/precision.h"

#define MAX_NUMBERS 16
#define MAX_THREADS 1024

#define USAGE_ERROR G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE

gboolean
latent_option_parse_size (
    const char *option, const char *text, guint *width, guint *height, GError **error)
{
  char *end = NULL;
  guint64 w = g_ascii_isdigit (*text) ? g_ascii_strtoull (text, &end, 10) : 0;
  guint64 h = end && *end == 'x' && g_ascii_isdigit (end[1]) ? g_ascii_strtoull (end + 1, &end, 10)
                                                             : 0;
  if (w < 1 || h < 1 || w > 65535 || h > 65535 || *end) {
    g_set_error (
        error, USAGE_ERROR, "%s: '%s' is not a size like 64x48 (1 to 65535 each)", option, text);
    return FALSE;
  }
  *width = (guint)w;
  *height = (guint)h;
  return TRUE;
}

gboolean
latent_option_parse_numbers (
    const char *option, const char *text, double *values, guint *n, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  *n = g_strv_length (parts);
  gboolean good = *n >= 1 && *n <= MAX_NUMBERS;
  for (guint i = 0; good && i < *n; i++) {
    char *end;
    values[i] = g_ascii_strtod (parts[i], &end);
    good = end > parts[i] && !*g_strchug (end) && isfinite (values[i]);
  }
  if (!good)
    g_set_error (error, USAGE_ERROR,
        "%s: '%s' is not a list of numbers like 0.485,0.456,0.406 (at most %d)", option, text,
        MAX_NUMBERS);
  return good;
}

gboolean
latent_option_parse_name (
    const char *option, const char *text, const char *const *names, guint *index, GError **error)
{
  for (*index = 0; names[*index]; ++*index)
    if (g_ascii_strcasecmp (names[*index], text) == 0)
      return TRUE;
  g_autofree char *list = g_strjoinv (", ", (char **)names);
  g_set_error (error, USAGE_ERROR, "%s: '%s' is none of %s", option, text, list);
  return FALSE;
}

char *latent_option_precision;

gboolean
latent_option_check_precision (GError **error)
{
  static const char *const names[] = {"auto", "f32", "bf16", "int8", NULL};
  guint index = LATENT_PRECISION_AUTO;

  if (latent_option_precision &&
      !latent_option_parse_name ("--precision", latent_option_precision, names, &index, error))
    return FALSE;
  if (latent_option_precision) { /* as elements spell it */
    g_free (latent_option_precision);
    latent_option_precision = g_strdup (names[index]);
  }
  latent_precision_set ((LatentPrecision)index);
  return TRUE;
}

gboolean
latent_option_require (const char *option, const char *text, GError **error)
{
  if (text && *text)
    return TRUE;
  g_set_error (error, USAGE_ERROR, "%s is missing", option);
  return FALSE;
}

gboolean
latent_option_check_threads (int value, guint *threads, GError **error)
{
  if (value < 0 || value > MAX_THREADS) {
    g_set_error (
        error, USAGE_ERROR, "--threads: %d is not between 0 (all) and %d", value, MAX_THREADS);
    return FALSE;
  }
  *threads = value ? (guint)value : g_get_num_processors ();
  return TRUE;
}
