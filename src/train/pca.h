/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/train.h>

/* Up to so many dimensions the covariance is kept whole: 450 MB, products included. */
#define LATENT_PCA_EXACT_DIMS 6144
/* Above, samples take so many bytes at most, */
#define LATENT_PCA_ROOM (G_GUINT64_CONSTANT (1) << 30)
/* and what does not leave room for so many is refused. */
#define LATENT_PCA_MIN_ROWS 32

struct _LatentPca {
  gsize d;
  gboolean exact;
  guint64 n;      /* samples added */
  double *shift;  /* d: near the mean, so that sums of squares do not cancel */
  double *sum;    /* d: of x - shift over all samples */
  double squares; /* of x - shift over all samples and elements */

  /* Room for samples: `kept` rows that stand for those no longer there (their number and mean
   * are merged, merged_mean), one row for how the means of both parts differ, then x - shift. */
  float *rows;
  gsize capacity;
  gsize n_rows; /* rows in use, these two kinds included */
  gsize kept;
  guint64 merged;
  double *merged_mean;
  double
      *covariance; /* d x d, upper: sum of (x - shift)(x - shift)'; NULL until the rows are full */

  /* The solution. */
  gsize k;
  gsize rank;
  double total; /* sum over samples and elements of (x - mean)^2 */
  double *variances;
  float *mean;
  float *components; /* k x d */
};

/* src/train/eigen.c. The k greatest eigenvalues, falling, of a symmetric n x n matrix without
 * negative ones, of which the upper triangle (row-major) is given and destroyed, and their vectors,
 * a row each. Where few are wanted they are found by subspace iteration, until their sum is right
 * to nine digits or more; else by LAPACK's dsyevr. */
gboolean latent_eigen_solve (
    double *matrix, gsize n, gsize k, double *values, double *vectors, GError **error);
