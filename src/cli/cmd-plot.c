/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/error.h>
#include <string.h>

#include "src/base/output.h"
#include "src/cli/basis.h"
#include "src/cli/command.h"
#include "src/cli/curve.h"
#include "src/cli/draws.h"
#include "src/cli/gallery.h"
#include "src/cli/options.h"
#include "src/cli/plot.h"
#include "src/cli/reconstruct.h"
#include "src/cli/result.h"
#include "src/cli/scatter.h"
#include "src/cli/traverse.h"

#define MAX_COUNT      4096
#define MAX_DIMENSIONS 64
#define N_BASIS        16
#define BASIS_CELL     138
#define SHEET_WIDTH    1180
#define THUMBNAIL      28

static char *kind, *output, *labels, *dimensions;
static gint count = 64, every = 1, threads;
static gint64 max_frames, sample = -1, seed = 1;
static gboolean pictures;

static const GOptionEntry options[] = {
    {"kind",                                             'K', 0, G_OPTION_ARG_STRING, &kind, "What to draw",
     "scatter|traverse|reconstruct|samples|basis|curve"},
    {"output",                                                 'o', 0, G_OPTION_ARG_FILENAME, &output, "The picture to write, .png or .svg",
     "FILE"},
    {"labels",                                             0, 0, G_OPTION_ARG_FILENAME, &labels,
     "scatter: the samples' classes (IDX or NPY), which give colours", "FILE"},
    {"dimensions", 0, 0, G_OPTION_ARG_STRING, &dimensions,
     "scatter: the two latents shown, from 0 on (those that vary most); traverse: those moved "
        "(the "
        "first 10)", "I,J"},
    {"pictures",                                           0, 0, G_OPTION_ARG_NONE, &pictures,
     "scatter: the samples themselves instead of points", NULL},
    {"sample",                                                 0, 0, G_OPTION_ARG_INT64, &sample,
     "traverse: begin at this sample, from 0 on (the mean of all)", "N"},
    {"count",                                           0, 0, G_OPTION_ARG_INT, &count, "samples: how many (64)", "N"},
    {"seed",                                             0, 0, G_OPTION_ARG_INT64, &seed, "samples: of the random numbers (1)", "N"},
    {"every",                                           0, 0, G_OPTION_ARG_INT, &every, "Take one frame or vector of N (1)", "N"},
    {"max-frames",                                                 0, 0, G_OPTION_ARG_INT64, &max_frames, "Take so many at most", "N"},
    {"threads",                                           0, 0, G_OPTION_ARG_INT, &threads, "Default: all processors", "N"},
    {0                                           },
};

/* What is drawn. */
typedef struct {
  LatentModel *model; /* none for curves */
  const char *path;   /* of the model, or of a curve's table */
  char *name;
  char **inputs;
  LatentLabels *labels;
  LatentCloud *cloud; /* where the kind wants it and there are inputs */
  guint dimensions[MAX_DIMENSIONS];
  guint n_dimensions;
  guint threads;
  LatentChartFormat format;
} Job;

static void
clear_job (Job *self)
{
  g_clear_pointer (&self->model, latent_model_unref);
  g_clear_pointer (&self->labels, latent_labels_free);
  g_clear_pointer (&self->cloud, latent_cloud_free);
  g_clear_pointer (&self->name, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Job, clear_job)

static GBytes *
draw_scatter (Job *job, GError **error)
{
  return latent_scatter_draw (job->cloud, job->name, job->n_dimensions ? job->dimensions : NULL,
      pictures, job->format, error);
}

static GBytes *
draw_traverse (Job *job, GError **error)
{
  return latent_traverse_draw (
      job->model, job->cloud, job->name, job->dimensions, job->n_dimensions, job->format, error);
}

static GBytes *
draw_reconstruct (Job *job, GError **error)
{
  LatentProgress progress;
  guint64 samples;
  latent_progress_init (&progress, "samples");
  g_autoptr (LatentGallery) gallery = latent_gallery_new ();
  g_autoptr (LatentRebuilder)
      rebuilder = latent_rebuilder_new (job->model, job->threads, latent_gallery_add, gallery);
  gboolean good = latent_reconstruct (rebuilder, job->model, job->inputs, (guint)every,
      (guint64)max_frames, &progress, &samples, error);
  latent_progress_clear (&progress);
  if (!good)
    return NULL;
  g_autofree char *title = latent_reconstruct_make_title (rebuilder, job->model);
  return latent_gallery_draw (gallery, job->model, title, FALSE, job->format, error);
}

static GBytes *
draw_samples (Job *job, GError **error)
{
  return latent_draws_draw (
      job->model, job->cloud, job->name, (guint)count, (guint64)seed, job->format, error);
}

static GBytes *
draw_basis (Job *job, GError **error)
{
  g_autoptr (GPtrArray) basis = latent_basis_plot (job->model, N_BASIS, BASIS_CELL, NULL, error);
  if (!basis)
    return NULL;
  g_autofree char *label = g_strdup_printf (LATENT_BASIS_LABEL, basis->len);
  g_autoptr (LatentSheet) sheet = latent_sheet_new (job->name, SHEET_WIDTH);
  latent_sheet_add (sheet, label, basis, BASIS_CELL);
  return latent_sheet_draw (sheet, job->format, error);
}

static GBytes *
draw_curve (Job *job, GError **error)
{
  g_autoptr (LatentCurve) curve = latent_curve_load (job->path, error);
  return curve ? latent_curve_draw (curve, job->name, job->format, error) : NULL;
}

/* Options that kinds have apart. */
enum { LABELS = 1, DIMENSIONS = 2, PICTURES = 4, SAMPLE = 8, COUNT = 16, SEED = 32 };

/* What comes of INPUT. */
typedef enum {
  INPUT_NONE,
  INPUT_SAMPLES, /* must be given */
  INPUT_CLOUD,   /* must be given, and encoded */
  INPUT_PRIOR,   /* the same but for variational models, which need none */
} InputUse;

static const struct {
  const char *name;
  guint options;
  InputUse input;
  gboolean decodes;
  GBytes *(*draw) (Job *job, GError **error);
} kinds[] = {
    {"scatter",     LABELS | DIMENSIONS | PICTURES, INPUT_CLOUD,   FALSE, draw_scatter    },
    {"traverse",    DIMENSIONS | SAMPLE,            INPUT_CLOUD,   TRUE,  draw_traverse   },
    {"reconstruct", 0,                              INPUT_SAMPLES, TRUE,  draw_reconstruct},
    {"samples",     COUNT | SEED,                   INPUT_PRIOR,   TRUE,  draw_samples    },
    {"basis",       0,                              INPUT_NONE,    TRUE,  draw_basis      },
    {"curve",       0,                              INPUT_NONE,    FALSE, draw_curve      },
};

static gboolean
find_kind (guint *index, GError **error)
{
  const char *names[G_N_ELEMENTS (kinds) + 1] = {NULL};
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    names[i] = kinds[i].name;
  return latent_option_require ("--kind", kind, error) &&
         latent_option_parse_name ("--kind", kind, names, index, error);
}

static gboolean
check_options (guint index, GError **error)
{
  const struct {
    const char *name;
    guint option;
    gboolean given;
  } given[] = {
      {"--labels",     LABELS,     labels != NULL    },
      {"--dimensions", DIMENSIONS, dimensions != NULL},
      {"--pictures",   PICTURES,   pictures          },
      {"--sample",     SAMPLE,     sample != -1      },
      {"--count",      COUNT,      count != 64       },
      {"--seed",       SEED,       seed != 1         },
  };
  for (guint i = 0; i < G_N_ELEMENTS (given); i++) {
    if (!given[i].given || (kinds[index].options & given[i].option))
      continue;
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s means nothing with --kind %s",
        given[i].name, kinds[index].name);
    return FALSE;
  }
  const struct {
    const char *name;
    gint64 value, least, most;
  } numbers[] = {
      {"--count",      count,      1,  MAX_COUNT },
      {"--seed",       seed,       0,  G_MAXINT64},
      {"--sample",     sample,     -1, G_MAXINT64},
      {"--every",      every,      1,  G_MAXINT  },
      {"--max-frames", max_frames, 0,  G_MAXINT64},
  };
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    if (numbers[i].value >= numbers[i].least && numbers[i].value <= numbers[i].most)
      continue;
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: %" G_GINT64_FORMAT " is not between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT,
        numbers[i].name, numbers[i].value, MAX (numbers[i].least, 0), numbers[i].most);
    return FALSE;
  }
  return TRUE;
}

/* "0,3" */
static gboolean
parse_dimensions (guint index, Job *job, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (dimensions ? dimensions : "", ",", -1);
  guint n = g_strv_length (parts);
  gboolean two = (kinds[index].options & PICTURES) != 0; /* a scatter */
  gboolean good = n <= MAX_DIMENSIONS && (!two || n == 2);
  if (!dimensions)
    return TRUE;
  for (guint i = 0; good && i < n; i++) {
    guint64 value = 0;
    good = g_ascii_string_to_unsigned (parts[i], 10, 0, G_MAXINT, &value, NULL);
    job->dimensions[i] = (guint)value;
  }
  job->n_dimensions = n;
  if (!good || n == 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--dimensions: '%s' is not %s like 0,3", dimensions,
        two ? "two latents" : "a list of at most 64 latents");
  return good && n > 0;
}

static gboolean
check_model (guint index, const Job *job, GError **error)
{
  gboolean prior = kinds[index].input == INPUT_PRIOR && latent_model_is_variational (job->model);
  const struct {
    LatentMode mode;
    const char *name;
    gboolean wanted;
  } parts[] = {
      {LATENT_MODE_ENCODE, "an encoder", kinds[index].input != INPUT_NONE && !prior},
      {LATENT_MODE_DECODE, "a decoder",  kinds[index].decodes                      },
  };
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    if (!parts[i].wanted || latent_model_supports_mode (job->model, parts[i].mode))
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "%s: --kind %s needs %s, and the file has none", job->path, kinds[index].name,
        parts[i].name);
    return FALSE;
  }
  if (pictures && latent_model_get_media_info (job->model)->tile_width > 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "--pictures: %s works on tiles, which are shown as points alone", job->path);
    return FALSE;
  }
  if (job->inputs[0] || kinds[index].input == INPUT_NONE || prior)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "--kind %s needs INPUT after MODEL%s",
      kinds[index].name,
      kinds[index].input == INPUT_PRIOR ? ", since this one is not variational" : "");
  return FALSE;
}

/* Encodes what the kind looks at. */
static gboolean
fill_cloud (guint index, Job *job, GError **error)
{
  InputUse use = kinds[index].input;
  if (use != INPUT_CLOUD && !(use == INPUT_PRIOR && !latent_model_is_variational (job->model)))
    return TRUE;
  LatentCloudSettings settings = {
      .inputs = job->inputs,
      .every = (guint)every,
      .max = (guint64)max_frames,
      .sample = sample,
      .thumbnail = pictures ? THUMBNAIL : 0,
      .threads = job->threads,
  };
  if (labels && !(job->labels = latent_labels_load (labels, TRUE, error))) {
    g_prefix_error (error, "--labels: ");
    return FALSE;
  }
  settings.labels = job->labels;
  job->cloud = latent_cloud_new (job->model, &settings, error);
  for (guint i = 0; job->cloud && i < job->n_dimensions; i++)
    if (!latent_cloud_check_latent (job->cloud, "--dimensions", job->dimensions[i], error))
      return FALSE;
  return job->cloud != NULL;
}

/* As others have numbers to tell, for scripts. */
static void
print_file (void)
{
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "output", g_variant_new_string (output));
  g_autoptr (GVariant) result = g_variant_ref_sink (g_variant_builder_end (&builder));
  latent_result_print (TRUE, result);
}

static gboolean
run_plot (const LatentCommandLine *line, GError **error)
{
  g_auto (Job) job = {.path = line->arguments[0], .inputs = line->arguments + 1};
  guint index;
  if (!find_kind (&index, error) || !latent_option_require ("-o FILE", output, error) ||
      !latent_chart_get_format ("-o", output, &job.format, error) ||
      !check_options (index, error) || !parse_dimensions (index, &job, error) ||
      !latent_option_check_threads (threads, &job.threads, error) ||
      !latent_output_check (output, error))
    return FALSE;
  job.name = g_path_get_basename (job.path);
  if (kinds[index].draw != draw_curve) {
    job.model = latent_model_load (job.path, error);
    if (!job.model || !check_model (index, &job, error) || !fill_cloud (index, &job, error))
      return FALSE;
  }
  g_autoptr (GBytes) bytes = kinds[index].draw (&job, error);
  if (!bytes || !latent_chart_save (bytes, output, error))
    return FALSE;
  if (line->json)
    print_file ();
  return TRUE;
}

const LatentCommand latent_command_plot = {
    "plot",
    "MODEL [INPUT...]",
    "Draw what a model has learned",
    "scatter      two latents of each sample as a point, coloured by class\n"
    "traverse     what is decoded where one latent at a time is lowered and raised, by 3 standard "
    "deviations at most\n"
    "reconstruct  originals over their reconstructions\n"
    "samples      what random latents decode to: of a variational model the prior's; of others, "
    "those of a normal distribution that is fitted to INPUT's latents\n"
    "basis        what single latents stand for: decode (1) - decode (0); needs no INPUT\n"
    "curve        the loss over the steps; MODEL is a table that latent train --curve F.csv "
    "wrote\n\n"
    "Latents are counted from 0. Of a convolutional net a latent is a channel: scatter shows the "
    "mean of its plane, traverse moves all of it.\n\n"
    "Examples:\n"
    "  latent plot mnist-2d.onnx t10k-images-idx3-ubyte.gz --labels t10k-labels-idx1-ubyte.gz "
    "--kind scatter -o map.png\n"
    "  latent plot mnist-vae.onnx --kind samples -o digits.svg",
    options,
    1,
    0,
    run_plot,
};
