/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gio/gio.h>
#include <latent/latent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* isa-pixels MODEL: codes a few pictures, and has them decoded by processes for which oneDNN has
 * the kernels of older CPUs. No pixel of one differs from those of another by more than a level.
 * isa-pixels MODEL PACKETS: decodes to stdout. */

#define WIDTH  200
#define HEIGHT 120
#define FRAMES 3
#define BYTES  (WIDTH * HEIGHT * 3 / 2)

static const char *const isas[] = {"SSE41", "AVX2", "AVX512_CORE", NULL};

static void
die (GError *error, const char *what)
{
  fprintf (stderr, "isa-pixels: %s: %s\n", what, error ? error->message : "");
  exit (1);
}

static LatentPicture
wrap (guint8 *bytes)
{
  return (LatentPicture){
      .format = LATENT_PIXEL_FORMAT_I420,
      .width = WIDTH,
      .height = HEIGHT,
      .data = {bytes, bytes + WIDTH * HEIGHT, bytes + WIDTH * HEIGHT * 5 / 4},
      .stride = {WIDTH, WIDTH / 2,              WIDTH / 2                     }
  };
}

/* Slopes, edges that move, and grain. */
static void
draw (guint8 *bytes, guint frame)
{
  guint32 random = 1 + frame;

  for (guint i = 0; i < BYTES; i++) {
    guint x = i % WIDTH, y = i / WIDTH;
    random = random * 1664525 + 1013904223;
    bytes[i] = (guint8)(40 + x / 2 + (random >> 28) + (x / 16 + (y + 5 * frame) / 16) % 2 * 60);
  }
}

static LatentSession *
open_session (LatentModel *model, LatentMode mode)
{
  GError *error = NULL;
  LatentSession *session = latent_session_new (model, mode, LATENT_PRECISION_AUTO, 1, 1, &error);

  if (!session ||
      !latent_session_set_video (session, LATENT_PIXEL_FORMAT_I420, WIDTH, HEIGHT, &error))
    die (error, "session");
  return session;
}

/* A header and packets, each behind its size. */
static void
append (GByteArray *dst, const guint8 *bytes, gsize size)
{
  guint32 n = (guint32)size;

  g_byte_array_append (dst, (const guint8 *)&n, sizeof n);
  g_byte_array_append (dst, bytes, n);
}

static GByteArray *
encode (LatentModel *model)
{
  g_autoptr (LatentSession) session = open_session (model, LATENT_MODE_ENCODE);
  g_autofree float *latents = g_malloc (latent_session_get_latent_size (session));
  const LatentStreamInfo info = {.kind = LATENT_MEDIA_VIDEO,
      .width = WIDTH,
      .height = HEIGHT,
      .fps_n = 25,
      .fps_d = 1,
      .par_n = 1,
      .par_d = 1};
  guint n;
  const gint64 *dims = latent_session_get_latent_dims (session, &n);
  GError *error = NULL;
  g_autoptr (LatentEncoder) encoder = latent_encoder_new (model, n, dims, &info, 1, &error);
  GByteArray *stream = g_byte_array_new ();
  gsize size;
  const guint8 *data;

  if (!encoder)
    die (error, "encoder");
  data = g_bytes_get_data (latent_encoder_get_header (encoder), &size);
  append (stream, data, size);
  for (guint i = 0; i < FRAMES; i++) {
    guint8 pixels[BYTES];
    LatentPicture picture = wrap (pixels);
    LatentPacketInfo about;

    draw (pixels, i);
    latent_session_put_picture (session, 0, &picture);
    if (!latent_session_run (session, &error))
      die (error, "encoding");
    latent_session_get_latent (session, 0, latents);
    if (!latent_encoder_encode (encoder, latents, 0, &about, &data, &size, &error))
      die (error, "packet");
    append (stream, data, size);
  }
  return stream;
}

static const guint8 *
next (const guint8 **at, gsize *size)
{
  guint32 n;
  const guint8 *bytes = *at + sizeof n;

  memcpy (&n, *at, sizeof n);
  *at = bytes + n;
  *size = n;
  return bytes;
}

static int
decode (LatentModel *model, const char *path)
{
  g_autoptr (LatentSession) session = open_session (model, LATENT_MODE_DECODE);
  g_autofree float *latents = g_malloc (latent_session_get_latent_size (session));
  g_autofree char *stream = NULL;
  g_autoptr (LatentDecoder) decoder = NULL;
  const guint8 *at, *data;
  GError *error = NULL;
  gsize size;

  if (!g_file_get_contents (path, &stream, NULL, &error))
    die (error, path);
  at = (const guint8 *)stream;
  data = next (&at, &size);
  decoder = latent_decoder_new (model, data, size, 1, &error);
  if (!decoder)
    die (error, "decoder");
  for (guint i = 0; i < FRAMES; i++) {
    guint8 pixels[BYTES];
    LatentPicture picture = wrap (pixels);

    data = next (&at, &size);
    if (latent_decoder_decode (decoder, data, size, latents, NULL, &error) != LATENT_DECODE_OK)
      die (error, "packet");
    latent_session_put_latent (session, 0, latents);
    if (!latent_session_run (session, &error))
      die (error, "decoding");
    latent_session_get_picture (session, 0, &picture);
    if (fwrite (pixels, 1, BYTES, stdout) != BYTES)
      die (NULL, "writing");
  }
  return 0;
}

/* What a process of its own decodes with kernels up to an ISA. */
static guint8 *
decode_with (const char *self, const char *model, const char *path, const char *isa)
{
  const char *const arguments[] = {self, model, path, NULL};
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GBytes) output = NULL;
  GError *error = NULL;
  gsize size;

  environment = g_environ_unsetenv (environment, "ONEDNN_MAX_CPU_ISA");
  if (isa)
    environment = g_environ_setenv (environment, "ONEDNN_MAX_CPU_ISA", isa, TRUE);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_subprocess_launcher_set_environ (launcher, environment);
  process = g_subprocess_launcher_spawnv (launcher, arguments, &error);
  if (!process || !g_subprocess_communicate (process, NULL, NULL, &output, NULL, &error) ||
      !g_subprocess_get_successful (process))
    die (error, isa ? isa : "default");
  if (g_bytes_get_size (output) != FRAMES * BYTES)
    die (NULL, "a process gave fewer pixels");
  return g_bytes_unref_to_data (g_steal_pointer (&output), &size);
}

static int
compare (const guint8 *const *pixels)
{
  guint most = 0, n = 0, n_apart = 0;

  for (guint i = 0; i < FRAMES * BYTES; i++) {
    guint low = 255, high = 0;

    for (guint k = 0; k < G_N_ELEMENTS (isas); k++) {
      low = MIN (low, pixels[k][i]);
      high = MAX (high, pixels[k][i]);
    }
    n++;
    n_apart += high > low;
    most = MAX (most, high - low);
  }
  printf ("%u of %u pixels differ, by %u at most\n", n_apart, n, most);
  return most > 1;
}

int
main (int argc, char **argv)
{
  GError *error = NULL;
  g_autoptr (LatentModel) model = argc > 1 ? latent_model_load (argv[1], &error) : NULL;
  g_autoptr (GByteArray) stream = NULL;
  g_autofree char *path = NULL;
  guint8 *pixels[G_N_ELEMENTS (isas)];
  int result;

  if (!model)
    die (error, "usage: isa-pixels MODEL [PACKETS]");
  if (argc > 2)
    return decode (model, argv[2]);
  stream = encode (model);
  close (g_file_open_tmp ("isa-pixels-XXXXXX", &path, NULL));
  if (!g_file_set_contents (path, (const char *)stream->data, stream->len, &error))
    die (error, path);
  for (guint i = 0; i < G_N_ELEMENTS (isas); i++)
    pixels[i] = decode_with (argv[0], argv[1], path, isas[i]);
  result = compare ((const guint8 *const *)pixels);
  for (guint i = 0; i < G_N_ELEMENTS (isas); i++)
    g_free (pixels[i]);
  remove (path);
  return result;
}
