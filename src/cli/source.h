/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/sample.h"

/* A stream of samples from any number of inputs, one after the other: what GStreamer decodes,
 * folders of pictures, arrays, gst-launch text. Memory does not grow with how many samples there
 * are. */

typedef struct _LatentSource LatentSource;

typedef enum {
  LATENT_SOURCE_SAMPLE,
  LATENT_SOURCE_END,
  LATENT_SOURCE_ERROR,
} LatentSourceResult;

/* inputs: NULL-terminated, outlives the source. Arrays of floats give vectors whatever kind is
 * asked for: they are the net's input as it is. */
LatentSource *latent_source_new (
    char **inputs, const LatentSourceSettings *settings, GError **error);
void latent_source_free (LatentSource *self);
/* What is in `sample` lives until the next call. An end without any sample is an error. */
LatentSourceResult latent_source_next (LatentSource *self, LatentSample *sample, GError **error);
/* 0 to 1; -1 where it cannot be told. */
double latent_source_get_progress (LatentSource *self);
/* Samples given so far. */
guint64 latent_source_get_count (const LatentSource *self);

/* What an input is by itself: arrays are vectors, files with sound alone audio, all else video. */
LatentMediaKind latent_source_guess_kind (const char *input);

/* What the integers of an array are multiplied by where they are vectors: full scale is 1. 0 for
 * floats, and for what is no array. */
double latent_source_get_scale (const char *input);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentSource, latent_source_free)

/* One kind of input. */
typedef struct {
  gpointer (*open) (const char *input, const LatentSourceSettings *settings, GError **error);
  LatentSourceResult (*next) (gpointer self, LatentSample *sample, GError **error);
  double (*get_progress) (gpointer self);
  void (*free) (gpointer self);
} LatentSourceClass;

extern const LatentSourceClass latent_source_array;
extern const LatentSourceClass latent_source_folder;
extern const LatentSourceClass latent_source_media;
