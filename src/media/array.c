/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/array.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "src/base/limits.h"
#include "src/media/idx.h"
#include "src/media/npy.h"

#define BUFFER_SIZE (1u << 17)

struct _LatentArrayFile {
  char *path;
  gzFile file; /* zlib reads files that are not compressed as they are */
  LatentArrayHeader header;
  gsize sample_elements;
  gsize sample_size;
  guint64 left; /* samples */
};

static gboolean
read_exactly (LatentArrayFile *self, gpointer dst, gsize size, GError **error)
{
  guint8 *at = dst;
  while (size > 0) {
    int n = gzread (self->file, at, (unsigned)MIN (size, 1u << 30));
    if (n <= 0) {
      int code = Z_OK;
      const char *text = gzerror (self->file, &code);
      gboolean damaged = code != Z_OK && code != Z_BUF_ERROR;
      g_set_error (error, LATENT_ERROR, damaged ? LATENT_ERROR_READ : LATENT_ERROR_FORMAT, "%s",
          damaged ? text : "the file is cut off");
      return FALSE;
    }
    at += n;
    size -= (gsize)n;
  }
  return TRUE;
}

/* prefix: LATENT_NPY_PREFIX_SIZE bytes, read already. */
static gboolean
read_npy_header (LatentArrayFile *self, const guint8 *prefix, GError **error)
{
  gsize begin, length;
  if (!latent_npy_parse_prefix (prefix, LATENT_NPY_PREFIX_SIZE, &begin, &length, error))
    return FALSE;
  gsize known = LATENT_NPY_PREFIX_SIZE - begin;
  if (length < known) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "the NPY header is empty");
    return FALSE;
  }
  g_autofree char *text = g_malloc (length);
  memcpy (text, prefix + begin, known);
  return read_exactly (self, text + known, length - known, error) &&
         latent_npy_parse_text (text, length, &self->header, error);
}

static gboolean
read_idx_header (LatentArrayFile *self, const guint8 *prefix, GError **error)
{
  guint8 data[LATENT_IDX_PREFIX_SIZE + 4 * LATENT_MAX_DIMS];
  gsize size = latent_idx_get_header_size (prefix);
  memcpy (data, prefix, LATENT_IDX_PREFIX_SIZE);
  return read_exactly (self, data + LATENT_IDX_PREFIX_SIZE, size - LATENT_IDX_PREFIX_SIZE, error) &&
         latent_idx_parse_header (data, size, &self->header, error);
}

static gboolean
read_header (LatentArrayFile *self, GError **error)
{
  guint8 prefix[LATENT_NPY_PREFIX_SIZE];
  if (!read_exactly (self, prefix, LATENT_IDX_PREFIX_SIZE, error))
    return FALSE;
  if (latent_idx_matches (prefix, LATENT_IDX_PREFIX_SIZE)) {
    if (!read_idx_header (self, prefix, error))
      return FALSE;
  } else if (!read_exactly (self, prefix + LATENT_IDX_PREFIX_SIZE,
                 LATENT_NPY_PREFIX_SIZE - LATENT_IDX_PREFIX_SIZE, error) ||
             !read_npy_header (self, prefix, error)) {
    return FALSE;
  }

  LatentShape sample = self->header.shape;
  memmove (sample.dims, sample.dims + 1, --sample.n * sizeof sample.dims[0]);
  self->left = self->header.shape.dims[0];
  if (!latent_shape_count (
          &sample, self->header.type, &self->sample_elements, &self->sample_size, error))
    return FALSE;
  if (self->sample_elements == 0) {
    g_autofree char *text = latent_shape_to_string (&self->header.shape);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "an array of shape %s has samples without elements", text);
    return FALSE;
  }
  return TRUE;
}

LatentArrayFile *
latent_array_file_open (const char *path, GError **error)
{
  g_autoptr (LatentArrayFile) self = g_new0 (LatentArrayFile, 1);
  self->path = g_strdup (path);
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) {
    g_set_error (error, LATENT_ERROR, errno == ENOENT ? LATENT_ERROR_NOT_FOUND : LATENT_ERROR_READ,
        "%s: %s", path, g_strerror (errno));
    return NULL;
  }
  self->file = gzdopen (fd, "rb");
  if (!self->file) {
    close (fd);
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_READ, "%s: memory is short", path);
    return NULL;
  }
  gzbuffer (self->file, BUFFER_SIZE);
  if (!read_header (self, error)) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
latent_array_file_free (LatentArrayFile *self)
{
  if (!self)
    return;
  if (self->file)
    gzclose (self->file);
  g_free (self->path);
  g_free (self);
}

gboolean
latent_array_file_probe (const char *path)
{
  /* Not a pipe or a device: what is read from these cannot be read again. */
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return FALSE;
  gzFile file = gzopen (path, "rb");
  if (!file)
    return FALSE;
  guint8 prefix[LATENT_NPY_PREFIX_SIZE] = {0};
  int n = gzread (file, prefix, sizeof prefix);
  gzclose (file);
  gsize begin, length;
  return n > 0 && (latent_idx_matches (prefix, (gsize)n) ||
                      latent_npy_parse_prefix (prefix, (gsize)n, &begin, &length, NULL));
}

const LatentArrayHeader *
latent_array_file_get_header (const LatentArrayFile *self)
{
  return &self->header;
}

gsize
latent_array_file_get_sample_elements (const LatentArrayFile *self)
{
  return self->sample_elements;
}

gsize
latent_array_file_get_sample_size (const LatentArrayFile *self)
{
  return self->sample_size;
}

static void
swap_bytes (guint8 *data, gsize n, gsize size)
{
  for (gsize i = 0; i < n; i++, data += size)
    for (gsize a = 0, b = size - 1; a < b; a++, b--) {
      guint8 byte = data[a];
      data[a] = data[b];
      data[b] = byte;
    }
}

gssize
latent_array_file_read (LatentArrayFile *self, gpointer dst, gsize n, GError **error)
{
  n = MIN (n, self->left);
  if (n == 0)
    return 0;
  if (!read_exactly (self, dst, n * self->sample_size, error)) {
    g_prefix_error (error, "%s: sample %" G_GUINT64_FORMAT " of %" G_GINT64_FORMAT ": ", self->path,
        (guint64)self->header.shape.dims[0] - self->left, self->header.shape.dims[0]);
    return -1;
  }
  self->left -= n;
  if (self->header.swap)
    swap_bytes (dst, n * self->sample_elements, latent_data_type_get_size (self->header.type));
  return (gssize)n;
}
