/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "../session-models.h"
#include "src/codec/packet.h"

/* Decodes packets of a small stream. The first byte chooses the stream; then, for each packet, a
 * byte of its length, its first byte, its counter's low byte, and what follows on its checksum,
 * which is made right. Bit 2 of the choice: sound of three frames a packet. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define N_SYMBOLS (3 * 8 * 6)

static LatentDecoder *
new_decoder (LatentModel *model, guint8 choice)
{
  const gint64 dims[] = {1, 3, 8, 6};
  const gboolean is_sound = choice >> 2 & 1;
  const LatentStreamInfo info = {.kind = is_sound ? LATENT_MEDIA_AUDIO : LATENT_MEDIA_VIDEO,
      .width = 96,
      .height = 128,
      .rate = 16000,
      .audio_channels = 1,
      .hop = 960,
      .frames = is_sound ? 3 : 0,
      .slices = choice & 1 && !is_sound ? 3 : 1,
      .resilient = choice >> 1 & 1};
  g_autoptr (LatentEncoder) encoder = latent_encoder_new (model, 4, dims, &info, 1, NULL);
  gsize size;
  const guint8 *header = g_bytes_get_data (latent_encoder_get_header (encoder), &size);

  return latent_decoder_new (model, header, size, 1, NULL);
}

static void
decode (LatentDecoder *decoder, const guint8 *bytes, gsize n)
{
  LatentPacketInfo info = {
      .key = bytes[0] >> 7, .quality = bytes[0] & LATENT_QUALITY_MAX, .number = bytes[1]};
  LatentSlice slice = {bytes + 2, n - 2};
  g_autofree guint8 *packet = g_malloc (latent_packet_get_bound (1, n));
  gsize size = latent_packet_put (&info, FALSE, 1, &slice, packet);
  g_autofree guint8 *exact = g_memdup2 (packet, size); /* what is read behind it is found */
  float latents[N_SYMBOLS];

  for (guint i = 0; i < N_SYMBOLS; i++)
    latents[i] = NAN;
  if (latent_decoder_decode (decoder, exact, size, latents, NULL, NULL) != LATENT_DECODE_OK)
    return;
  do {
    for (guint i = 0; i < N_SYMBOLS; i++)
      g_assert_true (isfinite (latents[i]));
  } while (latent_decoder_next (decoder, latents));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const gint64 dims[] = {1, 3, 8, 6};
  static const char *const keys[] = {"latent.input", "vector", "latent.id", "fuzz", NULL};
  static LatentModel *model;
  g_autoptr (LatentDecoder) decoder = NULL;
  LatentPacketInfo info;
  gsize at = 1;

  latent_packet_info_parse (&info, data, size, NULL);
  if (size < 1)
    return 0;
  if (model == NULL)
    model = test_identity_new (4, dims, keys);
  decoder = new_decoder (model, data[0]);
  while (at + 3 <= size) {
    gsize n = MIN (MAX (data[at], 2), size - at - 1);
    decode (decoder, data + at + 1, n);
    at += 1 + n;
  }
  return 0;
}
