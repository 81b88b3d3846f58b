/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/result.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>

static void add_json (JsonBuilder *builder, GVariant *value);

/* a{s*} */
static void
add_json_object (JsonBuilder *builder, GVariant *dictionary)
{
  json_builder_begin_object (builder);
  for (gsize i = 0; i < g_variant_n_children (dictionary); i++) {
    g_autoptr (GVariant) entry = g_variant_get_child_value (dictionary, i);
    g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
    g_autoptr (GVariant) value = g_variant_get_child_value (entry, 1);
    json_builder_set_member_name (builder, g_variant_get_string (key, NULL));
    add_json (builder, value);
  }
  json_builder_end_object (builder);
}

static void
add_json_array (JsonBuilder *builder, GVariant *array)
{
  json_builder_begin_array (builder);
  for (gsize i = 0; i < g_variant_n_children (array); i++) {
    g_autoptr (GVariant) value = g_variant_get_child_value (array, i);
    add_json (builder, value);
  }
  json_builder_end_array (builder);
}

static void
add_json_double (JsonBuilder *builder, double value)
{
  if (isfinite (value))
    json_builder_add_double_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_json (JsonBuilder *builder, GVariant *value)
{
  switch (g_variant_classify (value)) {
  case G_VARIANT_CLASS_VARIANT: {
    g_autoptr (GVariant) inner = g_variant_get_variant (value);
    add_json (builder, inner);
    break;
  }
  case G_VARIANT_CLASS_ARRAY:
    if (g_variant_type_is_dict_entry (g_variant_type_element (g_variant_get_type (value))))
      add_json_object (builder, value);
    else
      add_json_array (builder, value);
    break;
  case G_VARIANT_CLASS_STRING:
    json_builder_add_string_value (builder, g_variant_get_string (value, NULL));
    break;
  case G_VARIANT_CLASS_BOOLEAN:
    json_builder_add_boolean_value (builder, g_variant_get_boolean (value));
    break;
  case G_VARIANT_CLASS_DOUBLE:
    add_json_double (builder, g_variant_get_double (value));
    break;
  case G_VARIANT_CLASS_UINT64:
    json_builder_add_int_value (builder, (gint64)g_variant_get_uint64 (value));
    break;
  case G_VARIANT_CLASS_INT64:
    json_builder_add_int_value (builder, g_variant_get_int64 (value));
    break;
  case G_VARIANT_CLASS_UINT32:
    json_builder_add_int_value (builder, g_variant_get_uint32 (value));
    break;
  default:
    json_builder_add_null_value (builder);
  }
}

char *
latent_result_to_json (GVariant *result)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  add_json (builder, result);
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  json_generator_set_root (generator, root);
  return json_generator_to_data (generator, NULL);
}

/* A value in one line; lists with what stands between entries. */
static void
append_text (GString *text, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT)) {
    g_autoptr (GVariant) inner = g_variant_get_variant (value);
    append_text (text, inner);
  } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)) {
    g_string_append (text, g_variant_get_string (value, NULL));
  } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE)) {
    double number = g_variant_get_double (value);
    if (isnan (number))
      g_string_append (text, "-"); /* nothing to tell it from */
    else
      g_string_append_printf (text, "%.6g", number);
  } else if (g_variant_is_of_type (value, G_VARIANT_TYPE ("a{s*}")) ||
             g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY)) {
    gboolean shape = g_variant_is_of_type (value, G_VARIANT_TYPE ("ax"));
    for (gsize i = 0; i < g_variant_n_children (value); i++) {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);
      g_string_append (text, i == 0 ? "" : shape ? "x" : ", ");
      append_text (text, child);
    }
  } else if (g_variant_is_of_type (value, G_VARIANT_TYPE_DICT_ENTRY)) {
    g_autoptr (GVariant) key = g_variant_get_child_value (value, 0);
    g_autoptr (GVariant) inner = g_variant_get_child_value (value, 1);
    append_text (text, key);
    g_string_append_c (text, ' ');
    append_text (text, inner);
  } else {
    g_autofree char *plain = g_variant_print (value, FALSE);
    g_string_append (text, plain);
  }
}

/* A cell of a table: entry `column` of dictionary `row`; row 0 is the names of the columns. */
static char *
format_cell (GVariant *table, gsize row, gsize column)
{
  g_autoptr (GVariant) dictionary = g_variant_get_child_value (table, row > 0 ? row - 1 : 0);
  g_autoptr (GVariant) entry = g_variant_get_child_value (dictionary, column);
  g_autoptr (GVariant) value = g_variant_get_child_value (entry, row > 0 ? 1 : 0);
  g_autoptr (GString) text = g_string_new (NULL);
  append_text (text, value);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Dictionaries of the same keys, such as layers: a line each, in columns. */
static void
print_table (GVariant *table)
{
  gsize n_rows = g_variant_n_children (table) + 1;
  if (n_rows == 1)
    return;
  g_autoptr (GVariant) first = g_variant_get_child_value (table, 0);
  gsize n_columns = g_variant_n_children (first);
  g_autofree int *widths = g_new0 (int, n_columns);
  for (guint pass = 0; pass < 2; pass++)
    for (gsize i = 0; i < n_rows; i++) {
      for (gsize j = 0; j < n_columns; j++) {
        g_autofree char *cell = format_cell (table, i, j);
        widths[j] = MAX (widths[j], (int)g_utf8_strlen (cell, -1));
        if (pass > 0)
          printf ("  %-*s", widths[j], cell);
      }
      if (pass > 0)
        putchar ('\n');
    }
}

static void
print_line (const char *key, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE ("aa{sv}"))) {
    printf ("%s\n", key);
    print_table (value);
    return;
  }
  g_autoptr (GString) text = g_string_new (NULL);
  append_text (text, value);
  printf ("%-14s %s\n", key, text->str);
}

void
latent_result_print (gboolean json, GVariant *result)
{
  if (json) {
    g_autofree char *text = latent_result_to_json (result);
    puts (text);
    return;
  }
  for (gsize i = 0; i < g_variant_n_children (result); i++) {
    g_autoptr (GVariant) entry = g_variant_get_child_value (result, i);
    g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
    g_autoptr (GVariant) boxed = g_variant_get_child_value (entry, 1);
    g_autoptr (GVariant) value = g_variant_get_variant (boxed);
    print_line (g_variant_get_string (key, NULL), value);
  }
}
