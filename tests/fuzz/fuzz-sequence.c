/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/crc32c.h"
#include "src/codec/stream.h"

/* Parses bytes as a sequence header, the checksum made right; what parses is written and parsed
 * again, and a stream of it decodes a packet of nothing where its frames are small. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define MAX_SYMBOLS  4096
#define MAX_CHANNELS 16

static void
check_writing (const LatentSequence *sequence)
{
  g_autoptr (GBytes) header = latent_sequence_put (sequence, NULL);
  g_auto (LatentSequence) again = {0};

  if (header == NULL) /* numbers were longer than they need be; steps, shorter runs */
    return;
  g_assert_true (latent_sequence_get (
      &again, g_bytes_get_data (header, NULL), g_bytes_get_size (header), NULL));
  g_assert_cmpmem (&again.info, sizeof again.info, &sequence->info, sizeof sequence->info);
  g_assert_cmpmem (&again.grid, sizeof again.grid, &sequence->grid, sizeof sequence->grid);
  g_assert_cmpmem (again.steps, again.grid.channels * sizeof *again.steps, sequence->steps,
      sequence->grid.channels * sizeof *sequence->steps);
}

static void
decode_nothing (LatentSequence *sequence)
{
  g_autoptr (LatentPrior) prior = latent_prior_new_default (sequence->grid.channels);
  g_auto (LatentStream) stream = {0};
  g_autofree float *latents = NULL;

  g_assert_true (latent_stream_init (&stream, sequence, prior, NULL, 1, NULL));
  latents = g_new (float, stream.n_symbols);
  latent_stream_begin (&stream, TRUE, 40);
  for (guint i = 0; i < stream.n_slices; i++)
    latent_symbol_coder_decode (stream.coders[i], NULL, 0, NULL, stream.symbols);
  latent_grid_scatter (&stream.sequence.grid, stream.planes, latents);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree guint8 *header = g_memdup2 (data, size);
  g_auto (LatentSequence) sequence = {0};
  LatentStreamInfo info;

  latent_stream_info_parse (&info, data, size, NULL);
  if (size > 4) {
    guint32 check = GUINT32_TO_LE (latent_crc32c (0, header, size - 4));
    memcpy (header + size - 4, &check, 4);
  }
  if (!latent_sequence_get (&sequence, header, size, NULL))
    return 0;
  check_writing (&sequence);
  if (latent_grid_count (&sequence.grid) <= MAX_SYMBOLS && sequence.grid.channels <= MAX_CHANNELS)
    decode_nothing (&sequence);
  return 0;
}
