/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <latent/error.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct _LatentOutput {
  char *path;
  char *beside; /* NULL once it is moved, and where the path itself is written to */
  FILE *file;
};

static gboolean
fail (const char *path, GError **error)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_WRITE, "%s: %s", path, g_strerror (errno));
  return FALSE;
}

/* Whether the path is of something that another file must not take the place of. */
static gboolean
is_special (const char *path)
{
  struct stat st;
  return stat (path, &st) == 0 && !S_ISREG (st.st_mode);
}

static int
open_fd (LatentOutput *self)
{
  if (is_special (self->path))
    return open (self->path, O_WRONLY | O_CLOEXEC);
  self->beside = g_strconcat (self->path, ".XXXXXX", NULL);
  return g_mkstemp_full (self->beside, O_RDWR | O_CLOEXEC, 0666);
}

LatentOutput *
latent_output_new (const char *path, GError **error)
{
  g_autoptr (LatentOutput) self = g_new0 (LatentOutput, 1);
  self->path = g_strdup (path);
  int fd = open_fd (self);
  if (fd < 0)
    g_clear_pointer (&self->beside, g_free);
  else
    self->file = fdopen (fd, "wb");
  return self->file || fail (path, error) ? g_steal_pointer (&self) : NULL;
}

void
latent_output_free (LatentOutput *self)
{
  if (!self)
    return;
  if (self->file)
    fclose (self->file);
  if (self->beside)
    g_unlink (self->beside);
  g_free (self->beside);
  g_free (self->path);
  g_free (self);
}

const char *
latent_output_get_name (const LatentOutput *self)
{
  return self->beside ? self->beside : self->path;
}

gboolean
latent_output_write (LatentOutput *self, gconstpointer data, gsize size, GError **error)
{
  return fwrite (data, 1, size, self->file) == size || fail (self->path, error);
}

gboolean
latent_output_rewind (LatentOutput *self, GError **error)
{
  return fseek (self->file, 0, SEEK_SET) == 0 || fail (self->path, error);
}

gboolean
latent_output_finish (LatentOutput *self, GError **error)
{
  FILE *file = g_steal_pointer (&self->file);
  if (fclose (file) != 0 || (self->beside && g_rename (self->beside, self->path) != 0))
    return fail (self->path, error);
  g_clear_pointer (&self->beside, g_free);
  return TRUE;
}

gboolean
latent_output_check (const char *path, GError **error)
{
  struct stat st;
  if (stat (path, &st) == 0 && S_ISDIR (st.st_mode)) {
    errno = EISDIR;
    return fail (path, error);
  }
  if (is_special (path)) /* opening a pipe waits for its reader */
    return access (path, W_OK) == 0 || fail (path, error);
  g_autoptr (LatentOutput) trial = latent_output_new (path, error);
  return trial != NULL;
}

gboolean
latent_output_put (const char *path, gconstpointer data, gsize size, GError **error)
{
  g_autoptr (LatentOutput) self = latent_output_new (path, error);
  if (!self || !latent_output_write (self, data, size, error))
    return FALSE;
  if (fflush (self->file) != 0 ||
      (self->beside && fsync (fileno (self->file)) != 0 && errno != EINVAL))
    return fail (path, error);
  return latent_output_finish (self, error);
}
