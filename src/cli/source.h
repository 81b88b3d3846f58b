/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/session.h>

#include "src/base/shape.h"

/* A stream of samples from any number of inputs, one after the other: what GStreamer decodes,
 * folders of pictures, arrays, gst-launch text. Memory does not grow with how many samples there
 * are. */

/* What a source shall give. */
typedef struct {
  LatentMediaKind kind;
  LatentPixelFormat format; /* of pictures */
  guint width, height;      /* of pictures that are decoded, which are scaled; 0: as they come */
  guint rate, channels;     /* of sound; 0: as it comes */
  double scale, offset;     /* value = integer * scale + offset where vectors are made of integers;
                               a scale of 0: full scale (255, 32768) is 1 */
  guint every;              /* only each so-many-th sample; 0 and 1: all */
  guint64 max;              /* at most so many; 0: all */
} LatentSourceSettings;

typedef struct {
  LatentMediaKind kind;
  LatentPicture picture; /* video */
  const float *values; /* vector: one sample in the net's units, row-major; audio: interleaved, full
                          scale 1.0 */
  gsize n;             /* vector: elements; audio: sample frames */
  LatentShape shape;   /* vector: of values */
  guint rate, channels; /* audio */
  const char *origin;   /* the input, for messages */
} LatentSample;

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
