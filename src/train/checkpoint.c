/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <latent/error.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/base/file.h"

#define MAGIC       "latckpt" /* and its zero: 8 bytes */
#define VERSION     1
#define DIGEST_SIZE 32
#define CHUNK       65536

typedef struct {
  char magic[8];
  guint32 version;
  guint32 n_text;
  guint32 n_arrays;
  guint32 zero;
} Header;

G_STATIC_ASSERT (sizeof (Header) == 24);

struct _LatentCheckpoint {
  char *path;
  int fd;
  guint64 size;
  Header header;
  char *text;
  guint64 *counts; /* elements of each array */
};

/* A file that is being written: after the first failure nothing is written any more. */
typedef struct {
  FILE *file;
  GChecksum *sum;
  gboolean failed;
} Writer;

static void
put (Writer *self, gconstpointer data, gsize size)
{
  if (size == 0)
    return;
  for (gsize done = 0; done < size; done += CHUNK) /* lengths are of type gssize there */
    g_checksum_update (self->sum, (const guchar *)data + done, (gssize)MIN (CHUNK, size - done));
  if (!self->failed && fwrite (data, size, 1, self->file) != 1)
    self->failed = TRUE;
}

static void
put_digest (Writer *self)
{
  guint8 digest[DIGEST_SIZE];
  gsize size = sizeof digest;

  g_checksum_get_digest (self->sum, digest, &size);
  if (!self->failed && fwrite (digest, sizeof digest, 1, self->file) != 1)
    self->failed = TRUE;
}

static void
put_all (Writer *self, const char *text, const LatentCheckpointArray *arrays, guint n_arrays)
{
  Header header = {MAGIC, VERSION, (guint32)strlen (text), n_arrays, 0};

  put (self, &header, sizeof header);
  put (self, text, header.n_text);
  for (guint i = 0; i < n_arrays; i++) {
    guint64 count = arrays[i].n;
    put (self, &count, sizeof count);
  }
  for (guint i = 0; i < n_arrays; i++)
    put (self, arrays[i].data, arrays[i].n * sizeof (float));
  put_digest (self);
}

static gboolean
fail_write (const char *path, int code, GError **error)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_WRITE, "%s: the checkpoint cannot be written: %s",
      path, g_strerror (code));
  return FALSE;
}

/* The bytes are on the disk when it returns TRUE. */
static gboolean
write_file (const char *path, const char *text, const LatentCheckpointArray *arrays, guint n_arrays,
    GError **error)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  Writer writer = {.file = g_fopen (path, "wbe"), .sum = sum};
  int code;

  if (writer.file == NULL)
    return fail_write (path, errno, error);
  errno = 0;
  put_all (&writer, text, arrays, n_arrays);
  if (fflush (writer.file) != 0 || fsync (fileno (writer.file)) != 0)
    writer.failed = TRUE;
  code = errno;
  if (fclose (writer.file) != 0)
    writer.failed = TRUE;
  return writer.failed ? fail_write (path, code, error) : TRUE;
}

/* A renamed file is there after a power cut once its folder is on the disk too; where folders
 * cannot be flushed there is nothing more to do. */
static void
flush_folder (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  (void)fsync (fd);
  close (fd);
}

gboolean
latent_checkpoint_write (const char *path, const char *text, const LatentCheckpointArray *arrays,
    guint n_arrays, GError **error)
{
  g_autofree char *beside = g_strconcat (path, ".new", NULL);

  if (strlen (text) > LATENT_CHECKPOINT_TEXT || n_arrays > LATENT_CHECKPOINT_ARRAYS) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "%s: a checkpoint of so much text, or of so many arrays, could not be read", path);
    return FALSE;
  }
  if (!write_file (beside, text, arrays, n_arrays, error)) {
    (void)g_unlink (beside);
    return FALSE;
  }
  if (g_rename (beside, path) != 0) {
    int code = errno;
    (void)g_unlink (beside);
    return fail_write (path, code, error);
  }
  flush_folder (path);
  return TRUE;
}

static gboolean
fail_read (const LatentCheckpoint *self, int code, const char *what, GError **error)
{
  g_set_error (error, LATENT_ERROR, code, "%s: %s", self->path, what);
  return FALSE;
}

static gboolean
get (const LatentCheckpoint *self, gpointer dst, gsize size, guint64 offset, GError **error)
{
  return size == 0 || latent_file_read_at (self->fd, dst, size, offset) ||
         fail_read (self, LATENT_ERROR_READ, "the file cannot be read", error);
}

static gboolean
open_file (LatentCheckpoint *self, GError **error)
{
  struct stat st;

  self->fd = open (self->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang */
  if (self->fd < 0)
    return fail_read (self, errno == ENOENT ? LATENT_ERROR_NOT_FOUND : LATENT_ERROR_READ,
        g_strerror (errno), error);
  if (fstat (self->fd, &st) != 0 || !S_ISREG (st.st_mode))
    return fail_read (self, LATENT_ERROR_READ, "not a regular file", error);
  self->size = (guint64)st.st_size;
  return TRUE;
}

static gboolean
read_header (LatentCheckpoint *self, GError **error)
{
  Header *header = &self->header;

  if (self->size < sizeof *header + DIGEST_SIZE)
    return fail_read (self, LATENT_ERROR_FORMAT, "too short for a checkpoint", error);
  if (!get (self, header, sizeof *header, 0, error))
    return FALSE;
  if (memcmp (header->magic, MAGIC, sizeof header->magic) != 0)
    return fail_read (self, LATENT_ERROR_FORMAT, "not a checkpoint", error);
  if (header->version == GUINT32_SWAP_LE_BE (VERSION))
    return fail_read (self, LATENT_ERROR_UNSUPPORTED,
        "the checkpoint was made on a machine of the other byte order", error);
  if (header->version != VERSION)
    return fail_read (
        self, LATENT_ERROR_UNSUPPORTED, "the checkpoint has another version than 1", error);
  if (header->n_text > LATENT_CHECKPOINT_TEXT || header->n_arrays > LATENT_CHECKPOINT_ARRAYS)
    return fail_read (
        self, LATENT_ERROR_LIMIT, "the checkpoint has more text or arrays than any has", error);
  return TRUE;
}

static gboolean
check_digest (LatentCheckpoint *self, GError **error)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *chunk = g_malloc (CHUNK);
  guint64 end = self->size - DIGEST_SIZE;
  guint8 wanted[DIGEST_SIZE], digest[DIGEST_SIZE];
  gsize size = sizeof digest;

  for (guint64 pos = 0; pos < end; pos += CHUNK) {
    gsize part = (gsize)MIN (CHUNK, end - pos);
    if (!get (self, chunk, part, pos, error))
      return FALSE;
    g_checksum_update (sum, chunk, (gssize)part);
  }
  if (!get (self, wanted, sizeof wanted, end, error))
    return FALSE;
  g_checksum_get_digest (sum, digest, &size);
  return memcmp (digest, wanted, sizeof digest) == 0 ||
         fail_read (self, LATENT_ERROR_FORMAT, "the checkpoint is damaged or cut off", error);
}

/* Text, and the arrays' lengths, which must add up to the file's. */
static gboolean
read_contents (LatentCheckpoint *self, GError **error)
{
  const Header *header = &self->header;
  guint64 pos = sizeof *header;
  guint64 counts_size = header->n_arrays * sizeof (guint64);
  guint64 left = self->size - sizeof *header - DIGEST_SIZE;

  if (left < header->n_text + counts_size)
    return fail_read (self, LATENT_ERROR_FORMAT, "the checkpoint is cut off", error);
  left -= header->n_text + counts_size;
  self->text = g_malloc0 (header->n_text + 1);
  self->counts = g_new0 (guint64, header->n_arrays + 1);
  if (!get (self, self->text, header->n_text, pos, error) ||
      !get (self, self->counts, counts_size, pos + header->n_text, error))
    return FALSE;
  for (guint i = 0; i < header->n_arrays; i++) {
    if (self->counts[i] > left / sizeof (float))
      return fail_read (self, LATENT_ERROR_FORMAT, "its arrays are longer than the file", error);
    left -= self->counts[i] * sizeof (float);
  }
  if (left > 0)
    return fail_read (self, LATENT_ERROR_FORMAT, "its arrays are shorter than the file", error);
  return TRUE;
}

LatentCheckpoint *
latent_checkpoint_open (const char *path, GError **error)
{
  g_autoptr (LatentCheckpoint) self = g_new0 (LatentCheckpoint, 1);

  self->path = g_strdup (path);
  if (!open_file (self, error) || !read_header (self, error) || !check_digest (self, error) ||
      !read_contents (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
latent_checkpoint_close (LatentCheckpoint *self)
{
  if (self == NULL)
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  g_free (self->text);
  g_free (self->counts);
  g_free (self);
}

const char *
latent_checkpoint_get_text (const LatentCheckpoint *self)
{
  return self->text;
}

gboolean
latent_checkpoint_read (
    LatentCheckpoint *self, const LatentCheckpointArray *arrays, guint n_arrays, GError **error)
{
  guint64 pos = sizeof self->header + self->header.n_text +
                self->header.n_arrays * sizeof (guint64);
  gboolean same = n_arrays == self->header.n_arrays;

  for (guint i = 0; same && i < n_arrays; i++)
    same = arrays[i].n == self->counts[i];
  if (!same)
    return fail_read (
        self, LATENT_ERROR_SHAPE, "the checkpoint has arrays of other sizes than the net", error);
  for (guint i = 0; i < n_arrays; i++) {
    if (!get (self, arrays[i].data, arrays[i].n * sizeof (float), pos, error))
      return FALSE;
    pos += arrays[i].n * sizeof (float);
  }
  return TRUE;
}
