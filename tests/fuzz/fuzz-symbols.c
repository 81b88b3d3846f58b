/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>
#include <string.h>

#include "src/base/crc32c.h"
#include "src/codec/symbols.h"

/* Decodes bytes as the symbols of two frames, the second with the first as context; what comes out
 * is encoded and decoded again. The first byte: bits 0 to 2 channels, 3 to 5 rows, 6 a prior, 7 the
 * first row left out. The second: columns. With a prior the third is its length, and its bytes
 * follow. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static LatentPrior *
make_prior (const guint8 **data, gsize *size, guint channels)
{
  guint8 bytes[8 + 255] = {1, (guint8)channels};
  gsize length = MIN (*size, 1) > 0 ? MIN ((*data)[0], *size - 1) : 0;
  g_autofree char *text = NULL;
  guint32 crc;

  if (length > 0)
    memcpy (bytes + 8, *data + 1, length);
  *data += MIN (*size, 1 + length);
  *size -= MIN (*size, 1 + length);
  crc = latent_crc32c (0, bytes + 8, length);
  for (guint i = 0; i < 4; i++)
    bytes[4 + i] = (guint8)(crc >> 8 * i);
  text = g_base64_encode (bytes, 8 + length);
  return latent_prior_new_from_text (text, channels, NULL);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  guint channels, height, width, begin, n;
  g_autoptr (LatentPrior) prior = NULL;
  g_autoptr (LatentSymbolCoder) first = NULL, encoder = NULL, decoder = NULL;
  g_autofree gint16 *symbols = NULL, *again = NULL;
  g_autofree guint8 *bytes = NULL;

  if (size < 2)
    return 0;
  channels = 1 + (data[0] & 7);
  height = 1 + (data[0] >> 3 & 7);
  begin = height > 1 ? data[0] >> 7 : 0;
  width = 1 + data[1] % 40;
  n = channels * height * width;
  data += 2;
  size -= 2;
  prior = data[-2] >> 6 & 1 ? make_prior (&data, &size, channels)
                            : latent_prior_new_default (channels);
  g_assert_nonnull (prior);
  first = latent_symbol_coder_new (prior, channels, height, width, begin, height);
  encoder = latent_symbol_coder_new (prior, channels, height, width, begin, height);
  decoder = latent_symbol_coder_new (prior, channels, height, width, begin, height);
  symbols = g_new0 (gint16, 2 * n);
  again = g_new0 (gint16, 2 * n);
  bytes = g_malloc (latent_symbol_coder_get_bound (encoder));
  for (guint frame = 0; frame < 2; frame++) {
    const gint16 *previous = frame > 0 ? symbols : NULL;
    gsize length = size / 2;
    g_autofree guint8 *part = g_malloc (MAX (length, 1)); /* what is read behind it is found */
    if (length > 0)
      memcpy (part, data + frame * length, length);
    if (!latent_symbol_coder_decode (first, part, length, previous, symbols + frame * n))
      return 0;
  }
  for (guint frame = 0; frame < 2; frame++) {
    gsize length = latent_symbol_coder_encode (
        encoder, symbols + frame * n, frame > 0 ? symbols : NULL, bytes);
    g_assert_cmpuint (length, <=, latent_symbol_coder_get_bound (encoder));
    g_assert_true (latent_symbol_coder_decode (
        decoder, bytes, length, frame > 0 ? again : NULL, again + frame * n));
  }
  g_assert_true (memcmp (symbols, again, 2 * n * sizeof *symbols) == 0);
  return 0;
}
