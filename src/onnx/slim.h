/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/base/file.h"

/* Where an initialiser's raw data lie in the model's file; size is 0 where they were not left out.
 */
typedef struct {
  guint64 offset;
  guint64 size;
} LatentRawData;

/* A model's file without the raw data of its large initialisers. `ranges` gets a LatentRawData for
 * each initialiser of the graph, in their order. NULL, without an error, where the file is small
 * or its outer messages are not sound. */
GByteArray *latent_onnx_slim (const LatentFile *file, GArray *ranges);
