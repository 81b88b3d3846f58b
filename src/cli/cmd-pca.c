/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/output.h"
#include "src/cli/command.h"
#include "src/cli/learner.h"
#include "src/cli/options.h"
#include "src/cli/progress.h"
#include "src/cli/result.h"
#include "src/media/array.h"
#include "src/media/format.h"

#define DEFAULT_TILE 16 /* pixels each way */

static gint k, every = 1, window, hop, rate, channels;
static gint64 max_frames;
static char *output, *tile, *format;

static const GOptionEntry options[] = {
    {"latents", 'k', 0, G_OPTION_ARG_INT, &k, "Numbers a sample is reduced to", "K"},
    {"output",        'o', 0, G_OPTION_ARG_FILENAME, &output, "The model to write", "MODEL"},
    {"tile",       0, 0, G_OPTION_ARG_STRING, &tile,
     "Size of the tiles of frames that are samples (16x16), or 'frame': whole frames", "WxH"},
    {"format",      0, 0, G_OPTION_ARG_STRING, &format,
     "I420, RGB or GRAY8 pictures, or audio; default: I420, audio for files that have sound "
        "alone, "
        "vectors for NPY and IDX", "FORMAT"},
    {"every",  0, 0, G_OPTION_ARG_INT, &every, "Take one frame or vector of N (1)", "N"},
    {"max-frames",        0, 0, G_OPTION_ARG_INT64, &max_frames, "Take so many at most", "N"},
    {"window",  0, 0, G_OPTION_ARG_INT, &window, "For sound: samples of a window (20 ms of them)",
     "N"},
    {"hop",  0, 0, G_OPTION_ARG_INT, &hop, "For sound: new samples of each window (all)", "N"},
    {"rate",    0, 0, G_OPTION_ARG_INT, &rate, "For sound: samples a second (as it comes)", "HZ"},
    {"channels",        0, 0, G_OPTION_ARG_INT, &channels, "For sound: channels (as it comes)", "N"},
    {0   },
};

static const char *const format_names[] = {"RGB", "GRAY8", "I420", "audio", NULL};
enum { FORMAT_AUDIO = 3 };
static const LatentPixelFormat pixel_formats[] = {
    [LATENT_COLOR_RGB] = LATENT_PIXEL_FORMAT_RGB,
    [LATENT_COLOR_GRAY8] = LATENT_PIXEL_FORMAT_GRAY8,
    [LATENT_COLOR_I420] = LATENT_PIXEL_FORMAT_I420,
};

static gboolean
check_numbers (GError **error)
{
  const struct {
    const char *name;
    gint64 value;
    gint64 least;
    gint64 most;
  } checks[] = {
      {"-k",           k,          1, G_MAXINT  },
      {"--every",      every,      1, G_MAXINT  },
      {"--max-frames", max_frames, 0, G_MAXINT64},
      {"--window",     window,     0, 1 << 20   },
      {"--hop",        hop,        0, 1 << 20   },
      {"--rate",       rate,       0, 768000    },
      {"--channels",   channels,   0, 6         },
  };
  if (!latent_option_require ("-k K", k ? "given" : NULL, error) ||
      !latent_option_require ("-o MODEL", output, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (checks); i++) {
    if (checks[i].value >= checks[i].least && checks[i].value <= checks[i].most)
      continue;
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "%s: %" G_GINT64_FORMAT " is not between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT,
        checks[i].name, checks[i].value, checks[i].least, checks[i].most);
    return FALSE;
  }
  if (window && hop > window) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--hop: %d is more than the window of %d", hop, window);
    return FALSE;
  }
  return TRUE;
}

static gboolean
choose_tile (LatentMediaInfo *media, GError **error)
{
  guint density = latent_layout_get (media->color)->density;
  media->tile_width = media->tile_height = DEFAULT_TILE;
  if (!tile)
    return TRUE;
  if (strcmp (tile, "frame") == 0) {
    media->tile_width = media->tile_height = 0;
    return TRUE;
  }
  if (!latent_option_parse_size ("--tile", tile, &media->tile_width, &media->tile_height, error))
    return FALSE;
  if (media->tile_width % density == 0 && media->tile_height % density == 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--tile: %s: tiles of I420 have an even width and height", tile);
  return FALSE;
}

/* What the samples are: as the options say, else as the first input looks. */
static gboolean
choose_media (const char *input, LatentMediaInfo *media, GError **error)
{
  guint named = LATENT_COLOR_I420;
  *media = (LatentMediaInfo){.kind = LATENT_MEDIA_VIDEO};
  if (format && !latent_option_parse_name ("--format", format, format_names, &named, error))
    return FALSE;
  if (format && named == FORMAT_AUDIO)
    media->kind = LATENT_MEDIA_AUDIO;
  else if (!format && !tile)
    media->kind = latent_source_guess_kind (input);
  if (media->kind == LATENT_MEDIA_AUDIO) {
    media->window = (guint)window;
    media->hop = (guint)hop;
  }
  if (media->kind != LATENT_MEDIA_VIDEO)
    return TRUE;
  /* Arrays of pictures hold no I420. */
  if (!format && latent_array_file_probe (input))
    named = LATENT_COLOR_GRAY8;
  media->color = (LatentColor)named;
  return choose_tile (media, error);
}

static gboolean
learn (LatentLearner *learner, LatentSource *source, LatentProgress *progress, GError **error)
{
  LatentSample sample;
  LatentSourceResult result = latent_source_next (source, &sample, error);
  for (; result == LATENT_SOURCE_SAMPLE; result = latent_source_next (source, &sample, error)) {
    if (!latent_learner_put (learner, &sample, error))
      return FALSE;
    latent_progress_update (
        progress, latent_source_get_progress (source), latent_source_get_count (source));
  }
  return result == LATENT_SOURCE_END;
}

static void
print_pca (const LatentLearner *learner, LatentProgress *progress, gboolean json)
{
  const LatentPca *pca = latent_learner_get_pca (learner);
  gsize rank = latent_pca_get_rank (pca);
  double seconds = latent_progress_clear (progress);
  if (rank < (gsize)k)
    latent_progress_note (progress,
        "only %" G_GSIZE_FORMAT " of %d latents vary in these samples; the others are 0", rank, k);
  GVariantBuilder builder;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (
      &builder, "{sv}", "d", g_variant_new_uint64 (latent_learner_get_size (learner)));
  g_variant_builder_add (&builder, "{sv}", "k", g_variant_new_uint64 ((guint64)k));
  g_variant_builder_add (
      &builder, "{sv}", "samples", g_variant_new_uint64 (latent_pca_get_samples (pca)));
  g_variant_builder_add (
      &builder, "{sv}", "explained", g_variant_new_double (latent_pca_get_explained (pca)));
  g_variant_builder_add (
      &builder, "{sv}", "train_mse", g_variant_new_double (latent_pca_get_mse (pca)));
  g_variant_builder_add (&builder, "{sv}", "seconds", g_variant_new_double (seconds));
  g_autoptr (GVariant) result = g_variant_ref_sink (g_variant_builder_end (&builder));
  latent_result_print (json, result);
}

static gboolean
run_pca (const LatentCommandLine *line, GError **error)
{
  LatentMediaInfo media;
  LatentProgress progress;
  if (!check_numbers (error) || !choose_media (line->arguments[0], &media, error) ||
      !latent_output_check (output, error))
    return FALSE;
  const char *unit[] = {
      [LATENT_MEDIA_VECTOR] = "vectors",
      [LATENT_MEDIA_VIDEO] = "frames",
      [LATENT_MEDIA_AUDIO] = "buffers",
  };
  latent_progress_init (&progress, unit[media.kind]);
  LatentSourceSettings settings = {
      .kind = media.kind,
      .format = pixel_formats[media.color],
      .rate = (guint)rate,
      .channels = (guint)channels,
      .every = (guint)every,
      .max = (guint64)max_frames,
  };
  g_autoptr (LatentLearner) learner = latent_learner_new (&media);
  g_autoptr (LatentSource) source = latent_source_new (line->arguments, &settings, error);
  if (!source || !learn (learner, source, &progress, error)) {
    latent_progress_clear (&progress);
    return FALSE;
  }
  /* So that the model takes such arrays again. */
  double scale = media.kind == LATENT_MEDIA_VECTOR ? latent_source_get_scale (line->arguments[0])
                                                   : 0;
  g_autoptr (LatentModel) model = latent_learner_finish (learner, (gsize)k, scale, error);
  if (!model || !latent_model_save (model, output, error))
    return FALSE;
  print_pca (learner, &progress, line->json);
  return TRUE;
}

const LatentCommand latent_command_pca = {
    "pca",
    "INPUT... -k K -o MODEL",
    "Learn the best linear autoencoder, in closed form",
    "Frames are cut into tiles, and the model is convolutional: it takes frames of any size. "
    "--tile frame learns whole frames, "
    "for a camera that does not move; its model takes that size alone. NPY and IDX files are "
    "vectors, uint8 scaled to 0 to "
    "1, unless --tile or --format says that they are pictures. \n\nMemory does not grow with the "
    "number of samples. Up to 6144 "
    "numbers a sample the result is exact; above, it is while the samples fit in 1 GiB, and nearly "
    "so beyond.\n\n"
    "train_mse is per number, 8-bit levels taken as 0 to 1.\n\nExample: latent pca clip.avi -k 24 "
    "-o camera.onnx --every 4",
    options,
    1,
    0,
    run_pca,
};
