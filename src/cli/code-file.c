/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/code-file.h"

#include "src/base/output.h"

struct _LatentCodeFile {
  char *path;
  LatentOutput *output;
  LatentMediaKind kind;
  GBytes *embedded;
  LatentFileWriter *writer;
  gboolean begun; /* whether the stream was added */
  guint64 bytes;
};

LatentCodeFile *
latent_code_file_new (const char *path, LatentMediaKind kind, GBytes *embedded, GError **error)
{
  g_autoptr (LatentCodeFile) self = g_new0 (LatentCodeFile, 1);
  self->path = g_strdup (path);
  self->kind = kind;
  self->embedded = embedded ? g_bytes_ref (embedded) : NULL;
  self->writer = latent_file_writer_new (g_random_int ());
  self->output = latent_output_new (path, error);
  return self->output ? g_steal_pointer (&self) : NULL;
}

void
latent_code_file_free (LatentCodeFile *self)
{
  if (!self)
    return;
  latent_output_free (self->output);
  g_clear_pointer (&self->embedded, g_bytes_unref);
  latent_file_writer_unref (self->writer);
  g_free (self->path);
  g_free (self);
}

static gboolean
write_taken (LatentCodeFile *self, GError **error)
{
  for (;;) {
    g_autoptr (GBytes) bytes = latent_file_writer_take (self->writer, NULL);
    if (!bytes)
      return TRUE;
    gsize size;
    const void *data = g_bytes_get_data (bytes, &size);
    if (!latent_output_write (self->output, data, size, error))
      return FALSE;
    self->bytes += size;
  }
}

static gboolean
begin (LatentCodeFile *self, GBytes *header, const LatentCodedPacket *packet, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (header, &size);
  self->begun = TRUE;
  return latent_file_writer_add_stream (
             self->writer, self->kind, data, size, packet->file.duration, error) &&
         (!self->embedded || latent_file_writer_add_model (self->writer, 0, self->embedded, error));
}

gboolean
latent_code_file_put (
    LatentCodeFile *self, GBytes *header, const LatentCodedPacket *packet, GError **error)
{
  if ((self->begun || begin (self, header, packet, error)) &&
      latent_file_writer_add_packet (
          self->writer, &packet->file, packet->data, packet->size, error))
    return write_taken (self, error);
  g_prefix_error (error, "%s: ", self->path);
  return FALSE;
}

gboolean
latent_code_file_finish (LatentCodeFile *self, guint64 *bytes, GError **error)
{
  latent_file_writer_finish (self->writer);
  if (!write_taken (self, error))
    return FALSE;
  *bytes = self->bytes;
  return latent_output_finish (self->output, error);
}
