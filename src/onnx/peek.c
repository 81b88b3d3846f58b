/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/onnx/peek.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <latent/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/file.h"
#include "src/base/reader.h"
#include "src/onnx/field.h"

/* Fields of ModelProto and of its StringStringEntryProto, and how protobuf writes them. */
#define METADATA_PROPS 14
#define ENTRY_KEY      1
#define ENTRY_VALUE    2
/* Entries that are longer are not asked for. */
#define MAX_ENTRY_BYTES 65536
/* Outermost fields that a model has at most: some for each key of metadata. */
#define MAX_FIELDS 100000

static char *
get_value (const guint8 *entry, gsize size, const char *key)
{
  g_autofree char *found = NULL, *value = NULL;
  LatentReader reader;

  latent_reader_init (&reader, entry, size);
  while (latent_reader_get_left (&reader) > 0) {
    guint64 tag = latent_reader_get_varint (&reader);
    guint64 n = latent_reader_get_varint (&reader);
    const guint8 *text = latent_reader_get_bytes (&reader, (gsize)MIN (n, size + 1));

    if (!text || (tag & 7) != LATENT_WIRE_BYTES)
      return NULL;
    if (tag >> 3 == ENTRY_KEY && !found)
      found = g_strndup ((const char *)text, n);
    else if (tag >> 3 == ENTRY_VALUE && !value)
      value = g_strndup ((const char *)text, n);
  }
  return found && g_str_equal (found, key) ? g_steal_pointer (&value) : NULL;
}

static char *
find (int fd, guint64 end, const char *path, const char *key, GError **error)
{
  LatentField field = {0};
  guint n = 0;

  for (guint64 offset = 0; offset < end; offset = field.start + field.size) {
    g_autofree guint8 *entry = NULL;
    char *value;

    if (n++ == MAX_FIELDS || !latent_field_read (&field, fd, offset, end)) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
          "%s: no model: byte %" G_GUINT64_FORMAT " begins no field", path, offset);
      return NULL;
    }
    if (field.number != METADATA_PROPS || field.wire != LATENT_WIRE_BYTES ||
        field.size > MAX_ENTRY_BYTES)
      continue;
    entry = g_malloc (field.size + 1);
    if (!latent_file_read_at (fd, entry, (gsize)field.size, field.start))
      continue;
    value = get_value (entry, (gsize)field.size, key);
    if (value)
      return value;
  }
  return NULL;
}

char *
latent_onnx_peek (const char *path, const char *key, GError **error)
{
  struct stat status;
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  char *value = NULL;

  if (fd < 0) {
    int code = errno;

    g_set_error (error, LATENT_ERROR, code == ENOENT ? LATENT_ERROR_NOT_FOUND : LATENT_ERROR_READ,
        "%s: %s", path, g_strerror (code));
    return NULL;
  }
  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    value = find (fd, (guint64)status.st_size, path, key, error);
  else
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_READ, "%s: no regular file", path);
  close (fd);
  return value;
}
