/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "src/train/pca.h"

/* Subspace iteration, where few of many eigenvectors are wanted. */
#define EXTRA_VECTORS 16    /* besides twice those that are wanted: they make it converge faster */
#define LEAST_RATIO   16    /* of the matrix's size to the subspace's */
#define MOST_STEPS    60    /* after these all eigenvectors are worked out instead */
#define CONVERGED     1e-11 /* of the sum of the eigenvalues: what a step may still gain */

static gboolean
fail (const char *routine, lapack_int info, GError **error)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED, "LAPACK's %s gave up (info %d)", routine,
      (int)info);
  return FALSE;
}

static void
reverse_rows (double *rows, gsize n_rows, gsize n)
{
  for (gsize i = 0; i < n_rows / 2; i++)
    cblas_dswap ((int)n, rows + i * n, 1, rows + (n_rows - 1 - i) * n, 1);
}

static gboolean
solve_directly (double *matrix, gsize n, gsize k, double *values, double *vectors, GError **error)
{
  g_autofree double *rising = g_new (double, n);
  g_autofree lapack_int *support = g_new (lapack_int, 2 * n);
  lapack_int found = 0;
  /* The upper triangle by rows is the lower one by columns. */
  lapack_int info = LAPACKE_dsyevr (LAPACK_COL_MAJOR, 'V', 'I', 'L', (lapack_int)n, matrix,
      (lapack_int)n, 0, 0, (lapack_int)(n - k + 1), (lapack_int)n, 0, &found, rising, vectors,
      (lapack_int)n, support);
  if (info != 0 || (gsize)found != k)
    return fail ("dsyevr", info, error);
  memcpy (values, rising, k * sizeof (double));
  reverse_rows (values, k, 1);
  reverse_rows (vectors, k, n);
  return TRUE;
}

/* Makes m rows of n orthonormal. */
static gboolean
orthonormalize (double *rows, gsize m, gsize n, GError **error)
{
  g_autofree double *tau = g_new (double, m);
  lapack_int info = LAPACKE_dgeqrf (
      LAPACK_COL_MAJOR, (lapack_int)n, (lapack_int)m, rows, (lapack_int)n, tau);
  if (info == 0)
    info = LAPACKE_dorgqr (
        LAPACK_COL_MAJOR, (lapack_int)n, (lapack_int)m, (lapack_int)m, rows, (lapack_int)n, tau);
  return info == 0 || fail ("dgeqrf or dorgqr", info, error);
}

/* The same rows at every call: results do not depend on chance. */
static void
fill_rows (double *rows, gsize n)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  for (gsize i = 0; i < n; i++)
    rows[i] = g_rand_double_range (rand, -1, 1);
}

typedef struct {
  const double *matrix; /* n x n, upper */
  gsize n, m, k;
  double *rows;    /* m x n, orthonormal: the subspace */
  double *product; /* m x n: rows * matrix */
  double *inner;   /* m x m: rows * matrix * rows', then its eigenvectors */
  double *values;  /* m, falling */
} Subspace;

/* The matrix seen from inside the subspace: its eigenvalues there. */
static gboolean
look_inside (Subspace *self, GError **error)
{
  int n = (int)self->n, m = (int)self->m;
  cblas_dsymm (CblasRowMajor, CblasRight, CblasUpper, m, n, 1, self->matrix, n, self->rows, n, 0,
      self->product, n);
  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasTrans, m, m, n, 1, self->product, n, self->rows, n,
      0, self->inner, m);
  lapack_int info = LAPACKE_dsyevd (LAPACK_COL_MAJOR, 'V', 'L', m, self->inner, m, self->values);
  reverse_rows (self->values, self->m, 1);
  reverse_rows (self->inner, self->m, self->m);
  return info == 0 || fail ("dsyevd", info, error);
}

/* Leaves `converged` FALSE where the eigenvalues fall too slowly for this way. */
static gboolean
iterate (Subspace *self, gboolean *converged, GError **error)
{
  double before = 0;
  fill_rows (self->rows, self->m * self->n);
  if (!orthonormalize (self->rows, self->m, self->n, error))
    return FALSE;
  for (guint step = 0; step < MOST_STEPS && !*converged; step++) {
    double sum = 0;
    if (!look_inside (self, error))
      return FALSE;
    for (gsize i = 0; i < self->k; i++)
      sum += self->values[i];
    *converged = step > 1 && fabs (sum - before) <= CONVERGED * sum;
    before = sum;
    if (*converged)
      break;
    double *turned = self->rows;
    self->rows = self->product;
    self->product = turned;
    if (!orthonormalize (self->rows, self->m, self->n, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
solve_in_subspace (const double *matrix, gsize n, gsize k, double *values, double *vectors,
    gboolean *converged, GError **error)
{
  gsize m = 2 * k + EXTRA_VECTORS;
  g_autofree double *rows = g_new (double, m *n);
  g_autofree double *product = g_new (double, m *n);
  g_autofree double *inner = g_new (double, m *m);
  g_autofree double *inner_values = g_new (double, m);
  Subspace self = {matrix, n, m, k, rows, product, inner, inner_values};
  if (!iterate (&self, converged, error))
    return FALSE;
  if (!*converged)
    return TRUE;
  memcpy (values, inner_values, k * sizeof (double));
  cblas_dgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)k, (int)n, (int)m, 1, inner, (int)m,
      self.rows, (int)n, 0, vectors, (int)n);
  return TRUE;
}

gboolean
latent_eigen_solve (
    double *matrix, gsize n, gsize k, double *values, double *vectors, GError **error)
{
  gboolean converged = FALSE;
  if (LEAST_RATIO * (2 * k + EXTRA_VECTORS) <= n &&
      !solve_in_subspace (matrix, n, k, values, vectors, &converged, error))
    return FALSE;
  return converged || solve_directly (matrix, n, k, values, vectors, error);
}
