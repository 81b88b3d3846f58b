/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/program.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "src/base/crc32c.h"
#include "src/base/tensor.h"
#include "src/codec/stream.h"
#include "src/train/pca.h"

/* golden-motion check FOLDER: a stored stream of video with motion, decoded as a decoder of today
 * must: to the latents that stand beside the packets, in 1/256 of their step; its symbols, coded
 * again, are the same bytes in every build; and every way to foretell a place occurs in it.
 * golden-motion make FOLDER writes it anew, for a new version of the bitstream.
 *
 *   motion.onnx    the model: components of tiles of 8x8 pixels
 *   motion.stream  a GKeyFile: header, lists of packets and of the latents that are held after each
 *                  (int32, little-endian), all bytes in base64 */

#define GROUP  "stream"
#define WIDTH  96
#define HEIGHT 64
#define TILE   8
#define GRID_W (WIDTH / TILE)
#define GRID_H (HEIGHT / TILE)
#define K      8
#define COUNT  (K * GRID_W * GRID_H)
#define FRAMES 16
#define SLICES 2

/* CRC32C of what today's encoder makes of the stored symbols. A new one where an encoder chooses
 * otherwise what it may choose (src/codec/band-headers.c). */
#define AGAIN 0xbda81610

static double
get_ground (double x, double y)
{
  return 110 + 45 * sin (x * .21 + y * .07) + 35 * cos (y * .29 - x * .05);
}

static double
get_cloth (double x, double y)
{
  return 128 + 60 * sin (x * .53 + y * .31) + 45 * cos (y * .61 - x * .2);
}

static gboolean
is_within (double x, double y, double left, double top, double size)
{
  return x >= left && x < left + size && y >= top && y < top + size;
}

/* Two cloths that cross a ground, one of them by parts of a pixel; for some frames something that
 * was never there before. */
static double
get_luma (double x, double y, guint frame)
{
  const double ax = 4 + 2.25 * frame, ay = 14.5 + .5 * frame, bx = 62, by = 44 - 1.75 * frame;

  if (frame >= 9 && frame < 13 && is_within (x, y, 16, 40, 14))
    return 128 + ((int)(x * 7 + y * 13 + frame) % 5 - 2) * 50;
  if (is_within (x, y, ax, ay, 20))
    return get_cloth (x - ax, y - ay);
  if (is_within (x, y, bx, by, 18))
    return get_cloth (y - by + 30, x - bx);
  return get_ground (x, y);
}

/* Of tiles, in the net's order of planes: four of luma by parity, then chroma. */
static double
get_sample (guint plane, guint x, guint y, guint frame)
{
  if (plane < 4)
    return get_luma (2 * x + plane % 2, 2 * y + plane / 2, frame) / 255;
  return (128 + (plane == 4 ? .2 : -.3) * (get_luma (2 * x + .5, 2 * y + .5, frame) - 128)) / 255;
}

static LatentTensor *
draw (guint frame)
{
  const gint64 dims[] = {1, 6, HEIGHT / 2, WIDTH / 2};
  LatentTensor *picture = latent_tensor_new (LATENT_DATA_TYPE_FLOAT32, 4, dims, NULL);
  float *values = latent_tensor_get_writable_data (picture);

  for (guint plane = 0; plane < 6; plane++)
    for (guint y = 0; y < HEIGHT / 2; y++)
      for (guint x = 0; x < WIDTH / 2; x++)
        *values++ = (float)get_sample (plane, x, y, frame);
  return picture;
}

/* The picture's latents. */
static LatentTensor *
encode (LatentModel *model, guint frame)
{
  g_autoptr (LatentTensor) picture = draw (frame);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);

  latent_request_set_shape (request, NULL, picture->shape.n, picture->shape.dims);
  g_autoptr (LatentProgram) program = latent_program_new (model, request, NULL);
  g_autoptr (LatentContext) context = latent_context_new (program, NULL);
  g_assert_true (latent_context_set_input (context, 0, picture, NULL));
  g_assert_true (latent_context_run (context, NULL));
  return latent_context_get_output (context, 0, NULL);
}

/* Components of the tiles of all frames. */
static LatentModel *
make_model (void)
{
  const LatentMediaInfo media = {.kind = LATENT_MEDIA_VIDEO,
      .color = LATENT_COLOR_I420,
      .tile_width = TILE,
      .tile_height = TILE};
  const guint n = TILE / 2;
  g_autoptr (LatentPca) pca = latent_pca_new (6 * (gsize)n * n, NULL);

  for (guint i = 0; i < FRAMES * GRID_W * GRID_H; i++) {
    const guint place = i % (GRID_W * GRID_H), x = place % GRID_W * n, y = place / GRID_W * n;
    float sample[6 * (TILE / 2) * (TILE / 2)];
    for (guint k = 0; k < G_N_ELEMENTS (sample); k++)
      sample[k] = (float)get_sample (k / (n * n), x + k % n, y + k / n % n, i / (GRID_W * GRID_H));
    g_assert_true (latent_pca_add (pca, sample, 1, NULL));
  }
  g_assert_true (latent_pca_solve (pca, K, NULL));
  return latent_pca_to_model (pca, &media, 0, NULL);
}

static char *
to_base64 (gconstpointer bytes, gsize size)
{
  return g_base64_encode (bytes, size);
}

/* What a decoder gave, as integers. */
static void
find_held (const LatentStream *stream, const float *latents, gint32 *held)
{
  float units[K];

  latent_predictor_get_units (stream->sequence.steps, K, units);
  for (guint i = 0; i < COUNT; i++)
    held[i] = GINT32_TO_LE ((gint32)lrintf (latents[i] / units[i / (COUNT / K)]));
}

/* A stream that looks into what it decodes. */
static gboolean
init_stream (LatentStream *stream, LatentModel *model, const guint8 *header, gsize size)
{
  g_autoptr (LatentPrior) prior = latent_stream_load_prior (model, K, NULL);
  LatentMotionBasis *basis = NULL;
  LatentSequence sequence = {0};

  return latent_sequence_get (&sequence, header, size, NULL) && prior != NULL &&
         latent_stream_load_motion (model, &sequence, &basis, NULL) && basis != NULL &&
         latent_stream_init (stream, &sequence, prior, basis, 1, NULL);
}

static void
make (const char *folder)
{
  g_autofree char *model_path = g_build_filename (folder, "motion.onnx", NULL);
  g_autofree char *path = g_build_filename (folder, "motion.stream", NULL);
  g_autoptr (LatentModel) first = make_model ();
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GPtrArray) packets = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) frames = g_ptr_array_new_with_free_func (g_free);
  g_auto (LatentStream) stream = {0};
  const LatentStreamInfo info = {
      .kind = LATENT_MEDIA_VIDEO, .slices = SLICES, .width = WIDTH, .height = HEIGHT, .fps_n = 25};
  gsize size;

  g_assert_true (latent_model_save (first, model_path, NULL));
  g_autoptr (LatentModel) model = latent_model_load (model_path, NULL);
  g_autoptr (LatentEncoder) encoder = latent_encoder_new (
      model, 4, (const gint64[]){1, K, GRID_H, GRID_W}, &info, 1, NULL);
  const guint8 *header = g_bytes_get_data (latent_encoder_get_header (encoder), &size);
  g_autoptr (LatentDecoder) decoder = latent_decoder_new (model, header, size, 1, NULL);
  g_autofree char *text = to_base64 (header, size);

  g_key_file_set_string (file, GROUP, "header", text);
  g_assert_true (init_stream (&stream, model, header, size));
  for (guint i = 0; i < FRAMES; i++) {
    static const guint8 qualities[] = {28, 28, 28, 24, 36, 28};
    g_autoptr (LatentTensor) latents = encode (model, i);
    float decoded[COUNT];
    gint32 held[COUNT];
    const guint8 *packet;
    latent_encoder_set_quality (encoder, qualities[i % G_N_ELEMENTS (qualities)]);
    if (i == 14)
      latent_encoder_request_key (encoder);
    g_assert_true (latent_encoder_encode (
        encoder, latent_tensor_get_data (latents, NULL), 0, NULL, &packet, &size, NULL));
    g_ptr_array_add (packets, to_base64 (packet, size));
    g_assert_true (
        latent_decoder_decode (decoder, packet, size, decoded, NULL, NULL) == LATENT_DECODE_OK);
    find_held (&stream, decoded, held);
    g_ptr_array_add (frames, to_base64 (held, sizeof held));
  }
  g_key_file_set_string_list (
      file, GROUP, "packets", (const char *const *)packets->pdata, packets->len);
  g_key_file_set_string_list (file, GROUP, "held", (const char *const *)frames->pdata, frames->len);
  g_assert_true (g_key_file_save_to_file (file, path, NULL));
}

typedef struct {
  LatentStream stream;
  LatentSymbolCoder *encoders[SLICES];
  guint modes[LATENT_PLACE_SPLIT + 1]; /* how often each was */
  guint remembered;                    /* vectors that are the remembered picture */
  guint32 again;                       /* CRC32C of symbols that were coded again */
} Look;

/* Codes the slices of the packet at work once more. */
static void
encode_again (Look *self, LatentForetold *foretold)
{
  LatentStream *stream = &self->stream;

  for (guint i = 0; i < SLICES; i++) {
    g_autofree guint8 *bytes = g_malloc (latent_symbol_coder_get_bound (self->encoders[i]));
    gsize size;
    if (foretold == NULL)
      latent_symbol_coder_reset (self->encoders[i]);
    size = foretold != NULL
               ? latent_symbol_coder_encode_foretold (
                     self->encoders[i], stream->symbols, foretold, bytes)
               : latent_symbol_coder_encode (self->encoders[i], stream->symbols, NULL, bytes);
    self->again = latent_crc32c (self->again, bytes, size);
  }
}

static void
count_modes (Look *self, const LatentForetold *foretold)
{
  for (guint i = 0; i < GRID_W * GRID_H; i++) {
    self->modes[foretold->modes[i]]++;
    for (guint k = 0; k < LATENT_PLACE_VECTORS; k++)
      self->remembered += latent_vector_is_memory (foretold->vectors[i * LATENT_PLACE_VECTORS + k]);
  }
}

/* Decodes a packet; FALSE: there is none. */
static gboolean
look (Look *self, const guint8 *packet, gsize size)
{
  LatentStream *stream = &self->stream;
  LatentPacketInfo info, held = {.number = stream->number, .quality = stream->held_quality};
  LatentForetold *foretold;

  if (!latent_packet_get (
          &info, &held, stream->sequence.numbers, SLICES, stream->slices, packet, size, NULL))
    return FALSE;
  foretold = info.key ? NULL : &stream->predictor.foretold;
  latent_stream_begin (stream, info.key, info.quality);
  if (foretold != NULL)
    latent_predictor_begin (&stream->predictor, info.quality, TRUE);
  for (guint i = 0; i < SLICES; i++)
    if (foretold != NULL)
      latent_symbol_coder_decode_foretold (stream->coders[i], stream->slices[i].data,
          stream->slices[i].size, foretold, stream->symbols);
    else
      latent_symbol_coder_decode (
          stream->coders[i], stream->slices[i].data, stream->slices[i].size, NULL, stream->symbols);
  if (foretold != NULL) {
    foretold->fill = NULL;
    count_modes (self, foretold);
  }
  encode_again (self, foretold);
  stream->number = info.number;
  latent_stream_end (stream, info.key, info.quality, 1);
  return TRUE;
}

/* Says what is wrong, and that something is. */
static gboolean
complain (guint frame, const char *what)
{
  fprintf (stderr, "motion.stream: frame %u: %s\n", frame, what);
  return FALSE;
}

static gboolean
check_frame (
    Look *self, LatentDecoder *decoder, guint frame, const char *packet_text, const char *held_text)
{
  gsize size, held_size;
  g_autofree guint8 *packet = g_base64_decode (packet_text, &size);
  g_autofree guchar *wanted = g_base64_decode (held_text, &held_size);
  gint32 held[COUNT];
  float latents[COUNT];
  g_autoptr (GError) error = NULL;

  if (held_size != sizeof held)
    return complain (frame, "other latents are stored");
  if (latent_decoder_decode (decoder, packet, size, latents, NULL, &error) != LATENT_DECODE_OK)
    return complain (frame, error->message);
  find_held (&self->stream, latents, held);
  if (memcmp (held, wanted, sizeof held) != 0)
    return complain (frame, "the latents are others than those stored");
  if (!look (self, packet, size))
    return complain (frame, "it is no packet");
  latent_stream_get_held (&self->stream, 0, latents);
  find_held (&self->stream, latents, held);
  return memcmp (held, wanted, sizeof held) == 0 ||
         complain (frame, "another decoder's are others");
}

static gboolean
check_modes (const Look *self)
{
  gboolean good = self->remembered > 0;

  printf ("held %u, still %u, long %u, new %u, moved %u, split %u; pieces remembered %u\n",
      self->modes[LATENT_PLACE_HELD], self->modes[LATENT_PLACE_STILL],
      self->modes[LATENT_PLACE_LONG], self->modes[LATENT_PLACE_NEW],
      self->modes[LATENT_PLACE_MOVED], self->modes[LATENT_PLACE_SPLIT], self->remembered);
  for (guint i = 0; i <= LATENT_PLACE_SPLIT; i++)
    good = good && self->modes[i] > 0;
  return good || complain (0, "not all ways to foretell occur");
}

static gboolean
check (const char *folder)
{
  g_autofree char *model_path = g_build_filename (folder, "motion.onnx", NULL);
  g_autofree char *path = g_build_filename (folder, "motion.stream", NULL);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = latent_model_load (model_path, &error);
  gsize n_packets = 0, n_frames = 0, size;
  Look self = {0};
  gboolean good;

  if (model == NULL || !g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &error))
    return complain (0, error->message);
  g_autofree char *text = g_key_file_get_string (file, GROUP, "header", NULL);
  g_auto (GStrv) packets = g_key_file_get_string_list (file, GROUP, "packets", &n_packets, NULL);
  g_auto (GStrv) frames = g_key_file_get_string_list (file, GROUP, "held", &n_frames, NULL);
  g_autofree guchar *header = g_base64_decode (text, &size);
  g_autoptr (LatentDecoder) decoder = latent_decoder_new (model, header, size, 2, &error);
  if (decoder == NULL)
    return complain (0, error->message);
  if (!init_stream (&self.stream, model, header, size))
    return complain (0, "no stream can be made");
  for (guint i = 0; i < SLICES; i++)
    self.encoders[i] = latent_symbol_coder_new (self.stream.prior, K, GRID_H, GRID_W,
        latent_stream_get_row (&self.stream, i), latent_stream_get_row (&self.stream, i + 1));
  good = n_packets == FRAMES && n_frames == FRAMES;
  for (guint i = 0; i < FRAMES && good; i++)
    good = check_frame (&self, decoder, i, packets[i], frames[i]);
  good = good && check_modes (&self);
  if (good && self.again != AGAIN) {
    fprintf (stderr, "checksum %08x\n", self.again);
    good = complain (0, "symbols make other bytes than they did");
  }
  for (guint i = 0; i < SLICES; i++)
    latent_symbol_coder_free (self.encoders[i]);
  latent_stream_clear (&self.stream);
  return good;
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "make"))
    make (argv[2]);
  return argc == 3 && check (argv[2]) ? 0 : 1;
}
