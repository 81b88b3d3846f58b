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

static gpointer
fail (const char *path, int code, const char *what, GError **error)
{
  g_set_error (error, LATENT_ERROR, code, "%s: %s", path, what);
  return NULL;
}

struct _LatentFile {
  gatomicrefcount ref_count;
  char *path;
  int fd;
  struct stat status; /* when it was opened */
};

static LatentFile *
take (const char *path, int fd, gsize most, GError **error)
{
  g_autoptr (LatentFile) self = g_new0 (LatentFile, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->path = g_strdup (path);
  self->fd = fd;
  if (fstat (fd, &self->status) != 0)
    return fail (path, LATENT_ERROR_READ, g_strerror (errno), error);
  if (!S_ISREG (self->status.st_mode))
    return fail (path, LATENT_ERROR_READ, "not a regular file", error);
  if ((guint64)self->status.st_size > most)
    return fail (path, LATENT_ERROR_LIMIT, "the file is larger than any that can be read", error);
  return g_steal_pointer (&self);
}

LatentFile *
latent_file_open (const char *path, gsize most, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang */

  if (fd < 0)
    return fail (path, errno == ENOENT ? LATENT_ERROR_NOT_FOUND : LATENT_ERROR_READ,
        g_strerror (errno), error);
  return take (path, fd, most, error);
}

LatentFile *
latent_file_ref (LatentFile *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
latent_file_unref (LatentFile *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  close (self->fd);
  g_free (self->path);
  g_free (self);
}

gsize
latent_file_get_size (const LatentFile *self)
{
  return (gsize)self->status.st_size;
}

int
latent_file_get_fd (const LatentFile *self)
{
  return self->fd;
}

static gboolean
is_unchanged (const LatentFile *self)
{
  struct stat now;

  return fstat (self->fd, &now) == 0 && now.st_size == self->status.st_size &&
         now.st_mtim.tv_sec == self->status.st_mtim.tv_sec &&
         now.st_mtim.tv_nsec == self->status.st_mtim.tv_nsec;
}

gboolean
latent_file_read_part (
    const LatentFile *self, gpointer dst, gsize size, guint64 offset, GError **error)
{
  gboolean got = latent_file_read_at (self->fd, dst, size, offset);

  if (!is_unchanged (self))
    return fail (self->path, LATENT_ERROR_READ, "the file has been written to since it was opened",
               error) != NULL;
  return got || fail (self->path, LATENT_ERROR_READ, "the file cannot be read", error) != NULL;
}

GBytes *
latent_file_read_all (const LatentFile *self, GError **error)
{
  gsize size = latent_file_get_size (self);
  g_autofree guint8 *data = g_try_malloc (MAX (size, 1));

  if (data == NULL)
    return fail (self->path, LATENT_ERROR_LIMIT, "out of memory", error);
  if (!latent_file_read_part (self, data, size, 0, error))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), size);
}

GBytes *
latent_file_read (const char *path, gsize most, GError **error)
{
  g_autoptr (LatentFile) file = latent_file_open (path, most, error);

  return file != NULL ? latent_file_read_all (file, error) : NULL;
}
