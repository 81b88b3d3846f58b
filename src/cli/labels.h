/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What samples are called: a class each (whole numbers from 0 on), or values that a regressor shall
 * say. From an IDX or NPY file, one entry for each sample in the order of the inputs. */
typedef struct _LatentLabels LatentLabels;

/* classes: whole numbers of 0 to 65535, one for each sample; else any finite numbers. */
LatentLabels *latent_labels_load (const char *path, gboolean classes, GError **error);
void latent_labels_free (LatentLabels *self);
const char *latent_labels_get_path (const LatentLabels *self);
guint64 latent_labels_get_n (const LatentLabels *self); /* samples */
/* How many classes there are (one more than the greatest), or values of each sample. */
guint latent_labels_get_width (const LatentLabels *self);
/* i < n */
guint latent_labels_get_class (const LatentLabels *self, guint64 i);
const float *latent_labels_get_values (const LatentLabels *self, guint64 i);
/* A flag for each sample: the first `few` of each class from `begin` on, before `end`. */
guint8 *latent_labels_pick (const LatentLabels *self, guint64 begin, guint64 end, guint64 few);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentLabels, latent_labels_free)
