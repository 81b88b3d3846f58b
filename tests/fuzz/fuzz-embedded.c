/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/codec/model-packet.h"

/* Reads bytes as a model packet, and as the .onnx file of one whose hash is right. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define FRONT    37 /* bytes before the file */
#define HASH     32
#define MAX_FILE (64u << 10)

static guint8 *
wrap (const guint8 *data, gsize size)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 *packet = g_malloc (FRONT + size);
  gsize n = HASH;

  memcpy (packet, "LATm\1", FRONT - HASH);
  g_checksum_update (checksum, data, (gssize)size);
  g_checksum_get_digest (checksum, packet + FRONT - HASH, &n);
  memcpy (packet + FRONT, data, size);
  return packet;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree guint8 *packet = NULL;
  g_autoptr (LatentModel) model = NULL;
  g_autoptr (LatentModel) damaged = latent_model_packet_get (data, size, NULL);
  gsize measured = latent_model_packet_measure (data, size, TRUE);

  g_assert_cmpuint (measured, <=, size);
  if (size == 0 || size > MAX_FILE)
    return 0;
  packet = wrap (data, size);
  model = latent_model_packet_get (packet, FRONT + size, NULL);
  measured = latent_model_packet_measure (packet, FRONT + size, TRUE);
  g_assert_cmpuint (measured, <=, FRONT + size);
  return 0;
}
