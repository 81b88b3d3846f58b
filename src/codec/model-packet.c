/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/model-packet.h"

#include <string.h>

#include "src/base/limits.h"
#include "src/base/reader.h"
#include "src/model/model.h"

#define MAGIC       LATENT_MODEL_PACKET_MAGIC
#define MAGIC_BYTES 4
#define VERSION     1
#define HASH_BYTES  32
/* What stands before the model. */
#define FRONT_BYTES (MAGIC_BYTES + 1 + HASH_BYTES)

static void
hash (const guint8 *data, gsize size, guint8 digest[HASH_BYTES])
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize n = HASH_BYTES;

  g_checksum_update (checksum, data, (gssize)size);
  g_checksum_get_digest (checksum, digest, &n);
}

static gboolean
check_size (gsize size, GError **error)
{
  if (size <= LATENT_LIMIT_EMBEDDED_BYTES)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
      "a model in a stream has %" G_GSIZE_FORMAT " bytes, at most are %u", size,
      LATENT_LIMIT_EMBEDDED_BYTES);
  return FALSE;
}

GBytes *
latent_model_packet_put (const LatentModel *model, GError **error)
{
  g_autoptr (GBytes) onnx = latent_model_serialize_decoder (model, error);
  gsize size = onnx ? g_bytes_get_size (onnx) : 0;
  const guint8 *data = onnx ? g_bytes_get_data (onnx, NULL) : NULL;
  guint8 *packet;

  if (!onnx || !check_size (size + FRONT_BYTES, error))
    return NULL;
  packet = g_malloc (FRONT_BYTES + size);
  memcpy (packet, MAGIC, MAGIC_BYTES);
  packet[MAGIC_BYTES] = VERSION;
  hash (data, size, packet + MAGIC_BYTES + 1);
  memcpy (packet + FRONT_BYTES, data, size);
  return g_bytes_new_take (packet, FRONT_BYTES + size);
}

gboolean
latent_model_packet_is (const guint8 *data, gsize size)
{
  return size >= FRONT_BYTES && memcmp (data, MAGIC, MAGIC_BYTES) == 0;
}

static gboolean
is_whole (const guint8 *data, gsize size)
{
  guint8 digest[HASH_BYTES];

  hash (data + FRONT_BYTES, size - FRONT_BYTES, digest);
  return memcmp (digest, data + MAGIC_BYTES + 1, HASH_BYTES) == 0;
}

/* A field of an .onnx file's outermost message as they are written: its number below 16, so that no
 * key packet looks like one. */
static gboolean
is_field (guint8 tag)
{
  return tag >> 3 > 0 && tag < 0x80 && ((tag & 7) == 0 || (tag & 7) == 2);
}

gsize
latent_model_packet_measure (const guint8 *data, gsize size, gboolean is_end)
{
  LatentReader reader;
  gsize at = FRONT_BYTES;

  if (size < FRONT_BYTES)
    return is_end ? 0 : G_MAXSIZE;
  latent_reader_init (&reader, data, size);
  latent_reader_get_bytes (&reader, FRONT_BYTES);
  while (reader.pos < size && is_field (data[reader.pos])) {
    guint8 tag = latent_reader_get_u8 (&reader);
    guint64 value = latent_reader_get_varint (&reader);
    if ((tag & 7) == 2 && value > LATENT_LIMIT_EMBEDDED_BYTES)
      return 0;
    if ((tag & 7) == 2)
      latent_reader_get_bytes (&reader, (gsize)value);
    if (reader.failed)
      return is_end || size > LATENT_LIMIT_EMBEDDED_BYTES ? 0 : G_MAXSIZE;
    at = reader.pos;
  }
  if (at == size && !is_end)
    return G_MAXSIZE;
  return is_whole (data, at) ? at : 0;
}

LatentModel *
latent_model_packet_get (const guint8 *data, gsize size, GError **error)
{
  g_autoptr (GBytes) onnx = NULL;

  if (!latent_model_packet_is (data, size)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "no model of a stream: it does not begin with " MAGIC);
    return NULL;
  }
  if (data[MAGIC_BYTES] != VERSION) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "the model in the stream is of version %u, version %u can be read", data[MAGIC_BYTES],
        VERSION);
    return NULL;
  }
  if (!check_size (size, error))
    return NULL;
  if (!is_whole (data, size)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "the model in the stream is damaged: its SHA-256 is not that of its bytes");
    return NULL;
  }
  onnx = g_bytes_new (data + FRONT_BYTES, size - FRONT_BYTES);
  return latent_model_new_from_bytes (onnx, "the model in the stream", error);
}
