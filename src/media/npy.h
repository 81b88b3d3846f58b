/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/media/array.h"

/* NumPy's file format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html:
 *
 *   offset  bytes
 *   0       6      "\x93NUMPY"
 *   6       1      major version: 1, 2 or 3
 *   7       1      minor version: 0
 *   8       2 | 4  length of the text, little endian: 2 bytes in version 1, else 4
 *           ...    {'descr': '<f4', 'fortran_order': False, 'shape': (8000, 28, 28), } ... newline
 *           ...    the elements, row-major */

#define LATENT_NPY_PREFIX_SIZE 12    /* covers the length's field in every version */
#define LATENT_NPY_TEXT_LIMIT  65535 /* bytes of the text that are read */

/* Where the text begins and how long it is, from the first LATENT_NPY_PREFIX_SIZE bytes. */
gboolean latent_npy_parse_prefix (
    const guint8 *data, gsize size, gsize *begin, gsize *length, GError **error);
gboolean latent_npy_parse_text (
    const char *text, gsize length, LatentArrayHeader *header, GError **error);

/* Writes float32 samples one by one beside `path`, and moves the file there once it is whole. */
typedef struct _LatentNpyWriter LatentNpyWriter;

/* shape: of one sample. */
LatentNpyWriter *latent_npy_writer_new (const char *path, const LatentShape *shape, GError **error);
gboolean latent_npy_writer_put (LatentNpyWriter *self, const float *sample, GError **error);
/* Returns whether the whole file is at its place; `size` is its bytes. */
gboolean latent_npy_writer_finish (LatentNpyWriter *self, guint64 *size, GError **error);
/* Drops what was not finished. */
void latent_npy_writer_free (LatentNpyWriter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentNpyWriter, latent_npy_writer_free)
