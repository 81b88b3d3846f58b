/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/recipe-value.h"

#include <latent/error.h>
#include <math.h>
#include <string.h>

static gboolean
parse_integer (const char *text, const LatentRecipeKey *key, gint64 *value, const char **end)
{
  char *after = NULL;
  if (!g_ascii_isdigit (text[*text == '-']))
    return FALSE;
  *value = g_ascii_strtoll (text, &after, 10);
  *end = after;
  /* What overflows is at the end of the range, which no key's limits reach. */
  return (double)*value >= key->min && (double)*value <= key->max;
}

/* Integers with `separator` between them. */
static gboolean
parse_integers (
    LatentRecipeValue *self, const LatentRecipeKey *key, const char *text, char separator)
{
  const char *place = text;
  g_autoptr (GString) joined = g_string_new (NULL);
  for (self->n = 0; self->n < LATENT_RECIPE_MAX_INTS; place++) {
    while (g_ascii_isspace (*place))
      place++;
    if (!parse_integer (place, key, &self->integers[self->n], &place))
      return FALSE;
    if (self->n > 0)
      g_string_append_c (joined, separator);
    g_string_append_printf (joined, "%" G_GINT64_FORMAT, self->integers[self->n++]);
    if (*place != separator)
      break;
  }
  self->text = g_string_free (g_steal_pointer (&joined), FALSE);
  return *place == '\0';
}

static gboolean
parse_int (LatentRecipeValue *self, const LatentRecipeKey *key, const char *text)
{
  return parse_integers (self, key, text, ',') && self->n == 1;
}

static gboolean
parse_ints (LatentRecipeValue *self, const LatentRecipeKey *key, const char *text)
{
  return parse_integers (self, key, text, ',');
}

static gboolean
parse_size (LatentRecipeValue *self, const LatentRecipeKey *key, const char *text)
{
  return parse_integers (self, key, text, 'x') && self->n == 2;
}

static gboolean
parse_double (LatentRecipeValue *self, const LatentRecipeKey *key, const char *text)
{
  char *end;
  char room[G_ASCII_DTOSTR_BUF_SIZE];
  self->number = g_ascii_strtod (text, &end);
  /* Fifteen digits are what everybody types; seventeen tell all numbers apart. */
  g_ascii_formatd (room, sizeof room, "%.15g", self->number);
  if (g_ascii_strtod (room, NULL) != self->number)
    g_ascii_formatd (room, sizeof room, "%.17g", self->number);
  self->text = g_strdup (room);
  return end > text && *end == '\0' && isfinite (self->number) && self->number >= key->min &&
         self->number <= key->max;
}

static gboolean
parse_bool (LatentRecipeValue *self, const LatentRecipeKey *key, const char *text)
{
  static const char *const names[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (g_ascii_strcasecmp (names[i], text) != 0)
      continue;
    self->integers[0] = i % 2;
    self->text = g_strdup (names[i % 2]);
    return TRUE;
  }
  return FALSE;
}

static gboolean
parse_choice (LatentRecipeValue *self, const LatentRecipeKey *key, const char *text)
{
  g_auto (GStrv) choices = g_strsplit (key->choices, "|", -1);
  for (char **choice = choices; *choice; choice++) {
    if (g_ascii_strcasecmp (*choice, text) != 0)
      continue;
    self->text = g_strdup (*choice);
    return TRUE;
  }
  return FALSE;
}

static gboolean
parse_string (LatentRecipeValue *self, const LatentRecipeKey *key, const char *text)
{
  self->text = g_strdup (text);
  return g_utf8_validate (text, -1, NULL);
}

static const struct {
  gboolean (*parse) (LatentRecipeValue *self, const LatentRecipeKey *key, const char *text);
  const char *wanted; /* what a value is */
  gboolean ranged;
} types[] = {
    [LATENT_RECIPE_STRING] = {parse_string, "text in UTF-8",              FALSE},
    [LATENT_RECIPE_CHOICE] = {parse_choice, NULL,                         FALSE},
    [LATENT_RECIPE_INT] = {parse_int,    "a whole number",             TRUE },
    [LATENT_RECIPE_DOUBLE] = {parse_double, "a number",                   TRUE },
    [LATENT_RECIPE_BOOL] = {parse_bool,   "true or false",              FALSE},
    [LATENT_RECIPE_INTS] = {parse_ints,   "whole numbers like 512,256", TRUE },
    [LATENT_RECIPE_SIZE] = {parse_size,   "a size like 64x48",          TRUE },
};

static void
complain (const LatentRecipeKey *key, const char *text, GError **error)
{
  g_autofree char *wanted = g_strdup (types[key->type].wanted);
  g_autofree char *range = g_strdup ("");
  if (key->choices) {
    g_auto (GStrv) choices = g_strsplit (key->choices, "|", -1);
    g_autofree char *list = g_strjoinv (", ", choices);
    g_free (wanted);
    wanted = g_strdup_printf ("one of %s", list);
  }
  if (types[key->type].ranged) {
    g_free (range);
    range = g_strdup_printf (" from %.15g to %.15g", key->min, key->max);
  }
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "%s: '%s' is not %s%s", key->name, text,
      wanted, range);
}

gboolean
latent_recipe_value_parse (
    LatentRecipeValue *self, const LatentRecipeKey *key, const char *text, GError **error)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  if (*stripped == '\0' && !key->fallback)
    return TRUE;
  if (types[key->type].parse (self, key, stripped))
    return TRUE;
  latent_recipe_value_clear (self);
  complain (key, stripped, error);
  return FALSE;
}

void
latent_recipe_value_copy (LatentRecipeValue *dst, const LatentRecipeValue *src)
{
  *dst = *src;
  dst->text = g_strdup (src->text);
}

void
latent_recipe_value_clear (LatentRecipeValue *self)
{
  g_free (self->text);
  *self = (LatentRecipeValue){0};
}
