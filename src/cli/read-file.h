/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/file.h>

/* A .lat file that is read. */
typedef struct _LatentReadFile LatentReadFile;

LatentReadFile *latent_read_file_new (const char *path, GError **error);
void latent_read_file_free (LatentReadFile *self);
/* As latent_file_parser_next(), but never LATENT_FILE_MORE; an error names the file. */
LatentFileResult latent_read_file_next (
    LatentReadFile *self, LatentFileEvent *event, GError **error);
LatentFileParser *latent_read_file_get_parser (LatentReadFile *self);
/* Where what was found last stands: 0 to 1. */
double latent_read_file_get_progress (const LatentReadFile *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentReadFile, latent_read_file_free)
