/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/model/private.h"

GArray *
latent_parse_floats (const char *text)
{
  g_auto (GStrv) words = g_strsplit_set (text, ", ", -1);
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (float));

  for (guint i = 0; words[i] != NULL; i++) {
    char *end = NULL;
    float value = (float)g_ascii_strtod (words[i], &end);
    if (words[i][0] == '\0')
      continue;
    if (*end != '\0' || !isfinite (value))
      return NULL;
    g_array_append_val (values, value);
  }
  return values->len > 0 ? g_steal_pointer (&values) : NULL;
}

gboolean
latent_parse_counts (const char *text, const char *separator, guint n, guint *counts)
{
  g_auto (GStrv) words = g_strsplit (text, separator, -1);

  if (g_strv_length (words) != n)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    guint64 value;
    if (!g_ascii_string_to_unsigned (words[i], 10, 1, 1u << 24, &value, NULL))
      return FALSE;
    counts[i] = (guint)value;
  }
  return TRUE;
}

char **
latent_parse_names (const char *text)
{
  char **names = g_strsplit (text, ",", -1);

  for (guint i = 0; names[i] != NULL; i++)
    g_strstrip (names[i]);
  return names;
}

gboolean
latent_fail_key (GError **error, const char *key, const char *value, const char *wanted)
{
  g_set_error (
      error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "%s is '%s', wanted is %s", key, value, wanted);
  return FALSE;
}
