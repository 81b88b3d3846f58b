/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <lapacke.h>

#include "src/train/pca.h"

gboolean
latent_eigen_solve (
    double *matrix, gsize n, gsize k, double *values, double *vectors, GError **error)
{
  g_autofree double *rising = g_new (double, n);
  g_autofree lapack_int *support = g_new (lapack_int, 2 * n);
  lapack_int found = 0;
  /* The upper triangle by rows is the lower one by columns. */
  lapack_int info = LAPACKE_dsyevr (LAPACK_COL_MAJOR, 'V', 'I', 'L', (lapack_int)n, matrix,
      (lapack_int)n, 0, 0, (lapack_int)(n - k + 1), (lapack_int)n, 0, &found, rising, vectors,
      (lapack_int)n, support);
  if (info != 0 || (gsize)found != k) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
        "LAPACK's dsyevr found %d of %" G_GSIZE_FORMAT " eigenvectors (info %d)", (int)found, k,
        (int)info);
    return FALSE;
  }

  for (gsize i = 0; i < k; i++)
    values[i] = rising[k - 1 - i];
  for (gsize i = 0; i < k / 2; i++)
    for (gsize j = 0; j < n; j++) {
      double swapped = vectors[i * n + j];
      vectors[i * n + j] = vectors[(k - 1 - i) * n + j];
      vectors[(k - 1 - i) * n + j] = swapped;
    }
  return TRUE;
}
