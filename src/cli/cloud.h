/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <cairo.h>
#include <latent/model.h>

#include "src/base/shape.h"
#include "src/cli/labels.h"
#include "src/cli/source.h"

/* The latents of many samples, kept to be looked at. Of a model that works on tiles each tile is a
 * sample. Of many samples only every other is kept, and so on: memory is bounded.
 *
 * A latent is what one channel of the latents holds: a number of a flat latent, a plane of a
 * convolutional net's. They are counted from 0. */
typedef struct _LatentCloud LatentCloud;

typedef struct {
  char **inputs;              /* NULL-terminated */
  const LatentLabels *labels; /* classes, borrowed; or NULL */
  guint every;
  guint64 max;     /* 0: all */
  gint64 sample;   /* whose latents are wanted by themselves, from 0 on; -1: none */
  guint thumbnail; /* pixels of a picture kept of each sample; 0: none */
  guint threads;
} LatentCloudSettings;

/* Encodes all samples. */
LatentCloud *latent_cloud_new (
    LatentModel *model, const LatentCloudSettings *settings, GError **error);
void latent_cloud_free (LatentCloud *self);

guint64 latent_cloud_get_n_samples (const LatentCloud *self); /* all */
guint latent_cloud_get_n (const LatentCloud *self);           /* those kept */
guint latent_cloud_get_n_latents (const LatentCloud *self);   /* channels */
gsize latent_cloud_get_k (const LatentCloud *self);           /* numbers of a sample's latents */
gsize latent_cloud_get_d (const LatentCloud *self);           /* numbers of a sample */
const LatentShape *latent_cloud_get_shape (const LatentCloud *self); /* without batch */
/* Shape of samples that are vectors; of others there are 0 dimensions. */
const LatentShape *latent_cloud_get_sample_shape (const LatentCloud *self);
/* k numbers of a kept sample, of the wanted one, and the mean of all kept. */
const float *latent_cloud_get_latents (const LatentCloud *self, guint i);
const float *latent_cloud_get_wanted (const LatentCloud *self);
const float *latent_cloud_get_mean (const LatentCloud *self);
/* One latent of a kept sample: the mean over its plane. */
double latent_cloud_get_value (const LatentCloud *self, guint i, guint latent);
/* Of all numbers of that latent over the kept samples. */
double latent_cloud_get_deviation (const LatentCloud *self, guint latent);
void latent_cloud_get_range (const LatentCloud *self, guint latent, double *low, double *high);
/* The class of a kept sample; how many there are, 0 without labels. */
guint latent_cloud_get_class (const LatentCloud *self, guint i);
guint latent_cloud_get_n_classes (const LatentCloud *self);
cairo_surface_t *latent_cloud_get_thumbnail (const LatentCloud *self, guint i);
/* Whether `latent` is there; `option` is named where not. */
gboolean latent_cloud_check_latent (
    const LatentCloud *self, const char *option, guint64 latent, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentCloud, latent_cloud_free)
