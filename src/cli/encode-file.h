/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/coder.h"

/* `latent encode` to a .lat file. */
typedef struct {
  LatentModel *model;
  char **inputs;
  const char *output;
  guint every;
  guint64 max;
  LatentCoderSettings coder;
  gboolean embed; /* the model's decoder half goes into the file */
  gboolean psnr;
} LatentEncodeFile;

typedef struct {
  guint64 frames; /* or windows of sound */
  guint64 keys;
  guint64 bytes;
  double seconds; /* that the packets last */
  double psnr;    /* where asked for */
} LatentEncodeResult;

gboolean latent_encode_file (
    const LatentEncodeFile *self, LatentEncodeResult *result, GError **error);
