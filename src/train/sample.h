/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/codec.h>
#include <latent/session.h>

#include "src/base/shape.h"

/* Samples as a source gives them, whatever that is, before they are made to what a net sees. */

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
  guint fps_n, fps_d;    /* video: pictures a second; fps_n 0 where it is not known */
  guint par_n, par_d;    /* video: width of a pixel over its height; 0 where it is not known */
  LatentStreamInfo look; /* video: colours, interlacing, where chroma lies; zeroed: not known */
  guint64 pts;           /* video, in nanoseconds; G_MAXUINT64 where it is not known */
  guint64 duration;      /* likewise */
  const float *values; /* vector: one sample in the net's units, row-major; audio: interleaved, full
                          scale 1.0 */
  gsize n;             /* vector: elements; audio: sample frames */
  LatentShape shape;   /* vector: of values */
  guint rate, channels; /* audio */
  const char *origin;   /* the input, for messages */
} LatentSample;

/* The format in which pictures reach a model, and what a source is to be told for a model. */
LatentPixelFormat latent_model_get_pixel_format (const LatentModel *model);
LatentSourceSettings latent_model_get_source_settings (const LatentModel *model);
