/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/primitive.h"

/* Private to src/dnn: what normalisations and their derivatives read beside their data. */
typedef struct {
  int argument;
  const LatentValue *value; /* NULL: left out */
} LatentNormParameter;

/* Adds them to the step as dense vectors, whatever shape their values have. */
gboolean latent_norm_read_parameters (LatentStep *step, LatentBuilder *builder,
    const LatentNormParameter *parameters, guint n, GError **error);
