/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/gallery.h"
#include "src/cli/spread.h"
#include "src/cli/worst.h"

/* What `latent eval` found. */
typedef struct {
  LatentModel *model;
  GVariant *result;   /* a{sv}, as it is printed */
  char **inputs;      /* read again where there is an encoder */
  const char *labels; /* or NULL */
  guint every;
  guint64 max;
  guint threads;
  LatentGallery *gallery; /* NULL of classifiers and regressors, like what follows */
  LatentWorst *worst;
  LatentSpread *errors;
} LatentReport;

/* Writes all of it as one page of HTML. */
gboolean latent_report_write (const LatentReport *self, const char *path, GError **error);
