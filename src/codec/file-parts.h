/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/file.h>

#include "src/codec/file-chunk.h"

/* What the chunks hold that are not packets: streams, tags, a model. */

typedef struct {
  LatentMediaKind kind;
  guint64 duration; /* that most packets have, in ns; 0: not known */
  GBytes *header;   /* owned */
} LatentFileStream;

/* Arrays of LatentFileStream, and of LatentFileTag whose strings they own. */
GArray *latent_file_streams_new (void);
GArray *latent_file_tags_new (void);

/* get: LATENT_ERROR_FORMAT or LIMIT; body has chunk->body_size bytes, which were checked. */
void latent_file_streams_put (
    GByteArray *head, GByteArray *body, guint32 id, const GArray *streams);
gboolean latent_file_streams_get (
    GArray *streams, guint32 *id, const LatentChunk *chunk, const guint8 *body, GError **error);

/* check: whether a tag can be put; n_streams: that there are. */
gboolean latent_file_tag_check (const LatentFileTag *tag, guint n_streams, GError **error);
void latent_file_tag_put (GByteArray *body, const LatentFileTag *tag);
/* Appends to tags those that are sound; FALSE where there are others. */
gboolean latent_file_tags_get (
    GArray *tags, guint n_streams, const LatentChunk *chunk, const guint8 *body);

void latent_file_model_put (GByteArray *head, guint stream, const guint8 *hash);
/* FALSE where the chunk is none of a stream of n_streams, or its hash is not that of the body. */
gboolean latent_file_model_get (
    guint *stream, guint n_streams, const LatentChunk *chunk, const guint8 *body);

/* SHA-256. */
#define LATENT_FILE_HASH_BYTES 32
void latent_file_hash (const guint8 *data, gsize size, guint8 hash[LATENT_FILE_HASH_BYTES]);
