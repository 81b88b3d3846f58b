/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/pca.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#define FLUSH_ROWS    512                             /* summed up in float */
#define COLUMN_BLOCK  4096                            /* of rows too long for the cache */
#define EXACT_ROOM    (G_GUINT64_CONSTANT (16) << 20) /* bytes of rows before they are summed up */
#define VARIANCE_ZERO 1e-9 /* of the greatest variance: what the Gram matrix cannot tell from 0 */

LatentPca *
latent_pca_new (gsize d, GError **error)
{
  g_return_val_if_fail (d > 0, NULL);
  g_autoptr (LatentPca) self = g_new0 (LatentPca, 1);
  self->d = d;
  self->exact = d <= LATENT_PCA_EXACT_DIMS;
  guint64 fit = (self->exact ? EXACT_ROOM : LATENT_PCA_ROOM) / sizeof (float) / d;
  if (fit < LATENT_PCA_MIN_ROWS) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "samples of %" G_GSIZE_FORMAT " elements are too large: the limit is %" G_GUINT64_FORMAT, d,
        LATENT_PCA_ROOM / sizeof (float) / LATENT_PCA_MIN_ROWS);
    return NULL;
  }
  self->capacity = (gsize)CLAMP (fit, LATENT_PCA_MIN_ROWS, 4096) + 1;
  self->n_rows = 1;
  self->rows = g_try_malloc (self->capacity * d * sizeof (float));
  self->shift = g_try_new0 (double, d);
  self->sum = g_try_new0 (double, d);
  self->merged_mean = g_try_new0 (double, d);
  if (!self->rows || !self->shift || !self->sum || !self->merged_mean) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "memory is short for samples of %" G_GSIZE_FORMAT " elements", d);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
latent_pca_free (LatentPca *self)
{
  if (!self)
    return;
  g_free (self->shift);
  g_free (self->sum);
  g_free (self->rows);
  g_free (self->merged_mean);
  g_free (self->covariance);
  g_free (self->variances);
  g_free (self->mean);
  g_free (self->components);
  g_free (self);
}

/* Sums the new rows up into the covariance: in float over few rows near their mean, in double over
 * all. On pictures eight digits of the reconstruction's error are right that way, and it takes half
 * the time. */
static gboolean
flush_rows (LatentPca *self, GError **error)
{
  gsize d = self->d;
  if (!self->covariance)
    self->covariance = g_try_new0 (double, d *d);
  g_autofree float *part = g_try_new (float, d *d);
  if (!self->covariance || !part) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "memory is short for a covariance of %" G_GSIZE_FORMAT " dimensions", d);
    return FALSE;
  }

  for (gsize begin = 1; begin < self->n_rows; begin += FLUSH_ROWS) {
    gsize n = MIN (FLUSH_ROWS, self->n_rows - begin);
    cblas_ssyrk (CblasRowMajor, CblasUpper, CblasTrans, (int)d, (int)n, 1, self->rows + begin * d,
        (int)d, 0, part, (int)d);
    for (gsize i = 0; i < d; i++)
      for (gsize j = i; j < d; j++)
        self->covariance[i * d + j] += part[i * d + j];
  }
  self->n_rows = 1;
  return TRUE;
}

/* Centres the new rows, and fills the row that stands for how their mean and that of the samples
 * merged before differ: all rows together then have the covariance of all samples (Chan's
 * formula for two groups). */
static void
merge_rows (LatentPca *self)
{
  gsize d = self->d;
  gsize first = self->kept + 1;
  gsize n = self->n_rows - first;
  g_autofree double *mean = g_new0 (double, d);
  for (gsize i = first; i < self->n_rows; i++)
    for (gsize j = 0; j < d; j++)
      mean[j] += self->rows[i * d + j];
  for (gsize j = 0; j < d && n > 0; j++)
    mean[j] /= (double)n;
  for (gsize i = first; i < self->n_rows; i++)
    for (gsize j = 0; j < d; j++)
      self->rows[i * d + j] -= (float)mean[j];

  double all = (double)(self->merged + n);
  double weight = sqrt ((double)self->merged * (double)n / MAX (all, 1));
  float *between = self->rows + self->kept * d;
  for (gsize j = 0; j < d; j++) {
    between[j] = (float)(weight * (mean[j] - self->merged_mean[j]));
    self->merged_mean[j] += (mean[j] - self->merged_mean[j]) * (double)n / MAX (all, 1);
  }
  self->merged += n;
}

/* The greatest `k` eigenvalues and vectors (k x n_rows) of rows * rows'. */
static gboolean
solve_gram (const LatentPca *self, gsize k, double *values, double *vectors, GError **error)
{
  gsize n = self->n_rows;
  g_autofree float *part = g_new0 (float, n *n);
  g_autofree double *gram = g_new0 (double, n *n);
  for (gsize begin = 0; begin < self->d; begin += COLUMN_BLOCK) {
    gsize columns = MIN (COLUMN_BLOCK, self->d - begin);
    cblas_ssyrk (CblasRowMajor, CblasUpper, CblasNoTrans, (int)n, (int)columns, 1,
        self->rows + begin, (int)self->d, 0, part, (int)n);
    for (gsize i = 0; i < n * n; i++)
      gram[i] += part[i];
  }
  return latent_eigen_solve (gram, n, k, values, vectors, error);
}

/* Replaces all rows by half as many that stand for them. */
static gboolean
collapse_rows (LatentPca *self, GError **error)
{
  gsize n = self->n_rows, k = self->capacity / 2, d = self->d;
  g_autofree double *values = g_new (double, k);
  g_autofree double *vectors = g_new (double, k *n);
  merge_rows (self);
  if (!solve_gram (self, k, values, vectors, error))
    return FALSE;

  g_autofree float *turn = g_new (float, k *n);
  g_autofree float *block = g_new (float, k *COLUMN_BLOCK);
  for (gsize i = 0; i < k * n; i++)
    turn[i] = (float)vectors[i];
  for (gsize begin = 0; begin < d; begin += COLUMN_BLOCK) {
    gsize columns = MIN (COLUMN_BLOCK, d - begin);
    cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)k, (int)columns, (int)n, 1, turn,
        (int)n, self->rows + begin, (int)d, 0, block, (int)columns);
    for (gsize i = 0; i < k; i++)
      memcpy (self->rows + i * d + begin, block + i * columns, columns * sizeof (float));
  }
  self->kept = k;
  self->n_rows = k + 1;
  return TRUE;
}

/* Puts x - shift where row is; FALSE where x is not all finite. */
static gboolean
put_row (LatentPca *self, float *row, const float *sample)
{
  double squares = 0;
  for (gsize j = 0; j < self->d; j++) {
    double centred = sample[j] - self->shift[j];
    row[j] = (float)centred;
    self->sum[j] += centred;
    squares += centred * centred;
  }
  self->squares += squares;
  return isfinite (squares);
}

static void
complain_row (const LatentPca *self, const float *sample, GError **error)
{
  gsize j = 0;
  while (j + 1 < self->d && isfinite (sample[j]))
    j++;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED,
      "sample %" G_GUINT64_FORMAT ", element %" G_GSIZE_FORMAT " is %g: components need finite "
      "numbers",
      self->n, j, sample[j]);
}

gboolean
latent_pca_add (LatentPca *self, const float *samples, gsize n, GError **error)
{
  gsize d = self->d;
  g_return_val_if_fail (self->k == 0, FALSE);
  if (self->n == 0)
    for (gsize i = 0; i < n; i++)
      for (gsize j = 0; j < d; j++)
        if (isfinite (samples[i * d + j]))
          self->shift[j] += samples[i * d + j] / (double)n;

  for (gsize i = 0; i < n; i++) {
    if (self->n_rows == self->capacity &&
        !(self->exact ? flush_rows (self, error) : collapse_rows (self, error)))
      return FALSE;
    if (!put_row (self, self->rows + self->n_rows * d, samples + i * d)) {
      complain_row (self, samples + i * d, error);
      return FALSE;
    }
    self->n_rows++;
    self->n++;
  }
  return TRUE;
}

static gboolean
check_k (const LatentPca *self, gsize k, GError **error)
{
  const struct {
    guint64 limit;
    const char *what;
  } limits[] = {
      {self->d,                               "numbers a sample has"                         },
      {self->n,                               "samples there are"                            },
      {self->kept ? self->kept : G_MAXUINT64, "that memory allows for samples of such a size"},
  };
  if (k == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "k = 0 is no latent at all");
    return FALSE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (limits); i++) {
    if (k < limits[i].limit)
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "k = %" G_GSIZE_FORMAT " is not less than the %" G_GUINT64_FORMAT " %s", k, limits[i].limit,
        limits[i].what);
    return FALSE;
  }
  return TRUE;
}

/* From the covariance. */
static gboolean
solve_exact (LatentPca *self, gsize k, double *values, GError **error)
{
  gsize d = self->d;
  if (!flush_rows (self, error))
    return FALSE;
  cblas_dsyr (CblasRowMajor, CblasUpper, (int)d, -1 / (double)self->n, self->sum, 1,
      self->covariance, (int)d);
  g_autofree double *vectors = g_new (double, k *d);
  if (!latent_eigen_solve (self->covariance, d, k, values, vectors, error))
    return FALSE;
  for (gsize i = 0; i < k * d; i++)
    self->components[i] = (float)vectors[i];
  g_clear_pointer (&self->covariance, g_free);
  return TRUE;
}

/* From the rows: fewer than there are dimensions. */
static gboolean
solve_rows (LatentPca *self, gsize k, double *values, GError **error)
{
  gsize n = self->n_rows;
  g_autofree double *vectors = g_new (double, k *n);
  g_autofree float *turn = g_new (float, k *n);
  merge_rows (self);
  if (!solve_gram (self, k, values, vectors, error))
    return FALSE;
  for (gsize i = 0; i < k; i++) {
    double length = values[i] > VARIANCE_ZERO * values[0] ? sqrt (values[i]) : 0;
    for (gsize j = 0; j < n; j++)
      turn[i * n + j] = length > 0 ? (float)(vectors[i * n + j] / length) : 0;
  }
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)k, (int)self->d, (int)n, 1, turn,
      (int)n, self->rows, (int)self->d, 0, self->components, (int)self->d);
  return TRUE;
}

/* Eigenvectors have no sign of their own: this gives them one. */
static void
orient_component (float *component, gsize d)
{
  gsize peak = cblas_isamax ((int)d, component, 1);
  if (component[peak] < 0)
    cblas_sscal ((int)d, -1, component, 1);
}

static void
finish (LatentPca *self, gsize k, const double *values)
{
  for (gsize i = 0; i < k; i++) {
    gboolean varies = values[i] > VARIANCE_ZERO * values[0];
    self->variances[i] = varies ? values[i] / (double)self->n : 0;
    self->rank += varies;
    if (varies)
      orient_component (self->components + i * self->d, self->d);
    else
      memset (self->components + i * self->d, 0, self->d * sizeof (float));
  }
  for (gsize j = 0; j < self->d; j++)
    self->mean[j] = (float)(self->shift[j] + self->sum[j] / (double)self->n);
  self->k = k;
}

gboolean
latent_pca_solve (LatentPca *self, gsize k, GError **error)
{
  g_return_val_if_fail (self->k == 0, FALSE);
  if (!check_k (self, k, error))
    return FALSE;
  double offset = 0;
  for (gsize j = 0; j < self->d; j++)
    offset += self->sum[j] * self->sum[j] / (double)self->n;
  self->total = self->squares - offset;
  if (!(self->total > 1e-13 * self->squares)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "all %" G_GUINT64_FORMAT " samples are the same: they have no components", self->n);
    return FALSE;
  }

  g_autofree double *values = g_new0 (double, k);
  self->variances = g_new0 (double, k);
  self->mean = g_new0 (float, self->d);
  self->components = g_try_new0 (float, k * self->d);
  if (!self->components) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT, "memory is short for the components");
    return FALSE;
  }
  gboolean exact = self->exact && (self->covariance || self->n >= self->d);
  if (!(exact ? solve_exact (self, k, values, error) : solve_rows (self, k, values, error)))
    return FALSE;
  finish (self, k, values);
  return TRUE;
}

guint64
latent_pca_get_samples (const LatentPca *self)
{
  return self->n;
}

gsize
latent_pca_get_rank (const LatentPca *self)
{
  return self->rank;
}

static double
sum_explained (const LatentPca *self)
{
  double sum = 0;
  for (gsize i = 0; i < self->k; i++)
    sum += self->variances[i] * (double)self->n;
  return MIN (sum, self->total);
}

double
latent_pca_get_explained (const LatentPca *self)
{
  return sum_explained (self) / self->total;
}

double
latent_pca_get_mse (const LatentPca *self)
{
  return (self->total - sum_explained (self)) / (double)self->n / (double)self->d;
}

const float *
latent_pca_get_mean (const LatentPca *self)
{
  return self->mean;
}

const float *
latent_pca_get_components (const LatentPca *self)
{
  return self->components;
}

const double *
latent_pca_get_variances (const LatentPca *self)
{
  return self->variances;
}
