/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/onnx/external.h"

#include <errno.h>
#include <fcntl.h>
#include <latent/error.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/file.h"

struct _LatentOnnxExternal {
  char *folder; /* canonical, without links; NULL: nothing may be read */
  GChecksum *checksum;
  GHashTable *ranges; /* "offset:file" -> GBytes */
  GHashTable *used;   /* file -> guint64 *, bytes of it that are held */
};

/* What external_data says. */
typedef struct {
  const char *location;
  guint64 offset;
  guint64 length;
  gboolean has_length;
} Range;

LatentOnnxExternal *
latent_onnx_external_new (const char *path, GChecksum *checksum)
{
  LatentOnnxExternal *self = g_new0 (LatentOnnxExternal, 1);

  if (path != NULL) {
    g_autofree char *dirname = g_path_get_dirname (path);
    self->folder = realpath (dirname, NULL);
  }
  self->checksum = checksum;
  self->ranges = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  self->used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
latent_onnx_external_free (LatentOnnxExternal *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->ranges);
  g_hash_table_unref (self->used);
  free (self->folder);
  g_free (self);
}

static gboolean
get_range (const Onnx__TensorProto *proto, Range *range, GError **error)
{
  *range = (Range){0};
  for (size_t i = 0; i < proto->n_external_data; i++) {
    const char *key = proto->external_data[i]->key;
    const char *value = proto->external_data[i]->value;
    gboolean ok = key != NULL && value != NULL;
    if (ok && g_str_equal (key, "location"))
      range->location = value;
    else if (ok && g_str_equal (key, "offset"))
      ok = g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT64, &range->offset, NULL);
    else if (ok && g_str_equal (key, "length"))
      ok = range->has_length = g_ascii_string_to_unsigned (
          value, 10, 0, G_MAXINT64, &range->length, NULL);
    if (!ok) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
          "external data: '%s' is no value for '%s'", value != NULL ? value : "",
          key != NULL ? key : "");
      return FALSE;
    }
  }
  if (range->location == NULL || range->location[0] == '\0') {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "external data: there is no 'location'");
    return FALSE;
  }
  return TRUE;
}

static gboolean
climbs (const char *location)
{
  g_auto (GStrv) parts = g_strsplit (location, "/", -1);

  return g_path_is_absolute (location) || g_strv_contains ((const char *const *)parts, "..");
}

static gboolean
contains (const char *folder, const char *file)
{
  return g_str_has_prefix (file, folder) &&
         (g_str_has_suffix (folder, "/") || file[strlen (folder)] == '/');
}

/* The file's canonical path; it lies in the folder, whatever links there are. */
static char *
resolve (LatentOnnxExternal *self, const char *location, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *file = NULL;
  gboolean outside = climbs (location);

  if (self->folder != NULL && !outside) {
    path = g_build_filename (self->folder, location, NULL);
    file = realpath (path, NULL);
    outside = file != NULL && !contains (self->folder, file);
  }
  if (outside) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "external data '%s' leaves the model's folder", location);
    return NULL;
  }
  if (file == NULL) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_NOT_FOUND, "external data '%s': %s", location,
        self->folder != NULL ? g_strerror (errno) : "the model has no folder");
    return NULL;
  }
  return g_steal_pointer (&file);
}

/* Counts what is held of a file: a small model must not point to one large file over and over. */
static gboolean
use (LatentOnnxExternal *self, const char *file, gsize size, guint64 file_size)
{
  guint64 *used = g_hash_table_lookup (self->used, file);

  if (used == NULL) {
    used = g_new0 (guint64, 1);
    g_hash_table_insert (self->used, g_strdup (file), used);
  }
  *used += size;
  return *used <= file_size;
}

static GBytes *
read_range (LatentOnnxExternal *self, const char *file, int fd, const Range *range, GError **error)
{
  struct stat st;
  g_autofree guint8 *data = NULL;
  gsize size = (gsize)range->length;

  if (fd < 0 || fstat (fd, &st) != 0 || !S_ISREG (st.st_mode)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_READ, "external data '%s': %s", range->location,
        fd < 0 ? g_strerror (errno) : "not a regular file");
    return NULL;
  }
  if (range->offset > (guint64)st.st_size || size > (guint64)st.st_size - range->offset) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "external data '%s': %zu bytes at %" G_GUINT64_FORMAT
        " are wanted, the file has %" G_GINT64_FORMAT,
        range->location, size, range->offset, (gint64)st.st_size);
    return NULL;
  }
  if (!use (self, file, size, (guint64)st.st_size)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "external data '%s': tensors overlap",
        range->location);
    return NULL;
  }
  data = g_try_malloc (MAX (size, 1));
  if (data == NULL || !latent_file_read_at (fd, data, size, range->offset)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_READ, "external data '%s' cannot be read",
        range->location);
    return NULL;
  }
  return g_bytes_new_take (g_steal_pointer (&data), size);
}

GBytes *
latent_onnx_external_read (
    LatentOnnxExternal *self, const Onnx__TensorProto *proto, gsize size, GError **error)
{
  Range range;
  g_autofree char *key = NULL;
  g_autofree char *file = NULL;
  GBytes *bytes;
  int fd;

  if (!get_range (proto, &range, error))
    return NULL;
  if (range.has_length && range.length != size) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "external data '%s': the tensor takes %zu bytes, 'length' says %" G_GUINT64_FORMAT,
        range.location, size, range.length);
    return NULL;
  }
  range.length = size;
  file = resolve (self, range.location, error);
  if (file == NULL)
    return NULL;
  key = g_strdup_printf ("%" G_GUINT64_FORMAT ":%zu:%s", range.offset, size, file);
  bytes = g_hash_table_lookup (self->ranges, key);
  if (bytes != NULL)
    return g_bytes_ref (bytes);
  fd = open (file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  bytes = read_range (self, file, fd, &range, error);
  if (fd >= 0)
    close (fd);
  if (bytes == NULL)
    return NULL;
  if (self->checksum != NULL)
    g_checksum_update (self->checksum, g_bytes_get_data (bytes, NULL), (gssize)size);
  g_hash_table_insert (self->ranges, g_steal_pointer (&key), g_bytes_ref (bytes));
  return bytes;
}
