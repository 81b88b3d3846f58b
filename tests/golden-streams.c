/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codec-case.h"
#include "src/codec/prior.h"

/* golden-streams check FILE...: decodes stored streams, each as a decoder of today must: to the
 * symbols that stand beside the packets. golden-streams make DIR: writes them anew, for a new
 * version of the bitstream.
 *
 * A file is a GKeyFile, one group: dims, steps, prior (none: the built-in one), header, and lists
 * of packets and of the symbols of their frames (int16, little-endian), all bytes in base64. */

#define GROUP "stream"
#define ID    "golden"

typedef struct {
  const char *name;
  LatentMediaKind kind;
  guint channels, height, width;
  guint slices;
  gboolean resilient;
  gboolean has_prior; /* of its own */
  float loudness;     /* of the latents */
  guint qualities[8]; /* of frames, in turn; of a packet that of its last one */
  guint frames;       /* of a packet */
} Stream;

static const Stream streams[] = {
    {"picture",   LATENT_MEDIA_VIDEO, 6,  9, 12, 2, FALSE, FALSE, 1,    {40, 40, 48, 33, 40, 55, 40, 20},
     1},
    {"resilient", LATENT_MEDIA_VIDEO, 6,  9, 12, 3, TRUE,  FALSE, 1,    {40, 40, 48, 33, 40, 55, 40, 20},
     1},
    {"fitted",    LATENT_MEDIA_VIDEO, 6,  9, 12, 1, FALSE, TRUE,  1,    {40, 40, 41, 39, 40, 40, 40, 40},
     1},
    {"loud",      LATENT_MEDIA_VIDEO, 3,  5, 7,  1, FALSE, FALSE, 3000, {63, 63, 55, 63, 0, 63, 63, 40},
     1},
    {"sound",     LATENT_MEDIA_AUDIO, 24, 1, 1,  1, FALSE, FALSE, 1,    {40, 40, 40, 30, 30, 50, 50, 50},
     1},
    {"frames",    LATENT_MEDIA_AUDIO, 24, 1, 1,  1, FALSE, FALSE, 1,    {40, 40, 40, 40, 40, 40, 50, 50},
     3},
};

static LatentModel *
new_model (guint n_dims, const gint64 *dims, const char *steps, const char *prior)
{
  const char *keys[] = {"latent.input", "vector", "latent.id", ID, "latent.steps", steps,
      prior != NULL ? "latent.prior" : NULL, prior, NULL};

  return test_identity_new (n_dims, dims, keys);
}

static char *
to_base64 (const void *bytes, gsize size)
{
  return g_base64_encode (bytes, size);
}

static void
fill (const Stream *stream, float *latents, guint frame)
{
  case_fill (latents, stream->channels, stream->height, stream->width, frame);
  for (guint i = 0; i < stream->channels * stream->height * stream->width; i++)
    latents[i] *= stream->loudness;
}

/* Of symbols as the latents give them. */
static char *
fit_prior (const Stream *stream)
{
  gsize n = (gsize)stream->channels * stream->height * stream->width;
  g_autoptr (LatentPriorFit)
      fit = latent_prior_fit_new (stream->channels, stream->height, stream->width);
  g_autoptr (LatentPrior) prior = NULL;
  g_autofree float *latents = g_new (float, n);
  g_autofree gint16 *symbols = g_new0 (gint16, n);
  g_autofree gint16 *held = g_new0 (gint16, n);

  for (guint frame = 0; frame < 20; frame++) {
    fill (stream, latents, frame);
    for (gsize i = 0; i < n; i++)
      symbols[i] = (gint16)lrintf (latents[i] * 2);
    latent_prior_fit_add (fit, symbols, frame > 0 ? held : NULL);
    memcpy (held, symbols, n * sizeof *held);
  }
  prior = latent_prior_fit_finish (fit);
  return latent_prior_to_text (prior);
}

static double
get_step (guint quality)
{
  return 0.0625 * exp2 ((63 - (double)quality) / 8);
}

/* Frames' latents to their symbols, in little-endian order. */
static void
find_symbols (const float *latents, gsize n, double step, gint16 *symbols)
{
  for (gsize i = 0; i < n; i++)
    symbols[i] = GINT16_TO_LE ((gint16)lrint (latents[i] / step));
}

/* Symbols of all frames of the packet, one behind the other; NULL: it cannot be decoded. */
static GByteArray *
decode_packet (LatentDecoder *decoder, const guint8 *packet, gsize size, gsize n, GError **error)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autofree float *latents = g_new (float, n);
  g_autofree gint16 *symbols = g_new (gint16, n);
  LatentPacketInfo info;

  if (latent_decoder_decode (decoder, packet, size, latents, &info, error) != LATENT_DECODE_OK)
    return NULL;
  do {
    find_symbols (latents, n, get_step (info.quality), symbols);
    g_byte_array_append (all, (const guint8 *)symbols, (guint)(n * sizeof *symbols));
  } while (latent_decoder_next (decoder, latents));
  return g_steal_pointer (&all);
}

static void
make_stream (const Stream *stream, const char *folder)
{
  const gint64 dims[] = {1, stream->channels, stream->height, stream->width};
  gsize n = (gsize)stream->channels * stream->height * stream->width, size;
  g_autofree char *path = g_strdup_printf ("%s/%s.stream", folder, stream->name);
  g_autofree char *prior = stream->has_prior ? fit_prior (stream) : NULL;
  g_autoptr (LatentModel) model = new_model (4, dims, "0.0625", prior);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GPtrArray) packets = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) frames = g_ptr_array_new_with_free_func (g_free);
  g_autofree float *latents = g_new (float, n);
  LatentStreamInfo info = {.kind = stream->kind,
      .slices = stream->slices,
      .resilient = stream->resilient,
      .width = 192,
      .height = 144,
      .rate = 16000,
      .audio_channels = 1,
      .hop = 320 * stream->frames,
      .frames = stream->frames};
  g_autoptr (LatentEncoder) encoder = latent_encoder_new (model, 4, dims, &info, 1, NULL);
  const guint8 *header = g_bytes_get_data (latent_encoder_get_header (encoder), &size);
  g_autoptr (LatentDecoder) decoder = latent_decoder_new (model, header, size, 1, NULL);
  g_autofree char *text = to_base64 (header, size);

  g_key_file_set_integer_list (
      file, GROUP, "dims", (gint[]){1, (gint)dims[1], (gint)dims[2], (gint)dims[3]}, 4);
  g_key_file_set_string (file, GROUP, "steps", "0.0625");
  if (prior != NULL)
    g_key_file_set_string (file, GROUP, "prior", prior);
  g_key_file_set_string (file, GROUP, "header", text);
  for (guint i = 0; i < 8; i++) {
    g_autoptr (GByteArray) symbols = NULL;
    const guint8 *packet;
    latent_encoder_set_quality (encoder, stream->qualities[i]);
    if (i == 5)
      latent_encoder_request_key (encoder);
    fill (stream, latents, i);
    g_assert_true (latent_encoder_encode (encoder, latents, 0, NULL, &packet, &size, NULL));
    if (packet == NULL && (i < 7 || !latent_encoder_finish_packet (encoder, NULL, &packet, &size)))
      continue;
    g_ptr_array_add (packets, to_base64 (packet, size));
    symbols = decode_packet (decoder, packet, size, n, NULL);
    g_ptr_array_add (frames, to_base64 (symbols->data, symbols->len));
  }
  g_key_file_set_string_list (
      file, GROUP, "packets", (const char *const *)packets->pdata, packets->len);
  g_key_file_set_string_list (
      file, GROUP, "symbols", (const char *const *)frames->pdata, frames->len);
  g_assert_true (g_key_file_save_to_file (file, path, NULL));
}

/* Says what is wrong, and that something is. */
static gboolean
complain (const char *path, guint index, const char *what)
{
  fprintf (stderr, "%s: packet %u: %s\n", path, index, what);
  return FALSE;
}

static gboolean
check_packet (LatentDecoder *decoder, const char *path, guint index, const char *packet_text,
    const char *symbols_text)
{
  gsize packet_size, symbols_size, n = 1;
  g_autofree guint8 *packet = g_base64_decode (packet_text, &packet_size);
  g_autofree guchar *wanted = g_base64_decode (symbols_text, &symbols_size);
  g_autoptr (GByteArray) symbols = NULL;
  g_autoptr (GError) error = NULL;
  guint n_dims;
  const gint64 *dims = latent_decoder_get_latent_dims (decoder, &n_dims);

  for (guint i = 0; i < n_dims; i++)
    n *= (gsize)dims[i];
  symbols = decode_packet (decoder, packet, packet_size, n, &error);
  if (symbols == NULL)
    return complain (path, index, error->message);
  return (symbols->len == symbols_size && memcmp (symbols->data, wanted, symbols_size) == 0) ||
         complain (path, index, "the symbols are others than those stored");
}

static gboolean
check_stream (const char *path)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  gsize n_dims = 0, n_packets = 0, n_frames = 0, size;
  gint64 dims[LATENT_MAX_DIMS];
  gboolean good = TRUE;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &error))
    return complain (path, 0, error->message);
  g_autofree gint *numbers = g_key_file_get_integer_list (file, GROUP, "dims", &n_dims, NULL);
  g_autofree char *steps = g_key_file_get_string (file, GROUP, "steps", NULL);
  g_autofree char *prior = g_key_file_get_string (file, GROUP, "prior", NULL);
  g_autofree char *text = g_key_file_get_string (file, GROUP, "header", NULL);
  g_auto (GStrv) packets = g_key_file_get_string_list (file, GROUP, "packets", &n_packets, NULL);
  g_auto (GStrv) frames = g_key_file_get_string_list (file, GROUP, "symbols", &n_frames, NULL);
  for (gsize i = 0; i < n_dims; i++)
    dims[i] = numbers[i];
  g_autoptr (LatentModel) model = new_model ((guint)n_dims, dims, steps, prior);
  g_autofree guchar *header = g_base64_decode (text, &size);
  g_autoptr (LatentDecoder) decoder = latent_decoder_new (model, header, size, 2, &error);
  if (decoder == NULL)
    return complain (path, 0, error->message);
  for (guint i = 0; i < n_packets && n_frames == n_packets; i++)
    good = check_packet (decoder, path, i, packets[i], frames[i]) && good;
  printf ("%s: %u packets\n", path, (guint)n_packets);
  return good && n_packets > 0 && n_frames == n_packets;
}

int
main (int argc, char **argv)
{
  gboolean good = argc > 2;

  if (argc == 3 && g_str_equal (argv[1], "make")) {
    for (guint i = 0; i < G_N_ELEMENTS (streams); i++)
      make_stream (&streams[i], argv[2]);
    return 0;
  }
  for (int i = 2; i < argc; i++)
    good = check_stream (argv[i]) && good;
  return good ? 0 : 1;
}
