/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/base/shape.h"

/* Arrays in files, read along their first axis: NPY (versions 1 to 3, C order) and IDX, either of
 * them compressed by gzip or not. Memory does not grow with the file. */
typedef struct {
  LatentDataType type;
  LatentShape shape; /* the first dimension counts the samples */
  gboolean swap;     /* elements have the other byte order than this machine */
} LatentArrayHeader;

typedef struct _LatentArrayFile LatentArrayFile;

/* Whether a file begins as an array that can be opened; FALSE too where it cannot be read. */
gboolean latent_array_file_probe (const char *path);

LatentArrayFile *latent_array_file_open (const char *path, GError **error);
void latent_array_file_free (LatentArrayFile *self);
const LatentArrayHeader *latent_array_file_get_header (const LatentArrayFile *self);
/* Elements and bytes of one sample: one step along the first axis. */
gsize latent_array_file_get_sample_elements (const LatentArrayFile *self);
gsize latent_array_file_get_sample_size (const LatentArrayFile *self);

/* Reads the next samples, at most n, into dst, in this machine's byte order. Returns how many; 0 at
 * the end; -1 where the file is shorter than its header says, or damaged. */
gssize latent_array_file_read (LatentArrayFile *self, gpointer dst, gsize n, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentArrayFile, latent_array_file_free)
