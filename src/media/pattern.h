/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Latents without media: what a decoder is fed to see what its latents stand for. */

typedef enum {
  LATENT_PATTERN_SAMPLES,  /* drawn from the standard normal prior of a variational autoencoder */
  LATENT_PATTERN_TRAVERSE, /* one latent goes from -range to range and back, the others stay */
  LATENT_PATTERN_INTERPOLATE, /* straight on from one draw, or one row of the file, to the next */
  LATENT_PATTERN_REPLAY,      /* the rows of a file */
} LatentPatternKind;

typedef struct {
  LatentPatternKind kind;
  gsize n;          /* numbers of a sample */
  guint64 seed;     /* of what is drawn */
  gsize dimension;  /* traverse: which number, below n */
  double range;     /* traverse: greatest distance from where it rests */
  guint period;     /* traverse: samples of one way there and back; interpolate: from one end to the
                       next; 1 or more */
  const char *path; /* a .npy of float32, n numbers a row: replay's; of others, where they start
                       from (NULL: zeros or draws) */
  gboolean loop;    /* begin again at the end of the file */
} LatentPatternSettings;

typedef struct _LatentPattern LatentPattern;

typedef enum {
  LATENT_PATTERN_SAMPLE,
  LATENT_PATTERN_END,
  LATENT_PATTERN_ERROR,
} LatentPatternResult;

/* NULL: a setting is out of range, or the file is not what is wanted; the error names it. */
LatentPattern *latent_pattern_new (const LatentPatternSettings *settings, GError **error);
void latent_pattern_free (LatentPattern *self);
/* Writes the next sample: n floats. */
LatentPatternResult latent_pattern_next (LatentPattern *self, float *dst, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentPattern, latent_pattern_free)
