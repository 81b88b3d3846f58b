/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/prior-private.h"

#include <latent/error.h>
#include <string.h>

#include "src/base/crc32c.h"
#include "src/base/limits.h"
#include "src/base/reader.h"

/* A prior's bytes, which are text in base64:
 *
 *   offset  bytes
 *   0       1      version: 1
 *   1       3      channels
 *   4       4      CRC32C of what follows
 *   8       ...    how the tables differ from the built-in ones (prior-tables.c); nothing: not at
 * all */
#define VERSION     1
#define HEADER_SIZE 8

static gpointer
make_default_tables (gpointer unused)
{
  LatentPriorTables *self = g_new0 (LatentPriorTables, 1);
  LatentPriorTables reference = {0};
  gsize size;
  g_autofree guchar *data = g_base64_decode (latent_prior_default_text, &size);

  latent_prior_tables_init (self, 1);
  latent_prior_tables_init (&reference, 1);
  if (size > 0)
    latent_prior_tables_get (self, &reference, data, size);
  latent_prior_tables_clear (&reference);
  return self;
}

const LatentPriorTables *
latent_prior_get_default_tables (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, make_default_tables, NULL);
}

/* Takes bytes. */
static LatentPrior *
make_prior (const LatentPriorTables *tables, GBytes *bytes)
{
  LatentPrior *self = g_new0 (LatentPrior, 1);

  g_atomic_ref_count_init (&self->refs);
  self->channels = tables->channels;
  self->bytes = bytes;
  for (guint i = 0; i < 2; i++)
    self->states[i] = g_malloc0 (latent_state_get_size (tables->channels));
  self->weights = g_new (LatentChannelWeights, tables->channels);
  latent_prior_tables_fill_state (tables, self->states[0]);
  latent_prior_tables_fill_state (tables, self->states[1]);
  for (guint c = 0; c < tables->channels; c++)
    self->weights[c] = tables->parameters[c].weights;
  return self;
}

static GBytes *
make_bytes (guint channels, const guint8 *data, gsize size)
{
  guint32 crc = latent_crc32c (0, data, size);
  guint8 *bytes = g_malloc (HEADER_SIZE + size);

  bytes[0] = VERSION;
  for (guint i = 0; i < 3; i++)
    bytes[1 + i] = (guint8)(channels >> 8 * i);
  for (guint i = 0; i < 4; i++)
    bytes[4 + i] = (guint8)(crc >> 8 * i);
  if (size > 0)
    memcpy (bytes + HEADER_SIZE, data, size);
  return g_bytes_new_take (bytes, HEADER_SIZE + size);
}

LatentPrior *
latent_prior_new_default (guint channels)
{
  LatentPriorTables tables = {0};
  LatentPrior *self;

  g_return_val_if_fail (channels > 0 && channels <= LATENT_LIMIT_GRID_CHANNELS, NULL);
  latent_prior_tables_init_alike (&tables, channels, latent_prior_get_default_tables ());
  self = make_prior (&tables, make_bytes (channels, NULL, 0));
  latent_prior_tables_clear (&tables);
  return self;
}

LatentPrior *
latent_prior_new_from_tables (const LatentPriorTables *tables)
{
  LatentPriorTables reference = {0};
  g_autoptr (GByteArray) data = NULL;
  LatentPrior *self;

  latent_prior_tables_init_alike (&reference, tables->channels, latent_prior_get_default_tables ());
  data = latent_prior_tables_put (tables, &reference);
  self = make_prior (tables, make_bytes (tables->channels, data->data, data->len));
  latent_prior_tables_clear (&reference);
  return self;
}

LatentPrior *
latent_prior_ref (LatentPrior *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
latent_prior_unref (LatentPrior *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_bytes_unref (self->bytes);
  g_free (self->states[0]);
  g_free (self->states[1]);
  g_free (self->weights);
  g_free (self);
}

static gboolean
check_header (LatentReader *reader, guint channels, GError **error)
{
  guint version = latent_reader_get_u8 (reader), n = latent_reader_get_u8 (reader);
  guint32 crc;

  n |= (guint)latent_reader_get_u16le (reader) << 8;
  crc = latent_reader_get_u32le (reader);
  if (reader->failed)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "latent.prior: %" G_GSIZE_FORMAT " bytes are fewer than its header has", reader->size);
  else if (version != VERSION)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "latent.prior: version %u, wanted %u", version, VERSION);
  else if (n != channels)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "latent.prior: is for %u channels, wanted %u", n, channels);
  else if (crc != latent_crc32c (0, reader->data + reader->pos, latent_reader_get_left (reader)))
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "latent.prior: checksum does not fit");
  else
    return TRUE;
  return FALSE;
}

LatentPrior *
latent_prior_new_from_text (const char *text, guint channels, GError **error)
{
  gsize size = 0, length = strlen (text);
  g_autofree guchar *data = NULL;
  LatentPriorTables tables = {0}, reference = {0};
  LatentReader reader;
  LatentPrior *self;

  if (channels == 0 || channels > LATENT_LIMIT_GRID_CHANNELS || length > LATENT_LIMIT_PRIOR_TEXT) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "latent.prior: %u channels, %" G_GSIZE_FORMAT " characters; at most %u and %u", channels,
        length, LATENT_LIMIT_GRID_CHANNELS, LATENT_LIMIT_PRIOR_TEXT);
    return NULL;
  }
  data = g_base64_decode (text, &size);
  latent_reader_init (&reader, data, size);
  if (!check_header (&reader, channels, error))
    return NULL;
  if (latent_reader_get_left (&reader) == 0)
    return latent_prior_new_default (channels);
  latent_prior_tables_init_alike (&tables, channels, latent_prior_get_default_tables ());
  latent_prior_tables_init_alike (&reference, channels, latent_prior_get_default_tables ());
  latent_prior_tables_get (
      &tables, &reference, data + reader.pos, latent_reader_get_left (&reader));
  self = make_prior (&tables, g_bytes_new (data, size));
  latent_prior_tables_clear (&tables);
  latent_prior_tables_clear (&reference);
  return self;
}

char *
latent_prior_to_text (const LatentPrior *self)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (self->bytes, &size);

  return g_base64_encode (data, size);
}

guint32
latent_prior_get_checksum (const LatentPrior *self)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (self->bytes, &size);

  return latent_crc32c (0, data, size);
}
