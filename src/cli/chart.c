/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/chart.h"

#include <cairo-svg.h>
#include <latent/error.h>
#include <string.h>

#include "src/base/output.h"

#define FONT "sans-serif"

typedef struct {
  LatentChartFormat format;
  GByteArray *bytes;
  GString *words; /* all texts, a line each */
} Chart;

static const cairo_user_data_key_t chart_key;

static void
free_chart (void *data)
{
  Chart *chart = data;
  g_byte_array_unref (chart->bytes);
  g_string_free (chart->words, TRUE);
  g_free (chart);
}

static cairo_status_t
append (void *data, const unsigned char *bytes, unsigned int n)
{
  g_byte_array_append (data, bytes, n);
  return CAIRO_STATUS_SUCCESS;
}

gboolean
latent_chart_get_format (
    const char *option, const char *path, LatentChartFormat *format, GError **error)
{
  static const char *const endings[] = {
      [LATENT_CHART_PNG] = ".png",
      [LATENT_CHART_SVG] = ".svg",
  };
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (path, endings[i])) {
      *format = (LatentChartFormat)i;
      return TRUE;
    }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "%s: '%s': a picture's name ends in .png or .svg", option, path);
  return FALSE;
}

cairo_surface_t *
latent_chart_new (LatentChartFormat format, guint width, guint height)
{
  Chart *chart = g_new0 (Chart, 1);
  chart->format = format;
  chart->bytes = g_byte_array_new ();
  chart->words = g_string_new (NULL);
  cairo_surface_t *surface = format == LATENT_CHART_SVG
                                 ? cairo_svg_surface_create_for_stream (
                                       append, chart->bytes, width, height)
                                 : cairo_image_surface_create (
                                       CAIRO_FORMAT_RGB24, (int)width, (int)height);
  if (format == LATENT_CHART_SVG)
    cairo_svg_surface_set_document_unit (surface, CAIRO_SVG_UNIT_PX);
  if (cairo_surface_set_user_data (surface, &chart_key, chart, free_chart) != CAIRO_STATUS_SUCCESS)
    free_chart (chart);
  cairo_t *cairo = cairo_create (surface);
  cairo_set_source_rgb (cairo, 1, 1, 1);
  cairo_paint (cairo);
  cairo_destroy (cairo);
  return surface;
}

/* The texts as the description of an SVG document, the first as its title. */
static void
insert_words (GByteArray *bytes, const GString *words)
{
  const char *document = (const char *)bytes->data;
  const char *tag = g_strstr_len (document, bytes->len, "<svg");
  const char *end = tag ? memchr (tag, '>', bytes->len - (gsize)(tag - document)) : NULL;
  if (!end || words->len == 0)
    return;
  gsize first = strcspn (words->str, "\n");
  g_autofree char *title = g_markup_escape_text (words->str, (gssize)first);
  g_autofree char *all = g_markup_escape_text (words->str, (gssize)words->len);
  g_autofree char *text = g_strdup_printf ("\n<title>%s</title>\n<desc>%s</desc>", title, all);
  gsize place = (gsize)(end + 1 - document), n = strlen (text), rest = bytes->len - place;
  g_byte_array_set_size (bytes, bytes->len + (guint)n);
  memmove (bytes->data + place + n, bytes->data + place, rest);
  memcpy (bytes->data + place, text, n);
}

GBytes *
latent_chart_take (cairo_surface_t *surface, GError **error)
{
  Chart *chart = cairo_surface_get_user_data (surface, &chart_key);
  GBytes *bytes = NULL;
  cairo_status_t status = cairo_surface_status (surface);
  if (status == CAIRO_STATUS_SUCCESS && chart->format == LATENT_CHART_PNG)
    status = cairo_surface_write_to_png_stream (surface, append, chart->bytes);
  if (status == CAIRO_STATUS_SUCCESS) {
    cairo_surface_finish (surface);
    status = cairo_surface_status (surface);
  }
  if (status == CAIRO_STATUS_SUCCESS) {
    if (chart->format == LATENT_CHART_SVG)
      insert_words (chart->bytes, chart->words);
    bytes = g_bytes_new (chart->bytes->data, chart->bytes->len);
  } else {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_WRITE, "the picture cannot be drawn: %s",
        cairo_status_to_string (status));
  }
  cairo_surface_destroy (surface);
  return bytes;
}

gboolean
latent_chart_save (GBytes *bytes, const char *path, GError **error)
{
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  return latent_output_put (path, data, size, error);
}

void
latent_chart_set_font (cairo_t *cairo, double size, gboolean bold)
{
  cairo_select_font_face (cairo, FONT, CAIRO_FONT_SLANT_NORMAL,
      bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size (cairo, size);
}

double
latent_chart_get_text_width (cairo_t *cairo, const char *text)
{
  cairo_text_extents_t size;
  cairo_text_extents (cairo, text, &size);
  return size.x_advance;
}

void
latent_chart_draw_text (cairo_t *cairo, double x, double y, double align, const char *text)
{
  Chart *chart = cairo_surface_get_user_data (cairo_get_target (cairo), &chart_key);
  if (chart)
    g_string_append_printf (chart->words, "%s\n", text);
  cairo_set_source_rgb (cairo, .13, .13, .13);
  cairo_move_to (cairo, x - align * latent_chart_get_text_width (cairo, text), y);
  cairo_show_text (cairo, text);
  cairo_new_path (cairo); /* else lines would go on from where the text ends */
}

void
latent_chart_set_class_colour (cairo_t *cairo, guint class, double alpha)
{
  /* Okabe and Ito's eight, their yellow darkened for white paper, and two more. */
  static const guint32 colours[] = {0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, 0x8ecff2, 0xcc79a7,
      0x1a1a1a, 0xc9b800, 0x6a3d9a, 0x8c8c8c};
  guint32 colour = colours[class % G_N_ELEMENTS (colours)];
  cairo_set_source_rgba (
      cairo, (colour >> 16) / 255., (colour >> 8 & 255) / 255., (colour & 255) / 255., alpha);
}
