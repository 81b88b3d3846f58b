/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

/* How well a classifier or a regressor does on labelled samples. */
typedef struct {
  guint64 samples;
  guint64 d, k;
  double accuracy; /* of classes: how many the greatest output tells; else NaN */
  double mse;      /* of values, a number; else NaN */
} LatentHeadScore;

/* Whether a model's output is classes or values. */
gboolean latent_model_has_head (const LatentModel *model);
/* inputs: NULL-terminated; each `every`-th sample, `max` at most (0: all). */
gboolean latent_head_measure (LatentModel *model, char **inputs, const char *labels, guint every,
    guint64 max, guint threads, LatentHeadScore *score, GError **error);
