/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/measure.h"

/* The two numbers by which codecs are compared. */
enum { LATENT_SCORE_FIRST, LATENT_SCORE_SECOND, LATENT_N_SCORES };

/* What a codec made of media. */
typedef struct {
  LatentMeasure measure; /* of pictures */
  double ms_ssim;        /* sum over pictures */
  GArray *original;      /* float: sound, the mean of its channels */
  GArray *rebuilt;       /* likewise; may be late */
} LatentScore;

void latent_score_clear (LatentScore *self);
void latent_score_add_pictures (
    LatentScore *self, const LatentPicture *original, const LatentPicture *rebuilt);
/* Interleaved samples, n of each channel, of the original or what came of it. */
void latent_score_add_sound (
    LatentScore *self, gboolean original, const float *samples, gsize n, guint channels);
/* Pictures: luma PSNR (over all pictures) and the mean MS-SSIM; sound: SI-SDR and log-spectral
 * distance, after what is late was shifted by up to a tenth of a second. */
void latent_score_get (
    const LatentScore *self, LatentMediaKind kind, guint rate, double scores[LATENT_N_SCORES]);
/* "psnr_luma" and so on, as they stand in results. */
const char *latent_score_get_name (LatentMediaKind kind, guint which);
/* "luma PSNR [dB]" and so on. */
const char *latent_score_get_title (LatentMediaKind kind, guint which);
/* Whether less is better. */
gboolean latent_score_is_distance (LatentMediaKind kind, guint which);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LatentScore, latent_score_clear)
