/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/codec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/base/crc32c.h"
#include "src/base/parallel.h"
#include "src/codec/stream.h"
#include "src/media/npy.h"
#include "table.h"

/* bench-stream -m MODEL [OPTION...] LATENTS.npy: a clip's latents, as `latent encode` writes them,
 * coded as a stream of video; then each frame's symbols coded and decoded once more by coders of
 * its own, timed. A line for key frames and one for those that are foretold: bytes; what adaptive
 * trees would take of the same, one for each channel over the places that are coded, one for modes
 * and one for vectors; of foretold frames also trees over all symbols of what is shown, as a codec
 * that foretells nothing would have them; decisions a frame and processor time of each; with more
 * than one slice, time on as many threads. Motion is not part of what is timed. */

typedef struct {
  guint frames;
  double bytes, table, plain, decisions, encode, decode;
  GArray *walls[2]; /* seconds of a frame: encoding, decoding */
  GByteArray *dump; /* what was coded, as bytes */
  guint32 crc;
} Result;

/* Coders of all slices, and what they make. */
typedef struct {
  const LatentStream *stream;
  LatentSymbolCoder **encoders, **decoders;
  guint8 **bytes;
  gsize *sizes;
  LatentForetold *foretold, decoded; /* NULL: a key frame */
  gint16 *symbols;
} Side;

static char *model_path, *dump;
static gint quality = 30, slices = 1, max_frames, key_interval, width, height;

static const GOptionEntry entries[] = {
    {"model",      'm', 0, G_OPTION_ARG_FILENAME, &model_path, "Whose latents they are", "FILE"},
    {"quality",           'q', 0, G_OPTION_ARG_INT, &quality, "Of the stream, 0 to 63 (30)", "N"},
    {"slices", 0, 0, G_OPTION_ARG_INT, &slices, "Bands of rows (1)", "N"},
    {"frames",      0, 0, G_OPTION_ARG_INT, &max_frames, "Take so many frames at most", "N"},
    {"key-interval",    0, 0, G_OPTION_ARG_INT, &key_interval,
     "Frames from key frame to key frame (all)", "N"},
    {"width",           0, 0, G_OPTION_ARG_INT, &width, "Of the picture (that of its tiles)", "N"},
    {"height",    0, 0, G_OPTION_ARG_INT, &height, "Likewise", "N"},
    {"dump",         0, 0, G_OPTION_ARG_FILENAME, &dump, "Write what was coded, to DUMP.key and DUMP.delta",
     "DUMP"},
    {NULL    },
};

static void
check (gboolean ok, const char *what, const GError *error)
{
  if (ok)
    return;
  fprintf (stderr, "%s: %s\n", what, error != NULL ? error->message : "failed");
  exit (1);
}

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void
init_side (Side *self, const LatentStream *stream)
{
  const LatentGrid *grid = &stream->sequence.grid;
  const gsize places = (gsize)grid->height * grid->width;

  *self = (Side){.stream = stream};
  self->encoders = g_new (LatentSymbolCoder *, stream->n_slices);
  self->decoders = g_new (LatentSymbolCoder *, stream->n_slices);
  self->bytes = g_new (guint8 *, stream->n_slices);
  self->sizes = g_new (gsize, stream->n_slices);
  self->symbols = g_new0 (gint16, stream->n_symbols);
  self->decoded.modes = g_new (guint8, places);
  self->decoded.vectors = g_new (LatentVector, places * LATENT_PLACE_VECTORS);
  for (guint i = 0; i < stream->n_slices; i++) {
    const guint begin = latent_stream_get_row (stream, i),
                end = latent_stream_get_row (stream, i + 1);
    self->encoders[i] = latent_symbol_coder_new (
        stream->prior, grid->channels, grid->height, grid->width, begin, end);
    self->decoders[i] = latent_symbol_coder_new (
        stream->prior, grid->channels, grid->height, grid->width, begin, end);
    self->bytes[i] = g_malloc (latent_symbol_coder_get_bound (self->encoders[i]));
  }
}

static void
clear_side (Side *self)
{
  for (guint i = 0; i < self->stream->n_slices; i++) {
    latent_symbol_coder_free (self->encoders[i]);
    latent_symbol_coder_free (self->decoders[i]);
    g_free (self->bytes[i]);
  }
  g_free (self->encoders);
  g_free (self->decoders);
  g_free (self->bytes);
  g_free (self->sizes);
  g_free (self->symbols);
  g_free (self->decoded.modes);
  g_free (self->decoded.vectors);
}

static void
start_frame (Side *self, LatentForetold *foretold)
{
  self->foretold = foretold;
  for (guint i = 0; foretold == NULL && i < self->stream->n_slices; i++) {
    latent_symbol_coder_reset (self->encoders[i]);
    latent_symbol_coder_reset (self->decoders[i]);
  }
  if (foretold == NULL)
    return;
  guint8 *modes = self->decoded.modes;
  LatentVector *vectors = self->decoded.vectors;
  self->decoded = *foretold;
  self->decoded.modes = modes;
  self->decoded.vectors = vectors;
}

static void
encode_slices (gsize begin, gsize end, gpointer data)
{
  Side *self = data;

  for (gsize i = begin; i < end; i++)
    self->sizes[i] = self->foretold != NULL
                         ? latent_symbol_coder_encode_foretold (self->encoders[i],
                               self->stream->symbols, self->foretold, self->bytes[i])
                         : latent_symbol_coder_encode (
                               self->encoders[i], self->stream->symbols, NULL, self->bytes[i]);
}

static void
decode_slices (gsize begin, gsize end, gpointer data)
{
  Side *self = data;

  for (gsize i = begin; i < end; i++)
    if (self->foretold != NULL)
      latent_symbol_coder_decode_foretold (
          self->decoders[i], self->bytes[i], self->sizes[i], &self->decoded, self->symbols);
    else
      latent_symbol_coder_decode (
          self->decoders[i], self->bytes[i], self->sizes[i], NULL, self->symbols);
}

static void
compare (const Side *self, const LatentStream *stream)
{
  const gsize places = (gsize)stream->sequence.grid.height * stream->sequence.grid.width;

  for (guint i = 0; i < stream->n_slices; i++)
    check (self->sizes[i] == stream->slices[i].size &&
               memcmp (self->bytes[i], stream->slices[i].data, self->sizes[i]) == 0,
        "bytes are others than the stream's", NULL);
  check (memcmp (self->symbols, stream->symbols, stream->n_symbols * sizeof *self->symbols) == 0,
      "symbols are others", NULL);
  check (self->foretold == NULL || memcmp (self->foretold->modes, self->decoded.modes, places) == 0,
      "modes are others", NULL);
}

static guint64
count_decisions (const Side *self)
{
  guint64 n = 0;

  for (guint i = 0; i < self->stream->n_slices; i++)
    n += latent_symbol_coder_get_decisions (self->encoders[i]);
  return n;
}

static void
time_frame (Side *alone, Side *beside, LatentForetold *foretold, Result *result)
{
  const guint n = alone->stream->n_slices;
  const guint64 decisions = count_decisions (alone);
  double times[3];

  start_frame (alone, foretold);
  start_frame (beside, foretold);
  times[0] = now ();
  encode_slices (0, n, alone);
  times[1] = now ();
  decode_slices (0, n, alone);
  times[2] = now ();
  result->encode += times[1] - times[0];
  result->decode += times[2] - times[1];
  result->decisions += (double)(count_decisions (alone) - decisions);
  compare (alone, alone->stream);
  for (guint i = 0; i < 2; i++) {
    gint64 begun = g_get_monotonic_time ();
    double wall;
    latent_parallel (n, n, 1, i == 0 ? encode_slices : decode_slices, beside);
    wall = (double)(g_get_monotonic_time () - begun) * 1e-6;
    g_array_append_val (result->walls[i], wall);
  }
  compare (beside, alone->stream);
}

/* The trees of one kind of frame. */
typedef struct {
  Table *channels, *plain;
  Table modes, vectors;
} Trees;

static void
put_number (GByteArray *dump_to, gint number)
{
  guint8 bytes[3] = {(guint8)number, (guint8)number, (guint8)(number >> 8)};

  /* a byte where it suffices */
  if (number >= -127 && number <= 127) {
    g_byte_array_append (dump_to, bytes, 1);
  } else {
    bytes[0] = 128;
    g_byte_array_append (dump_to, bytes, 3);
  }
}

static double
measure_kinds (const LatentForetold *foretold, gsize places, Trees *trees, GByteArray *dump_to)
{
  LatentVector last = {0};
  double bits = 0;

  for (gsize i = 0; i < places; i++) {
    bits += cost_symbol (&trees->modes, foretold->modes[i]);
    put_number (dump_to, foretold->modes[i]);
    const guint n = foretold->modes[i] == LATENT_PLACE_SPLIT   ? LATENT_PLACE_VECTORS
                    : foretold->modes[i] == LATENT_PLACE_MOVED ? 1
                                                               : 0;
    for (guint k = 0; k < n; k++) {
      const LatentVector vector = foretold->vectors[i * LATENT_PLACE_VECTORS + k];
      const gint x = latent_vector_is_memory (vector) ? 0 : vector.x - last.x;
      const gint y = latent_vector_is_memory (vector) ? 0 : vector.y - last.y;
      bits += cost_symbol (&trees->vectors, x) + cost_symbol (&trees->vectors, y);
      put_number (dump_to, x);
      put_number (dump_to, y);
      if (!latent_vector_is_memory (vector))
        last = vector;
    }
  }
  return bits;
}

static void
measure (const LatentStream *stream, const LatentForetold *foretold, Trees *trees, Result *result)
{
  const LatentGrid *grid = &stream->sequence.grid;
  const gsize places = (gsize)grid->height * grid->width;
  double bits = 0;

  if (foretold != NULL)
    bits += measure_kinds (foretold, places, trees, result->dump);
  for (guint c = 0; c < grid->channels; c++)
    for (gsize i = 0; i < places; i++) {
      const gint symbol = stream->symbols[c * places + i];
      if (foretold != NULL && foretold->modes[i] == LATENT_PLACE_HELD)
        continue;
      bits += cost_symbol (&trees->channels[c], symbol);
      put_number (result->dump, symbol);
    }
  result->table += bits / 8;
}

/* What is shown, in steps. */
static void
measure_plain (LatentStream *stream, guint frame_quality, Trees *trees, Result *result)
{
  const LatentGrid *grid = &stream->sequence.grid;
  const gsize places = (gsize)grid->height * grid->width;
  const double step = latent_predictor_get_step (frame_quality);
  g_autofree float *units = g_new (float, grid->channels);
  double bits = 0;

  latent_predictor_get_units (stream->sequence.steps, grid->channels, units);
  latent_stream_get_held (stream, 0, stream->planes);
  for (guint c = 0; c < grid->channels; c++)
    for (gsize i = 0; i < places; i++)
      bits += cost_symbol (&trees->plain[c],
          (gint)lrint ((double)(stream->planes[c * places + i] / units[c]) / step));
  result->plain += bits / 8;
}

static void
init_result (Result *self, Trees *trees, guint channels)
{
  *self = (Result){.dump = g_byte_array_new ()};
  for (guint i = 0; i < 2; i++)
    self->walls[i] = g_array_new (FALSE, FALSE, sizeof (double));
  *trees = (Trees){.channels = g_new0 (Table, channels), .plain = g_new0 (Table, channels)};
}

static void
clear_result (Result *self, Trees *trees)
{
  g_byte_array_unref (self->dump);
  g_array_unref (self->walls[0]);
  g_array_unref (self->walls[1]);
  g_free (trees->channels);
  g_free (trees->plain);
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double
get_median (GArray *times)
{
  g_array_sort (times, compare_times);
  return g_array_index (times, double, times->len / 2) * 1e3;
}

static void
print_result (const char *what, const LatentStream *stream, const Result *r)
{
  const LatentStreamInfo *info = &stream->sequence.info;

  if (r->frames == 0)
    return;
  printf ("quality %d, %s: %u frames, %.0f bytes a frame (%.3f bits a pixel), crc %08x; table "
          "%.0f, ratio "
          "%.3f; ",
      quality, what, r->frames, r->bytes / r->frames,
      8 * r->bytes / r->frames / info->width / info->height, r->crc, r->table / r->frames,
      r->bytes / r->table);
  if (r->plain > 0)
    printf ("table of what is shown %.0f, ratio %.3f; ", r->plain / r->frames, r->bytes / r->plain);
  printf ("%.0f decisions a frame; encode %.1f, decode %.1f ns a decision, %.2f, %.2f ms a frame",
      r->decisions / r->frames, r->encode / r->decisions * 1e9, r->decode / r->decisions * 1e9,
      r->encode / r->frames * 1e3, r->decode / r->frames * 1e3);
  if (stream->n_slices > 1)
    printf ("; on %u threads encode %.2f, decode %.2f ms (median)", stream->n_slices,
        get_median (r->walls[0]), get_median (r->walls[1]));
  printf ("\n");
}

static void
write_dump (const char *what, const Result *result)
{
  g_autofree char *path = g_strdup_printf ("%s.%s", dump, what);

  check (g_file_set_contents (path, (const char *)result->dump->data, result->dump->len, NULL),
      path, NULL);
}

static void
init_stream (LatentStream *stream, LatentModel *model, const LatentEncoder *encoder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentPrior) prior = NULL;
  LatentMotionBasis *basis = NULL;
  LatentSequence sequence = {0};
  gsize size;
  const guint8 *header = g_bytes_get_data (latent_encoder_get_header (encoder), &size);

  check (latent_sequence_get (&sequence, header, size, &error), "header", error);
  prior = latent_stream_load_prior (model, sequence.grid.channels, &error);
  check (prior != NULL && latent_stream_load_motion (model, &sequence, &basis, &error), model_path,
      error);
  check (latent_stream_init (stream, &sequence, prior, basis, 1, &error), "stream", error);
}

/* As a decoder does, but with looks at what it decodes. */
static void
decode_packet (LatentStream *stream, const guint8 *packet, gsize size, Side sides[2],
    Trees trees[2], Result results[2])
{
  LatentPacketInfo info, held = {.number = stream->number, .quality = stream->held_quality};
  g_autoptr (GError) error = NULL;

  check (latent_packet_get (&info, &held, stream->sequence.numbers, stream->n_slices,
             stream->slices, packet, size, &error),
      "packet", error);
  LatentForetold *foretold = info.key ? NULL : &stream->predictor.foretold;
  Result *result = &results[!info.key];
  latent_stream_begin (stream, info.key, info.quality);
  if (foretold != NULL)
    latent_predictor_begin (&stream->predictor, info.quality, TRUE);
  for (guint i = 0; i < stream->n_slices; i++)
    if (foretold != NULL)
      latent_symbol_coder_decode_foretold (stream->coders[i], stream->slices[i].data,
          stream->slices[i].size, foretold, stream->symbols);
    else
      latent_symbol_coder_decode (
          stream->coders[i], stream->slices[i].data, stream->slices[i].size, NULL, stream->symbols);
  if (foretold != NULL)
    foretold->fill = NULL;
  time_frame (&sides[0], &sides[1], foretold, result);
  measure (stream, foretold, &trees[!info.key], result);
  result->frames++;
  result->bytes += (double)size;
  result->crc = latent_crc32c (result->crc, packet, size);
  stream->number = info.number;
  latent_stream_end (stream, info.key, info.quality, 1);
  if (foretold != NULL)
    measure_plain (stream, info.quality, &trees[1], result);
}

static void
run_clip (LatentModel *model, LatentArrayFile *file)
{
  const LatentArrayHeader *header = latent_array_file_get_header (file);
  const gint64 *dims = header->shape.dims;
  const guint channels = (guint)dims[1];
  LatentStreamInfo info = {.kind = LATENT_MEDIA_VIDEO,
      .slices = (guint)slices,
      .width = width > 0 ? (guint)width : 16 * (guint)dims[3],
      .height = height > 0 ? (guint)height : 16 * (guint)dims[2]};
  g_autoptr (GError) error = NULL;
  g_autofree float *latents = g_new (float, channels *dims[2] * dims[3]);
  g_autoptr (LatentEncoder) encoder = latent_encoder_new (
      model, 4, (const gint64[]){1, dims[1], dims[2], dims[3]}, &info, 1, &error);
  g_auto (LatentStream) stream = {0};
  Side sides[2];
  Trees trees[2];
  Result results[2];

  check (encoder != NULL, model_path, error);
  latent_encoder_set_quality (encoder, (guint)CLAMP (quality, 0, LATENT_QUALITY_MAX));
  latent_encoder_set_key_interval (encoder, (guint)key_interval);
  init_stream (&stream, model, encoder);
  for (guint i = 0; i < 2; i++) {
    init_side (&sides[i], &stream);
    init_result (&results[i], &trees[i], channels);
  }
  for (gint64 f = 0; f < dims[0] && (max_frames <= 0 || f < max_frames); f++) {
    const guint8 *packet = NULL;
    gsize size = 0;
    check (latent_array_file_read (file, latents, 1, &error) &&
               latent_encoder_encode (encoder, latents, 0, NULL, &packet, &size, &error),
        "frame", error);
    decode_packet (&stream, packet, size, sides, trees, results);
  }
  for (guint i = 0; i < 2; i++) {
    const char *const names[] = {"key", "delta"};
    print_result (names[i], &stream, &results[i]);
    if (dump != NULL)
      write_dump (names[i], &results[i]);
    clear_result (&results[i], &trees[i]);
    clear_side (&sides[i]);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("LATENTS.npy");
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = NULL;
  g_autoptr (LatentArrayFile) file = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 2 || model_path == NULL) {
    fprintf (stderr, "%s\n", error != NULL ? error->message : "wanted -m MODEL LATENTS.npy");
    return 2;
  }
  slices = CLAMP (slices, 1, 64);
  model = latent_model_load (model_path, &error);
  check (model != NULL, model_path, error);
  file = latent_array_file_open (argv[1], &error);
  check (file != NULL && latent_array_file_get_header (file)->shape.n == 4, argv[1], error);
  run_clip (model, file);
  return 0;
}
