/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/page.h"

struct _LatentPage {
  GString *text;
};

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";

/* Pictures wider than the screen are made narrower, but not so narrow that texts in them cannot be
 * read: then they are moved sideways. */
static const char style[] =
    "<style>\n"
    "body { font-family: sans-serif; line-height: 1.45; color: #222; background: #fff; "
    "max-width: 76em; margin: 0 auto; padding: 1em; }\n"
    "h1 { font-size: 1.5em; overflow-wrap: anywhere; }\n"
    "h2 { font-size: 1.2em; margin-top: 2em; border-bottom: 1px solid #ccc; }\n"
    "table { border-collapse: collapse; }\n"
    "th, td { text-align: left; vertical-align: top; padding: .25em 1em .25em 0; "
    "border-bottom: 1px solid #eee; overflow-wrap: anywhere; }\n"
    "th { font-weight: normal; color: #555; }\n"
    "figure { margin: 1em 0; }\n"
    "figure div { overflow-x: auto; }\n"
    "img { max-width: 100%; min-width: 34em; height: auto; }\n"
    "figcaption { color: #555; }\n"
    "</style>\n";

LatentPage *
latent_page_new (const char *title)
{
  LatentPage *self = g_new0 (LatentPage, 1);
  g_autofree char *escaped = g_markup_escape_text (title, -1);
  self->text = g_string_new (head);
  g_string_append_printf (
      self->text, "<title>%s</title>\n%s</head>\n<body>\n<h1>%s</h1>\n", escaped, style, escaped);
  return self;
}

void
latent_page_free (LatentPage *self)
{
  if (!self)
    return;
  g_string_free (self->text, TRUE);
  g_free (self);
}

static void
add_element (LatentPage *self, const char *element, const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);
  g_string_append_printf (self->text, "<%s>%s</%s>\n", element, escaped, element);
}

void
latent_page_add_heading (LatentPage *self, const char *text)
{
  add_element (self, "h2", text);
}

void
latent_page_add_text (LatentPage *self, const char *text)
{
  add_element (self, "p", text);
}

void
latent_page_begin_table (LatentPage *self)
{
  g_string_append (self->text, "<table>\n");
}

void
latent_page_add_row (LatentPage *self, const char *name, const char *value)
{
  g_autofree char *row = g_markup_printf_escaped (
      "<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n", name, value);
  g_string_append (self->text, row);
}

void
latent_page_end_table (LatentPage *self)
{
  g_string_append (self->text, "</table>\n");
}

void
latent_page_add_picture (
    LatentPage *self, GBytes *bytes, LatentChartFormat format, const char *caption)
{
  static const char *const types[] = {
      [LATENT_CHART_PNG] = "image/png",
      [LATENT_CHART_SVG] = "image/svg+xml",
  };
  gsize size;
  const guchar *data = g_bytes_get_data (bytes, &size);
  g_autofree char *encoded = g_base64_encode (data, size);
  g_autofree char *escaped = g_markup_escape_text (caption, -1);
  g_string_append_printf (self->text,
      "<figure>\n<div><img alt=\"%s\" src=\"data:%s;base64,%s\"></div>\n"
      "<figcaption>%s</figcaption>\n</figure>\n",
      escaped, types[format], encoded, escaped);
}

gboolean
latent_page_save (const LatentPage *self, const char *path, GError **error)
{
  g_autofree char *text = g_strconcat (self->text->str, "</body>\n</html>\n", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (text, self->text->len + sizeof "</body>\n</html>\n" - 1);
  return latent_chart_save (bytes, path, error);
}
