/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/report.h"

#include <latent/error.h>
#include <math.h>
#include <string.h>

#include "src/cli/bars.h"
#include "src/cli/heads.h"
#include "src/cli/page.h"
#include "src/cli/scatter.h"
#include "src/cli/traverse.h"

/* What keys are called where people read them. */
static const struct {
  const char *key, *name;
} names[] = {
    {"id",           "identity of the latents"            },
    {"media",        "eats"                               },
    {"input_shape",  "input of one sample"                },
    {"latent_shape", "its latents"                        },
    {"output_shape", "output"                             },
    {"d",            "d, numbers of a sample"             },
    {"k",            "k, numbers of its latents"          },
    {"encoder_macs", "multiply-adds of the encoder"       },
    {"decoder_macs", "multiply-adds of the decoder"       },
    {"compression",  "d / k"                              },
    {"mse",          "mean squared error"                 },
    {"psnr",         "PSNR, dB"                           },
    {"psnr_luma",    "PSNR of luma, dB"                   },
    {"ssim",         "SSIM of luma"                       },
    {"mse_min",      "error of single samples: least"     },
    {"mse_median",   "error of single samples: median"    },
    {"mse_p95",      "error of single samples: 95 % below"},
    {"mse_max",      "error of single samples: greatest"  },
    {"not_finite",   "numbers that are not finite"        },
};

static const char *
get_name (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (names[i].key, key) == 0)
      return names[i].name;
  return key;
}

/* Numbers of an array with x between, or of a dictionary after its words. */
static char *
join_values (GVariant *value)
{
  g_autoptr (GString) text = g_string_new (NULL);
  GVariantIter iter;
  const char *key;
  gint64 size;
  guint32 n;
  g_variant_iter_init (&iter, value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE ("ax")))
    while (g_variant_iter_next (&iter, "x", &size)) {
      g_autofree char *number = size < 0 ? g_strdup ("?")
                                         : g_strdup_printf ("%" G_GINT64_FORMAT, size);
      g_string_append_printf (text, "%s%s", text->len ? " x " : "", number);
    }
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE ("a{su}")))
    while (g_variant_iter_next (&iter, "{&su}", &key, &n))
      g_string_append_printf (text, "%s%u %s", text->len ? ", " : "", n, key);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* NULL where there is nothing to say. */
static char *
write_value (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    return g_strdup_printf ("%" G_GUINT64_FORMAT, g_variant_get_uint64 (value));
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
    return join_values (value);
  double number = g_variant_get_double (value);
  return isnan (number) ? NULL : g_strdup_printf ("%.6g", number);
}

static void
add_value (LatentPage *page, const char *key, GVariant *value)
{
  g_autofree char *text = write_value (value);
  if (text)
    latent_page_add_row (page, get_name (key), text);
}

static void
add_results (LatentPage *page, GVariant *result)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;
  latent_page_begin_table (page);
  g_variant_iter_init (&iter, result);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    add_value (page, key, value);
  latent_page_end_table (page);
}

/* What a model is, in an order that reads well. */
static void
add_facts (LatentPage *page, GVariant *about)
{
  static const char *const keys[] = {"media", "input_shape", "latent_shape", "output_shape",
      "parameters", "encoder_macs", "decoder_macs", "nodes", "operators", "id"};
  latent_page_begin_table (page);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autoptr (GVariant) value = g_variant_lookup_value (about, keys[i], NULL);
    if (value)
      add_value (page, keys[i], value);
  }
  latent_page_end_table (page);
}

static void
add_bottleneck (const LatentReport *self, LatentPage *page)
{
  guint64 d = 0, k = 0;
  g_variant_lookup (self->result, "d", "t", &d);
  g_variant_lookup (self->result, "k", "t", &k);
  g_autofree char *text = k < d ? g_strdup_printf ("A bottleneck: of %" G_GUINT64_FORMAT
                                                   " numbers %" G_GUINT64_FORMAT " are kept.",
                                      d, k)
                                : g_strdup_printf ("No bottleneck: there are %" G_GUINT64_FORMAT
                                                   " latents for %" G_GUINT64_FORMAT
                                                   " numbers, and a small error means nothing.",
                                      k, d);
  if (d > 0 && k > 0)
    latent_page_add_text (page, text);
}

static gboolean
add_reconstructions (const LatentReport *self, LatentPage *page, GError **error)
{
  GError *inner = NULL;
  if (!self->gallery)
    return TRUE;
  latent_page_add_heading (page, "Reconstructions");
  g_autoptr (GBytes) some = latent_gallery_draw (
      self->gallery, self->model, "Samples spread over the input", FALSE, LATENT_CHART_PNG, error);
  if (!some)
    return FALSE;
  latent_page_add_picture (page, some, LATENT_CHART_PNG, "Originals over their reconstructions");
  g_autoptr (GBytes) worst = latent_worst_draw (self->worst, LATENT_CHART_PNG, &inner);
  if (worst)
    latent_page_add_picture (
        page, worst, LATENT_CHART_PNG, "The samples of the greatest errors, falling");
  g_autoptr (GBytes) bars = inner
                                ? NULL
                                : latent_bars_draw_spread (self->errors, "Errors of single samples",
                                      "mean squared error", LATENT_CHART_SVG, &inner);
  if (bars)
    latent_page_add_picture (
        page, bars, LATENT_CHART_SVG, "How the errors of single samples are spread");
  if (inner)
    g_propagate_error (error, inner);
  return inner == NULL;
}

static GBytes *
draw_variances (const LatentCloud *cloud, GError **error)
{
  guint n = latent_cloud_get_n_latents (cloud);
  g_autofree double *variances = g_new (double, n);
  for (guint i = 0; i < n; i++)
    variances[i] = pow (latent_cloud_get_deviation (cloud, i), 2);
  const LatentBars bars = {
      .title = "Variances of the latents",
      .x_name = "latent",
      .y_name = "variance",
      .x_low = -.5,
      .x_step = 1,
      .values = variances,
      .n = n,
  };
  return latent_bars_draw (&bars, LATENT_CHART_SVG, error);
}

static gboolean
draw_latents (const LatentReport *self, const LatentCloud *cloud, LatentPage *page, GError **error)
{
  g_autofree char *name = g_path_get_basename (latent_model_get_path (self->model));
  g_autoptr (GBytes) bars = draw_variances (cloud, error);
  if (!bars)
    return FALSE;
  latent_page_add_picture (
      page, bars, LATENT_CHART_SVG, "How much each latent varies over the samples");
  if (latent_cloud_get_n_classes (cloud) > 0 && latent_cloud_get_n_latents (cloud) > 1) {
    g_autoptr (GBytes)
        scatter = latent_scatter_draw (cloud, name, NULL, FALSE, LATENT_CHART_PNG, error);
    if (!scatter)
      return FALSE;
    latent_page_add_picture (
        page, scatter, LATENT_CHART_PNG, "Two latents of each sample, coloured by class");
  }
  if (latent_model_has_head (self->model))
    return TRUE;
  g_autoptr (GBytes)
      traverse = latent_traverse_draw (self->model, cloud, name, NULL, 0, LATENT_CHART_PNG, error);
  if (traverse)
    latent_page_add_picture (
        page, traverse, LATENT_CHART_PNG, "What is decoded where one latent at a time is moved");
  return traverse != NULL;
}

/* Latents of samples of several sizes cannot be compared, very many not be kept, those that are not
 * finite not be shown: then the page says so. */
static gboolean
add_latents (const LatentReport *self, const LatentLabels *labels, LatentPage *page, GError **error)
{
  g_autoptr (GError) inner = NULL;
  const LatentCloudSettings settings = {
      .inputs = self->inputs,
      .labels = labels,
      .every = self->every,
      .max = self->max,
      .sample = -1,
      .threads = self->threads,
  };
  if (!latent_model_supports_mode (self->model, LATENT_MODE_ENCODE))
    return TRUE;
  latent_page_add_heading (page, "Latents");
  g_autoptr (LatentCloud) cloud = latent_cloud_new (self->model, &settings, &inner);
  if (cloud)
    return draw_latents (self, cloud, page, error);
  if (g_error_matches (inner, LATENT_ERROR, LATENT_ERROR_SHAPE) ||
      g_error_matches (inner, LATENT_ERROR, LATENT_ERROR_LIMIT) ||
      g_error_matches (inner, LATENT_ERROR, LATENT_ERROR_FORMAT)) {
    latent_page_add_text (page, inner->message);
    return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&inner));
  return FALSE;
}

gboolean
latent_report_write (const LatentReport *self, const char *path, GError **error)
{
  g_autofree char *name = g_path_get_basename (latent_model_get_path (self->model));
  g_autofree char *inputs = g_strjoinv (", ", self->inputs);
  g_autofree char *measured = g_strdup_printf ("Measured on %s.", inputs);
  g_autoptr (GVariant) about = latent_model_describe (self->model, error);
  g_autoptr (LatentPage) page = latent_page_new (name);
  g_autoptr (LatentLabels) labels = NULL;
  if (!about)
    return FALSE;
  gboolean classes = g_strcmp0 (
                         latent_model_get_metadata (self->model, "latent.head"), "regress") != 0;
  if (self->labels && classes && !(labels = latent_labels_load (self->labels, TRUE, error)))
    return FALSE;
  latent_page_add_text (page, measured);
  latent_page_add_heading (page, "Numbers");
  add_results (page, self->result);
  add_bottleneck (self, page);
  if (!add_reconstructions (self, page, error) || !add_latents (self, labels, page, error))
    return FALSE;
  latent_page_add_heading (page, "The model");
  add_facts (page, about);
  return latent_page_save (page, path, error);
}
