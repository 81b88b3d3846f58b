/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The whole of a regular file, of at most `most` bytes: a copy, so that whoever shortens the file
 * meanwhile does no harm. LATENT_ERROR_NOT_FOUND, READ or LIMIT; the message names the file. */
GBytes *latent_file_read (const char *path, gsize most, GError **error);

/* Fills dst with the `size` bytes at `offset`; FALSE where they cannot be read or are not there. */
gboolean latent_file_read_at (int fd, gpointer dst, gsize size, guint64 offset);

/* A regular file that stays open, to be read from again. Reference counted. */
typedef struct _LatentFile LatentFile;

/* As latent_file_read() for errors. */
LatentFile *latent_file_open (const char *path, gsize most, GError **error);
LatentFile *latent_file_ref (LatentFile *self);
void latent_file_unref (LatentFile *self);
gsize latent_file_get_size (const LatentFile *self);
int latent_file_get_fd (const LatentFile *self); /* borrowed */
/* The same, and an error (LATENT_ERROR_READ) that names the file where it has been written to since
 * it was opened. */
gboolean latent_file_read_part (
    const LatentFile *self, gpointer dst, gsize size, guint64 offset, GError **error);
/* All of it. */
GBytes *latent_file_read_all (const LatentFile *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentFile, latent_file_unref)
