/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A file that learning goes on from: a text and arrays of floats. Made and read on one machine: its
 * numbers are in the machine's byte order, which the version tells.
 *
 *   offset    bytes
 *   0         8      "latckpt" and a zero
 *   8         4      version: 1
 *   12        4      n: bytes of the text
 *   16        4      m: number of arrays
 *   20        4      zero
 *   24        n      the text, UTF-8
 *   24 + n    8 m    elements of each array
 *   ...       4 ...  the elements, one array after the other
 *   end - 32  32     SHA-256 of all before
 *
 * It is written beside its place, flushed to the disk, and moved there: whatever happens there is
 * an old one or a new one, whole. What is read is not trusted: sizes are checked against the file's
 * and the digest before anything else is looked at. */
#define LATENT_CHECKPOINT_TEXT   (1u << 20) /* bytes of a text at most */
#define LATENT_CHECKPOINT_ARRAYS 100000     /* at most */

typedef struct {
  float *data; /* borrowed */
  gsize n;
} LatentCheckpointArray;

typedef struct _LatentCheckpoint LatentCheckpoint;

gboolean latent_checkpoint_write (const char *path, const char *text,
    const LatentCheckpointArray *arrays, guint n_arrays, GError **error);

/* LATENT_ERROR_NOT_FOUND, READ, or FORMAT where it is damaged. */
LatentCheckpoint *latent_checkpoint_open (const char *path, GError **error);
void latent_checkpoint_close (LatentCheckpoint *self);
const char *latent_checkpoint_get_text (const LatentCheckpoint *self);
/* Fills the arrays; LATENT_ERROR_SHAPE, and nothing is written, where the file has others. */
gboolean latent_checkpoint_read (
    LatentCheckpoint *self, const LatentCheckpointArray *arrays, guint n_arrays, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentCheckpoint, latent_checkpoint_close)
