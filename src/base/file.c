/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <latent/error.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
latent_file_read_at (int fd, gpointer dst, gsize size, guint64 offset)
{
  gsize done = 0;

  while (done < size) {
    ssize_t n = pread (fd, (guint8 *)dst + done, size - done, (off_t)(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    done += (gsize)n;
  }
  return TRUE;
}

static GBytes *
fail (const char *path, int code, const char *what, GError **error)
{
  g_set_error (error, LATENT_ERROR, code, "%s: %s", path, what);
  return NULL;
}

static GBytes *
read_open (const char *path, int fd, gsize most, GError **error)
{
  struct stat st;
  g_autofree guint8 *data = NULL;
  gsize size;

  if (fstat (fd, &st) != 0)
    return fail (path, LATENT_ERROR_READ, g_strerror (errno), error);
  if (!S_ISREG (st.st_mode))
    return fail (path, LATENT_ERROR_READ, "not a regular file", error);
  if ((guint64)st.st_size > most)
    return fail (path, LATENT_ERROR_LIMIT, "the file is larger than any that can be read", error);
  size = (gsize)st.st_size;
  data = g_try_malloc (MAX (size, 1));
  if (data == NULL)
    return fail (path, LATENT_ERROR_LIMIT, "out of memory", error);
  if (!latent_file_read_at (fd, data, size, 0))
    return fail (path, LATENT_ERROR_READ, "the file cannot be read", error);
  return g_bytes_new_take (g_steal_pointer (&data), size);
}

GBytes *
latent_file_read (const char *path, gsize most, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang */
  GBytes *bytes;

  if (fd < 0)
    return fail (path, errno == ENOENT ? LATENT_ERROR_NOT_FOUND : LATENT_ERROR_READ,
        g_strerror (errno), error);
  bytes = read_open (path, fd, most, error);
  close (fd);
  return bytes;
}
