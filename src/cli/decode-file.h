/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/synthesis.h"

/* `latent decode` of a .lat file: the first stream that the output can hold. */
typedef struct {
  const char *input;
  LatentModel
      *model; /* NULL: the one in the file, or one of the stream's latent id that is found */
  LatentSynthesisOptions synthesis; /* size and rate: 0 for the stream's own */
} LatentDecodeFile;

typedef struct {
  guint64 frames;
  guint64 bytes;
  guint64 concealed; /* frames shown in place of what cannot be decoded */
} LatentDecodeFileResult;

gboolean latent_decode_file (
    const LatentDecodeFile *self, LatentDecodeFileResult *result, GError **error);
