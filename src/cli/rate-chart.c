/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/cli/axes.h"
#include "src/cli/page.h"
#include "src/cli/rates.h"

#define PANEL_WIDTH  620
#define PANEL_HEIGHT 480
#define LEFT         80
#define TOP          46
#define RIGHT        20
#define BOTTOM       56
#define DOT          3.5

static void
add (GVariantBuilder *builder, const char *key, GVariant *value)
{
  g_variant_builder_add (builder, "{sv}", key, value);
}

static const char *
get_rate_name (const LatentRates *self)
{
  return self->kind == LATENT_MEDIA_AUDIO ? "kbits_per_second" : "bits_per_pixel";
}

static GVariant *
describe_row (const LatentRates *self, const LatentRateRow *row)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add (&builder, "codec", g_variant_new_string (row->codec));
  add (&builder, "quality", g_variant_new_int64 (row->quality));
  add (&builder, "bytes", g_variant_new_uint64 (row->bytes));
  add (&builder, get_rate_name (self), g_variant_new_double (row->rate));
  for (guint i = 0; i < LATENT_N_SCORES; i++)
    add (&builder, latent_score_get_name (self->kind, i), g_variant_new_double (row->scores[i]));
  return g_variant_builder_end (&builder);
}

static GVariant *
describe_differences (const LatentRates *self)
{
  GVariantBuilder list;
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 1; i < self->codecs->len; i++) {
    GVariantBuilder builder;
    g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
    add (&builder, "against", g_variant_new_string (g_ptr_array_index (self->codecs, i)));
    for (guint j = 0; j < LATENT_N_SCORES; j++)
      add (&builder, latent_score_get_name (self->kind, j),
          g_variant_new_double (latent_rates_compare (self, i, j)));
    g_variant_builder_add_value (&list, g_variant_builder_end (&builder));
  }
  return g_variant_builder_end (&list);
}

GVariant *
latent_rates_describe (const LatentRates *self)
{
  GVariantBuilder builder, list;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < self->rows->len; i++)
    g_variant_builder_add_value (
        &list, describe_row (self, &g_array_index (self->rows, LatentRateRow, i)));
  add (&builder, "points", g_variant_builder_end (&list));
  add (&builder, "bd_rate", describe_differences (self));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static LatentAxes
make_axes (const LatentRates *self, guint which)
{
  LatentAxes axes = {
      .left = (double)PANEL_WIDTH * which + LEFT,
      .top = TOP,
      .width = PANEL_WIDTH - LEFT - RIGHT,
      .height = PANEL_HEIGHT - TOP - BOTTOM,
      .y_low = INFINITY,
      .y_high = -INFINITY,
  };
  for (guint i = 0; i < self->rows->len; i++) {
    const LatentRateRow *row = &g_array_index (self->rows, LatentRateRow, i);
    axes.x_high = MAX (axes.x_high, row->rate);
    if (!isfinite (row->scores[which]))
      continue;
    axes.y_low = MIN (axes.y_low, row->scores[which]);
    axes.y_high = MAX (axes.y_high, row->scores[which]);
  }
  if (!(axes.y_low <= axes.y_high))
    axes.y_low = 0, axes.y_high = 1;
  return axes;
}

static void
draw_codec (
    const LatentRates *self, cairo_t *cairo, const LatentAxes *axes, guint codec, guint which)
{
  const char *name = g_ptr_array_index (self->codecs, codec);
  latent_chart_set_class_colour (cairo, codec, 1);
  cairo_set_line_width (cairo, codec == 0 ? 2.4 : 1.4);
  for (guint pass = 0; pass < 2; pass++) {
    for (guint i = 0; i < self->rows->len; i++) {
      const LatentRateRow *row = &g_array_index (self->rows, LatentRateRow, i);
      if (!g_str_equal (row->codec, name) || !isfinite (row->scores[which]))
        continue;
      double x = latent_axes_get_x (axes, row->rate);
      double y = latent_axes_get_y (axes, row->scores[which]);
      if (pass == 0) {
        cairo_line_to (cairo, x, y);
        continue;
      }
      cairo_arc (cairo, x, y, DOT, 0, 2 * G_PI);
      cairo_fill (cairo);
    }
    cairo_stroke (cairo);
  }
}

/* Names beside their colours, in the corner that curves leave free. */
static void
draw_names (const LatentRates *self, cairo_t *cairo, const LatentAxes *axes, gboolean above)
{
  for (guint i = 0; i < self->codecs->len; i++) {
    double x = axes->left + axes->width - 90;
    double y = above ? axes->top + 20 + 18 * i
                     : axes->top + axes->height - 12 - 18 * (self->codecs->len - 1 - i);
    latent_chart_set_class_colour (cairo, i, 1);
    cairo_set_line_width (cairo, 2);
    cairo_move_to (cairo, x, y - 4);
    cairo_line_to (cairo, x + 24, y - 4);
    cairo_stroke (cairo);
    latent_chart_draw_text (cairo, x + 30, y, 0, g_ptr_array_index (self->codecs, i));
  }
}

GBytes *
latent_rates_draw (
    const LatentRates *self, const char *title, LatentChartFormat format, GError **error)
{
  cairo_surface_t *surface = latent_chart_new (format, PANEL_WIDTH * LATENT_N_SCORES, PANEL_HEIGHT);
  cairo_t *cairo = cairo_create (surface);
  for (guint i = 0; i < LATENT_N_SCORES; i++) {
    LatentAxes axes = make_axes (self, i);
    latent_axes_draw (&axes, cairo, i == 0 ? title : "",
        self->kind == LATENT_MEDIA_AUDIO ? "kbit/s" : "bits a pixel",
        latent_score_get_title (self->kind, i));
    for (guint codec = self->codecs->len; codec > 0; codec--)
      draw_codec (self, cairo, &axes, codec - 1, i);
    draw_names (self, cairo, &axes, latent_score_is_distance (self->kind, i));
  }
  cairo_destroy (cairo);
  return latent_chart_take (surface, error);
}

static void
add_numbers (const LatentRates *self, LatentPage *page)
{
  latent_page_add_heading (page, "Rates at equal quality");
  latent_page_begin_table (page);
  for (guint i = 1; i < self->codecs->len; i++)
    for (guint j = 0; j < LATENT_N_SCORES; j++) {
      g_autofree char *name = g_strdup_printf ("against %s, by %s",
          (const char *)g_ptr_array_index (self->codecs, i),
          latent_score_get_title (self->kind, j));
      double value = latent_rates_compare (self, i, j);
      g_autofree char *text = isnan (value) ? g_strdup ("no quality in common")
                                            : g_strdup_printf ("%+.1f %%", value);
      latent_page_add_row (page, name, text);
    }
  latent_page_end_table (page);
  latent_page_add_heading (page, "Points");
  latent_page_begin_table (page);
  for (guint i = 0; i < self->rows->len; i++) {
    const LatentRateRow *row = &g_array_index (self->rows, LatentRateRow, i);
    g_autofree char *name = g_strdup_printf ("%s at %d", row->codec, row->quality);
    g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT " bytes, %.4f %s, %.4g, %.4g",
        row->bytes, row->rate, self->kind == LATENT_MEDIA_AUDIO ? "kbit/s" : "bits a pixel",
        row->scores[0], row->scores[1]);
    latent_page_add_row (page, name, text);
  }
  latent_page_end_table (page);
}

gboolean
latent_rates_write_page (
    const LatentRates *self, const char *title, const char *path, GError **error)
{
  g_autoptr (LatentPage) page = latent_page_new (title);
  g_autoptr (GBytes) picture = latent_rates_draw (self, title, LATENT_CHART_SVG, error);
  if (!picture)
    return FALSE;
  latent_page_add_picture (page, picture, LATENT_CHART_SVG, "Quality over bytes");
  add_numbers (self, page);
  return latent_page_save (page, path, error);
}
