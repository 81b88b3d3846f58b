/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The whole of a regular file, of at most `most` bytes: a copy, so that whoever shortens the file
 * meanwhile does no harm. LATENT_ERROR_NOT_FOUND, READ or LIMIT; the message names the file. */
GBytes *latent_file_read (const char *path, gsize most, GError **error);

/* Fills dst with the `size` bytes at `offset`; FALSE where they cannot be read or are not there. */
gboolean latent_file_read_at (int fd, gpointer dst, gsize size, guint64 offset);
