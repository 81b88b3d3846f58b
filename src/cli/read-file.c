/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/read-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES ((gsize)64 << 10) /* at once, where less is wanted */

struct _LatentReadFile {
  char *path;
  int fd;
  guint64 size;
  guint64 offset; /* of what was found last */
  LatentFileParser *parser;
  guint8 *room;
  gsize n_room;
};

LatentReadFile *
latent_read_file_new (const char *path, GError **error)
{
  g_autoptr (LatentReadFile) self = g_new0 (LatentReadFile, 1);
  struct stat status;
  self->path = g_strdup (path);
  self->parser = latent_file_parser_new ();
  self->fd = open (path, O_RDONLY | O_CLOEXEC);
  if (self->fd < 0 || fstat (self->fd, &status) != 0) {
    g_set_error (error, LATENT_ERROR, errno == ENOENT ? LATENT_ERROR_NOT_FOUND : LATENT_ERROR_READ,
        "%s: %s", path, g_strerror (errno));
    return NULL;
  }
  if (!S_ISREG (status.st_mode)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_READ, "%s: not a regular file", path);
    return NULL;
  }
  self->size = (guint64)status.st_size;
  latent_file_parser_set_size (self->parser, self->size);
  return g_steal_pointer (&self);
}

void
latent_read_file_free (LatentReadFile *self)
{
  if (!self)
    return;
  if (self->fd >= 0)
    close (self->fd);
  latent_file_parser_unref (self->parser);
  g_free (self->room);
  g_free (self->path);
  g_free (self);
}

/* Gives the parser what it wants, or says that there is no more. */
static gboolean
feed (LatentReadFile *self, GError **error)
{
  guint64 offset;
  gsize size;
  latent_file_parser_get_wanted (self->parser, &offset, &size);
  size = MAX (size, READ_BYTES);
  if (size > self->n_room) {
    guint8 *room = g_try_realloc (self->room, size);
    if (!room) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "%s: memory is short", self->path);
      return FALSE;
    }
    self->room = room;
    self->n_room = size;
  }
  ssize_t n = pread (self->fd, self->room, size, (off_t)offset);
  if (n < 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_READ, "%s: %s", self->path, g_strerror (errno));
    return FALSE;
  }
  if (n == 0)
    latent_file_parser_end (self->parser);
  else
    latent_file_parser_push (self->parser, offset, self->room, (gsize)n);
  return TRUE;
}

LatentFileResult
latent_read_file_next (LatentReadFile *self, LatentFileEvent *event, GError **error)
{
  for (;;) {
    LatentFileResult result = latent_file_parser_next (self->parser, event, error);
    if (result == LATENT_FILE_MORE) {
      if (!feed (self, error))
        return LATENT_FILE_ERROR;
      continue;
    }
    if (result == LATENT_FILE_ERROR)
      g_prefix_error (error, "%s: ", self->path);
    if (result == LATENT_FILE_PACKET)
      self->offset = event->offset;
    return result;
  }
}

LatentFileParser *
latent_read_file_get_parser (LatentReadFile *self)
{
  return self->parser;
}

double
latent_read_file_get_progress (const LatentReadFile *self)
{
  return self->size ? MIN ((double)self->offset / (double)self->size, 1) : 1;
}
