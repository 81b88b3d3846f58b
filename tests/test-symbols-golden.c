/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "src/base/reader.h"
#include "src/codec/symbols.h"

/* tests/golden/symbols: a stream of four frames (key, two that have the one before as context, key)
 * in two slices, and the symbols that it holds. What every build decodes, and encodes again, byte
 * by byte. LATENT_WRITE_GOLDEN=1 writes it anew: where the format has changed, and its version with
 * it.
 *
 *   prior.txt    a fitted prior
 *   symbols.bin  16 bits each, little-endian
 *   stream.bin   for each frame and slice 4 bytes of length, little-endian, and the bytes */

#define CHANNELS 8
#define HEIGHT   13
#define WIDTH    21
#define COUNT    (CHANNELS * HEIGHT * WIDTH)
#define FRAMES   4
#define SPLIT    6 /* the second slice's first row */

static char *
find_golden (const char *name)
{
  return g_build_filename (g_getenv ("LATENT_SRCDIR"), "tests", "golden", "symbols", name, NULL);
}

static char *
read_golden (const char *name, gsize *size)
{
  g_autofree char *path = find_golden (name);
  char *data = NULL;

  fail_unless (g_file_get_contents (path, &data, size, NULL), "%s", path);
  return data;
}

static void
write_golden (const char *name, gconstpointer data, gsize size)
{
  g_autofree char *path = find_golden (name);

  g_assert_true (g_file_set_contents (path, data, (gssize)size, NULL));
}

/* A gradient that moves, blobs, a dead channel, one with large values, one with a mean. */
static void
draw_frame (gint16 *symbols, guint frame)
{
  guint32 random = 12345 + (frame & 1u);

  for (guint c = 0; c < CHANNELS; c++)
    for (guint y = 0; y < HEIGHT; y++)
      for (guint x = 0; x < WIDTH; x++) {
        gint blob = x > frame + 4 && x < frame + 12 && y > 3 && y < 9;
        gint16 *q = symbols + (c * HEIGHT + y) * WIDTH + x;
        random = random * 1664525 + 1013904223;
        *q = (gint16)(c == 0   ? (gint)(40 * x + 30 * y + (random >> 29))
                      : c == 1 ? 0
                      : c == 2 ? 3 + (random >> 30 == 0)
                      : c == 3 ? (random >> 27 == 0 ? (gint16)(random >> 8) : 0)
                      : blob   ? (gint)(random >> 29) - 3
                               : (random >> 28 == 0));
      }
}

static LatentPrior *
fit (void)
{
  g_autoptr (LatentPriorFit) self = latent_prior_fit_new (CHANNELS, HEIGHT, WIDTH);
  gint16 symbols[COUNT], previous[COUNT];

  for (guint frame = 0; frame < FRAMES; frame++) {
    draw_frame (symbols, frame + 20);
    latent_prior_fit_add (self, symbols, frame > 0 ? previous : NULL);
    memcpy (previous, symbols, sizeof symbols);
  }
  return latent_prior_fit_finish (self);
}

static void
put_slice (
    GByteArray *stream, LatentSymbolCoder *coder, const gint16 *symbols, const gint16 *previous)
{
  g_autofree guint8 *bytes = g_malloc (latent_symbol_coder_get_bound (coder));
  gsize size;
  guint32 length;

  if (previous == NULL)
    latent_symbol_coder_reset (coder);
  size = latent_symbol_coder_encode (coder, symbols, previous, bytes);
  length = GUINT32_TO_LE ((guint32)size);
  g_byte_array_append (stream, (const guint8 *)&length, 4);
  g_byte_array_append (stream, bytes, (guint)size);
}

static void
make_coders (LatentPrior *prior, LatentSymbolCoder *coders[2])
{
  coders[0] = latent_symbol_coder_new (prior, CHANNELS, HEIGHT, WIDTH, 0, SPLIT);
  coders[1] = latent_symbol_coder_new (prior, CHANNELS, HEIGHT, WIDTH, SPLIT, HEIGHT);
}

static GByteArray *
encode (LatentPrior *prior, const gint16 *symbols)
{
  LatentSymbolCoder *coders[2];
  GByteArray *stream = g_byte_array_new ();

  make_coders (prior, coders);
  for (guint frame = 0; frame < FRAMES; frame++) {
    const gint16 *q = symbols + frame * COUNT;
    for (guint s = 0; s < 2; s++)
      put_slice (stream, coders[s], q, frame % 3 > 0 ? q - COUNT : NULL);
  }
  latent_symbol_coder_free (coders[0]);
  latent_symbol_coder_free (coders[1]);
  return stream;
}

static void
write_anew (void)
{
  g_autoptr (LatentPrior) prior = fit ();
  g_autofree char *text = latent_prior_to_text (prior);
  g_autofree gint16 *symbols = g_new (gint16, FRAMES * COUNT);
  g_autofree guint16 *bytes = g_new (guint16, FRAMES * COUNT);
  g_autoptr (GByteArray) stream = NULL;

  for (guint frame = 0; frame < FRAMES; frame++)
    draw_frame (symbols + frame * COUNT, frame);
  for (guint i = 0; i < FRAMES * COUNT; i++)
    bytes[i] = GUINT16_TO_LE ((guint16)symbols[i]);
  stream = encode (prior, symbols);
  write_golden ("prior.txt", text, strlen (text));
  write_golden ("symbols.bin", bytes, 2 * FRAMES * COUNT);
  write_golden ("stream.bin", stream->data, stream->len);
}

static gint16 *
read_symbols (void)
{
  gsize size;
  gint16 *symbols = (gint16 *)read_golden ("symbols.bin", &size);

  fail_unless_equals_uint64 (size, 2 * FRAMES * COUNT);
  for (guint i = 0; i < FRAMES * COUNT; i++)
    symbols[i] = (gint16)GUINT16_FROM_LE ((guint16)symbols[i]);
  return symbols;
}

static LatentPrior *
read_prior (void)
{
  gsize size;
  g_autofree char *text = read_golden ("prior.txt", &size);
  LatentPrior *prior = latent_prior_new_from_text (text, CHANNELS, NULL);

  fail_unless (prior != NULL);
  return prior;
}

GST_START_TEST (decodes_to_the_stored_symbols)
{
  g_autoptr (LatentPrior) prior = read_prior ();
  g_autofree gint16 *symbols = read_symbols ();
  g_autofree gint16 *decoded = g_new0 (gint16, FRAMES * COUNT);
  gsize size;
  g_autofree char *stream = read_golden ("stream.bin", &size);
  LatentSymbolCoder *coders[2];
  LatentReader reader;

  latent_reader_init (&reader, (const guint8 *)stream, size);
  make_coders (prior, coders);
  for (guint i = 0; i < 2 * FRAMES; i++) {
    gint16 *q = decoded + i / 2 * COUNT;
    gsize length = latent_reader_get_u32le (&reader);
    const guint8 *bytes = latent_reader_get_bytes (&reader, length);
    gboolean delta = i / 2 % 3 > 0;
    fail_if (reader.failed);
    if (!delta)
      latent_symbol_coder_reset (coders[i % 2]);
    fail_unless (
        latent_symbol_coder_decode (coders[i % 2], bytes, length, delta ? q - COUNT : NULL, q));
  }
  fail_unless_equals_uint64 (latent_reader_get_left (&reader), 0);
  fail_unless (memcmp (decoded, symbols, 2 * FRAMES * COUNT) == 0);
  latent_symbol_coder_free (coders[0]);
  latent_symbol_coder_free (coders[1]);
}
GST_END_TEST

GST_START_TEST (encodes_to_the_stored_bytes)
{
  g_autoptr (LatentPrior) prior = read_prior ();
  g_autofree gint16 *symbols = read_symbols ();
  g_autoptr (GByteArray) stream = encode (prior, symbols);
  gsize size;
  g_autofree char *stored = read_golden ("stream.bin", &size);

  fail_unless_equals_uint64 (stream->len, size);
  fail_unless (memcmp (stream->data, stored, size) == 0);
}
GST_END_TEST

static Suite *
symbols_golden_suite (void)
{
  Suite *suite = suite_create ("symbols-golden");
  TCase *tcase = tcase_create ("general");

  if (g_getenv ("LATENT_WRITE_GOLDEN") != NULL)
    write_anew ();
  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, decodes_to_the_stored_symbols);
  tcase_add_test (tcase, encodes_to_the_stored_bytes);
  return suite;
}

GST_CHECK_MAIN (symbols_golden)
