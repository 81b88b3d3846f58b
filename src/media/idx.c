/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/idx.h"

#include "src/base/reader.h"

static const struct {
  guint8 code;
  LatentDataType type;
} types[] = {
    {0x08, LATENT_DATA_TYPE_UINT8  },
    {0x09, LATENT_DATA_TYPE_INT8   },
    {0x0b, LATENT_DATA_TYPE_INT16  },
    {0x0c, LATENT_DATA_TYPE_INT32  },
    {0x0d, LATENT_DATA_TYPE_FLOAT32},
    {0x0e, LATENT_DATA_TYPE_FLOAT64},
};

static LatentDataType
find_type (guint8 code)
{
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].code == code)
      return types[i].type;
  return LATENT_DATA_TYPE_NONE;
}

gboolean
latent_idx_matches (const guint8 *data, gsize size)
{
  return size >= LATENT_IDX_PREFIX_SIZE && data[0] == 0 && data[1] == 0 && data[3] >= 1 &&
         data[3] <= LATENT_MAX_DIMS && find_type (data[2]) != LATENT_DATA_TYPE_NONE;
}

gsize
latent_idx_get_header_size (const guint8 *data)
{
  return LATENT_IDX_PREFIX_SIZE + 4 * (gsize)data[3];
}

gboolean
latent_idx_parse_header (const guint8 *data, gsize size, LatentArrayHeader *header, GError **error)
{
  LatentReader reader;
  latent_reader_init (&reader, data, size);
  *header = (LatentArrayHeader){.swap = G_BYTE_ORDER == G_LITTLE_ENDIAN};
  guint16 zero = latent_reader_get_u16le (&reader);
  header->type = find_type (latent_reader_get_u8 (&reader));
  header->shape.n = latent_reader_get_u8 (&reader);
  if (reader.failed || zero != 0 || header->type == LATENT_DATA_TYPE_NONE || header->shape.n == 0 ||
      header->shape.n > LATENT_MAX_DIMS) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "not an IDX header");
    return FALSE;
  }
  for (guint i = 0; i < header->shape.n; i++)
    header->shape.dims[i] = latent_reader_get_u32be (&reader);
  if (reader.failed) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "the IDX header is cut off: it has %" G_GSIZE_FORMAT " bytes, its %u dimensions take %u",
        size, header->shape.n, LATENT_IDX_PREFIX_SIZE + 4 * header->shape.n);
    return FALSE;
  }
  return TRUE;
}
