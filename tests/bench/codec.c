/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/base/limits.h"
#include "src/base/parallel.h"
#include "src/codec/prior-private.h"
#include "src/codec/symbols.h"
#include "src/media/npy.h"
#include "table.h"

/* bench-codec [OPTION...] LATENTS.npy...: latents as `latent encode` writes them, quantised by one
 * step, coded and decoded by the symbol coder. A line for each file: bytes; those of one adaptive
 * binary tree for each channel over the same symbols (what the counts of a channel would cost,
 * coder not counted) and their ratio; decisions; what encoding and decoding take of processor time;
 * with more than one slice, of time on as many threads.
 * At the end the geometric means. What is decoded is compared with what was encoded. */

typedef struct {
  guint channels, height, width, frames;
  gint16 *symbols;
} Clip;

typedef struct {
  double bytes, table, decisions, encode, decode;
} Result;

static double step = 1, hysteresis = 0.5;
static gboolean use_previous, brief, print_default;
static gint slices = 1, max_frames, first_frame;
static char *dump, **fit;

static const GOptionEntry entries[] = {
    {"step",       's', 0, G_OPTION_ARG_DOUBLE, &step, "Of the quantiser (1)", "X"},
    {"hysteresis",           0, 0, G_OPTION_ARG_DOUBLE, &hysteresis,
     "A symbol stays while the latent is so near to it, in steps (0.5: no hysteresis)", "X"},
    {"slices",       0, 0, G_OPTION_ARG_INT, &slices, "Bands of rows (1)", "N"},
    {"first",         0, 0, G_OPTION_ARG_INT, &first_frame, "Leave out so many frames", "N"},
    {"frames", 0, 0, G_OPTION_ARG_INT, &max_frames, "Take so many frames at most", "N"},
    {"previous",           'p', 0, G_OPTION_ARG_NONE, &use_previous, "With the frame before as context",
     NULL},
    {"brief", 'b', 0, G_OPTION_ARG_NONE, &brief, "Means alone", NULL},
    {"fit",         0, 0, G_OPTION_ARG_FILENAME_ARRAY, &fit, "Fit a prior on latents first", "FILE"},
    {"dump",     0, 0, G_OPTION_ARG_FILENAME, &dump,
     "Write the symbols, int8 if all fit, else int16: DUMP.N for the Nth file", "DUMP"},
    {"print-default",           0, 0, G_OPTION_ARG_NONE, &print_default,
     "Print what is built in (src/codec/prior-default.c), from STEP:FILE...", NULL},
    {NULL    },
};

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static gsize
count_frame (const Clip *clip)
{
  return (gsize)clip->channels * clip->height * clip->width;
}

static void
quantise (const float *values, const gint16 *before, gint16 *symbols, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    double value = CLAMP (values[i] / step, -32767, 32767);
    gboolean stays = before != NULL && fabs (value - before[i]) < hysteresis;
    symbols[i] = stays ? before[i] : (gint16)lrint (value);
  }
}

static void
read_clip (Clip *clip, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentArrayFile) file = latent_array_file_open (path, &error);
  const LatentArrayHeader *header = file != NULL ? latent_array_file_get_header (file) : NULL;
  g_autofree float *values = NULL;
  gsize n;

  if (header == NULL || header->shape.n != 4) {
    fprintf (stderr, "%s: %s\n", path, error != NULL ? error->message : "not N x C x H x W");
    exit (1);
  }
  *clip = (Clip){header->shape.dims[1], header->shape.dims[2], header->shape.dims[3],
      header->shape.dims[0], NULL};
  n = count_frame (clip);
  values = g_new (float, n);
  clip->symbols = g_new (gint16, n * (gsize)clip->frames);
  for (gint skipped = 0; skipped < first_frame; skipped++, clip->frames--)
    latent_array_file_read (file, values, 1, NULL);
  if (max_frames > 0)
    clip->frames = MIN (clip->frames, (guint)max_frames);
  for (guint f = 0; f < clip->frames; f++) {
    gint16 *symbols = clip->symbols + n * f;
    latent_array_file_read (file, values, 1, NULL);
    quantise (values, f > 0 ? symbols - n : NULL, symbols, n);
  }
}

static double
measure_table (const Clip *clip)
{
  const gsize places = (gsize)clip->height * clip->width;
  double bits = 0;

  for (guint c = 0; c < clip->channels; c++) {
    Table table = {0};
    for (guint f = 0; f < clip->frames; f++)
      for (gsize i = 0; i < places; i++)
        bits += cost_symbol (&table, clip->symbols[((gsize)f * clip->channels + c) * places + i]);
  }
  return bits / 8;
}

static void
run_slice (const Clip *clip, LatentPrior *prior, guint begin, guint end, Result *result)
{
  const gsize n = count_frame (clip), first = (gsize)begin * clip->width;
  const gsize part = n / clip->channels, many = (gsize)(end - begin) * clip->width;
  g_autoptr (LatentSymbolCoder) encoder = latent_symbol_coder_new (
      prior, clip->channels, clip->height, clip->width, begin, end);
  g_autoptr (LatentSymbolCoder) decoder = latent_symbol_coder_new (
      prior, clip->channels, clip->height, clip->width, begin, end);
  g_autofree guint8 *bytes = g_malloc (latent_symbol_coder_get_bound (encoder));
  g_autofree gint16 *decoded = g_new0 (gint16, n);

  for (guint f = 0; f < clip->frames; f++) {
    const gint16 *symbols = clip->symbols + n * f;
    const gint16 *previous = f > 0 && use_previous ? symbols - n : NULL;
    double begun = now (), encoded;
    gsize size;
    if (previous == NULL)
      latent_symbol_coder_reset (encoder), latent_symbol_coder_reset (decoder);
    size = latent_symbol_coder_encode (encoder, symbols, previous, bytes);
    encoded = now ();
    latent_symbol_coder_decode (decoder, bytes, size, previous, decoded);
    result->decode += now () - encoded;
    result->encode += encoded - begun;
    result->bytes += (double)size;
    for (guint c = 0; c < clip->channels; c++)
      if (memcmp (decoded + part * c + first, symbols + part * c + first, 2 * many) != 0)
        g_error ("frame %u, channel %u: what was decoded differs", f, c);
  }
  result->decisions += (double)latent_symbol_coder_get_decisions (encoder);
}

/* Slices of a frame at once, as a stream codes them. */
typedef struct {
  LatentSymbolCoder *encoders[LATENT_LIMIT_SLICES];
  LatentSymbolCoder *decoders[LATENT_LIMIT_SLICES];
  guint8 *bytes[LATENT_LIMIT_SLICES];
  gsize sizes[LATENT_LIMIT_SLICES];
  const gint16 *symbols, *previous;
  gint16 *decoded;
} Side;

static void
encode_sides (gsize begin, gsize end, gpointer data)
{
  Side *side = data;

  for (gsize s = begin; s < end; s++)
    side->sizes[s] = latent_symbol_coder_encode (
        side->encoders[s], side->symbols, side->previous, side->bytes[s]);
}

static void
decode_sides (gsize begin, gsize end, gpointer data)
{
  Side *side = data;

  for (gsize s = begin; s < end; s++)
    latent_symbol_coder_decode (
        side->decoders[s], side->bytes[s], side->sizes[s], side->previous, side->decoded);
}

static double
wall (void)
{
  return (double)g_get_monotonic_time () * 1e-6;
}

/* Seconds of a frame, the median; processors' time would count both. */
static double
get_median (GArray *times)
{
  return g_array_index (times, double, times->len / 2);
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static void
run_side_by_side (const Clip *clip, LatentPrior *prior)
{
  const gsize n = count_frame (clip);
  const guint n_slices = (guint)slices;
  g_autoptr (GArray) encode = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) decode = g_array_new (FALSE, FALSE, sizeof (double));
  g_autofree gint16 *decoded = g_new0 (gint16, n);
  Side side = {.decoded = decoded};

  for (guint s = 0; s < n_slices; s++) {
    guint begin = clip->height * s / n_slices, end = clip->height * (s + 1) / n_slices;
    side.encoders[s] = latent_symbol_coder_new (
        prior, clip->channels, clip->height, clip->width, begin, end);
    side.decoders[s] = latent_symbol_coder_new (
        prior, clip->channels, clip->height, clip->width, begin, end);
    side.bytes[s] = g_malloc (latent_symbol_coder_get_bound (side.encoders[s]));
  }
  for (guint f = 0; f < clip->frames; f++) {
    double times[3];
    side.symbols = clip->symbols + n * f;
    side.previous = f > 0 && use_previous ? side.symbols - n : NULL;
    for (guint s = 0; side.previous == NULL && s < n_slices; s++) {
      latent_symbol_coder_reset (side.encoders[s]);
      latent_symbol_coder_reset (side.decoders[s]);
    }
    times[0] = wall ();
    latent_parallel (n_slices, n_slices, 1, encode_sides, &side);
    times[1] = wall ();
    latent_parallel (n_slices, n_slices, 1, decode_sides, &side);
    times[2] = wall ();
    for (guint i = 0; i < 2; i++)
      times[i] = times[i + 1] - times[i];
    g_array_append_val (encode, times[0]);
    g_array_append_val (decode, times[1]);
    if (memcmp (decoded, side.symbols, n * sizeof *decoded) != 0)
      g_error ("frame %u: what was decoded differs", f);
  }
  g_array_sort (encode, compare_times);
  g_array_sort (decode, compare_times);
  printf ("%-24s %u slices on %u threads: encode %.2f, decode %.2f ms a frame (median)\n", "",
      n_slices, n_slices, get_median (encode) * 1e3, get_median (decode) * 1e3);
  for (guint s = 0; s < n_slices; s++) {
    latent_symbol_coder_free (side.encoders[s]);
    latent_symbol_coder_free (side.decoders[s]);
    g_free (side.bytes[s]);
  }
}

static void
dump_symbols (const Clip *clip, guint number)
{
  const gsize n = count_frame (clip) * clip->frames;
  g_autofree char *path = g_strdup_printf ("%s.%u", dump, number);
  g_autofree gint8 *small = g_new (gint8, n);
  gboolean fits = TRUE;

  for (gsize i = 0; i < n; i++) {
    small[i] = (gint8)clip->symbols[i];
    fits = fits && small[i] == clip->symbols[i];
  }
  g_file_set_contents (path, fits ? (const char *)small : (const char *)clip->symbols,
      (gssize)(fits ? n : 2 * n), NULL);
}

static void
add_clip (LatentPriorFit *self, const Clip *clip)
{
  const gsize n = count_frame (clip);

  latent_prior_fit_resize (self, clip->height, clip->width);
  for (guint f = 0; f < clip->frames; f++) {
    const gint16 *symbols = clip->symbols + n * f;
    latent_prior_fit_add (self, symbols, f > 0 && use_previous ? symbols - n : NULL);
  }
}

static int
print_tables (int argc, char **argv)
{
  g_autofree LatentPriorFit **fits = g_new0 (LatentPriorFit *, argc);
  g_autofree char *text = NULL;

  for (int i = 1; i < argc; i++) {
    const char *file = strchr (argv[i], ':');
    Clip clip;
    step = g_ascii_strtod (argv[i], NULL);
    read_clip (&clip, file != NULL ? file + 1 : "");
    fits[i - 1] = latent_prior_fit_new (clip.channels, clip.height, clip.width);
    add_clip (fits[i - 1], &clip);
    g_free (clip.symbols);
  }
  text = latent_prior_fit_print_default (fits, (guint)argc - 1);
  printf ("%s\n", text);
  for (int i = 1; i < argc; i++)
    latent_prior_fit_free (fits[i - 1]);
  return 0;
}

static LatentPrior *
fit_prior (guint channels)
{
  g_autoptr (LatentPriorFit) self = latent_prior_fit_new (channels, 1, 1);
  g_autofree char *text = NULL;
  LatentPrior *prior;

  for (guint i = 0; fit[i] != NULL; i++) {
    Clip clip;
    read_clip (&clip, fit[i]);
    add_clip (self, &clip);
    g_free (clip.symbols);
  }
  prior = latent_prior_fit_finish (self);
  text = latent_prior_to_text (prior);
  if (!brief)
    printf ("prior of %u channels: %zu characters\n", channels, strlen (text));
  return prior;
}

static void
print_result (const char *path, const Clip *clip, const Result *r)
{
  g_autofree char *name = g_path_get_basename (path);

  printf ("%-24s %8.0f bytes, table %8.0f, ratio %.3f; %8.0f decisions a frame (%.3f a symbol); "
          "encode %5.1f, decode %5.1f ns a decision, %.2f, %.2f ms a frame\n",
      name, r->bytes, r->table, r->bytes / r->table, r->decisions / clip->frames,
      r->decisions / clip->frames / (double)count_frame (clip), r->encode / r->decisions * 1e9,
      r->decode / r->decisions * 1e9, r->encode / clip->frames * 1e3,
      r->decode / clip->frames * 1e3);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("LATENTS.npy...");
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentPrior) prior = NULL;
  Result sum = {0};

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 2) {
    fprintf (stderr, "%s\n", error != NULL ? error->message : "wanted LATENTS.npy...");
    return 2;
  }
  slices = CLAMP (slices, 1, LATENT_LIMIT_SLICES);
  if (print_default)
    return print_tables (argc, argv);
  for (int i = 1; i < argc; i++) {
    Result result = {0};
    Clip clip;
    read_clip (&clip, argv[i]);
    if (prior == NULL)
      prior = fit != NULL ? fit_prior (clip.channels) : latent_prior_new_default (clip.channels);
    for (gint s = 0; s < slices; s++)
      run_slice (&clip, prior, clip.height * (guint)s / (guint)slices,
          clip.height * (guint)(s + 1) / (guint)slices, &result);
    result.table = measure_table (&clip);
    if (!brief)
      print_result (argv[i], &clip, &result);
    if (!brief && slices > 1)
      run_side_by_side (&clip, prior);
    if (dump != NULL)
      dump_symbols (&clip, (guint)i);
    sum.bytes += log (result.bytes);
    sum.table += log (result.table);
    sum.decode += result.decode;
    sum.encode += result.encode;
    sum.decisions += result.decisions;
    g_free (clip.symbols);
  }
  printf ("geometric mean %.1f bytes, ratio %.4f; encode %.2f, decode %.2f ns a decision\n",
      exp (sum.bytes / (argc - 1)), exp ((sum.bytes - sum.table) / (argc - 1)),
      sum.encode / sum.decisions * 1e9, sum.decode / sum.decisions * 1e9);
  return 0;
}
