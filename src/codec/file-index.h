/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/file.h>

/* Where key packets are: a row for each stream of each block that has one. */

typedef struct {
  guint64 offset; /* of the block */
  guint64 time;   /* of the first key packet of the stream in it, in ns */
  guint stream;
} LatentFileEntry;

typedef struct {
  guint64 duration; /* of all, in ns */
  GArray *entries;  /* LatentFileEntry, by offset */
  GArray *late;     /* guint64: offsets of chunks of tags and models behind the first packets */
} LatentFileIndex;

void latent_file_index_init (LatentFileIndex *self);
void latent_file_index_clear (LatentFileIndex *self);
/* Where there are too many already, every second one of each stream goes. */
void latent_file_index_add (LatentFileIndex *self, const LatentFileEntry *entry);

/* get: fills a cleared or initialised self; FALSE, and self is empty, where the bytes are no index
 * of a file of n_streams whose index begins at `offset`. */
void latent_file_index_put (const LatentFileIndex *self, GByteArray *body);
gboolean latent_file_index_get (
    LatentFileIndex *self, guint n_streams, guint64 offset, const guint8 *body, gsize size);

/* The entry of a stream that a seek ends at; NULL where there is none. BEFORE gives the first one
 * where none is before, AFTER the last where none is after. */
const LatentFileEntry *latent_file_index_find (
    const LatentFileIndex *self, guint stream, guint64 time, LatentFileSnap snap);
