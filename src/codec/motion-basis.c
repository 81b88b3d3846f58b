/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/motion-basis.h"

#include <latent/error.h>
#include <math.h>
#include <string.h>

#include "src/base/crc32c.h"
#include "src/base/tensor.h"
#include "src/media/format.h"

#define KEY        "latent.motion"
#define BIAS_MAX   (1 << 20) /* as latents are */
#define MEAN_MAX   (1 << 29)
#define MATRIX_MAX 32767
#define SHIFT_MAX  15
#define UNIT_BITS  16

/* Rows may be so far from orthonormal: a fraction of 1. */
#define ROW_SHARE 64

void
latent_motion_basis_free (LatentMotionBasis *self)
{
  if (!self)
    return;
  g_free (self->matrix);
  g_free (self->bias);
  g_free (self->mean);
  g_free (self);
}

static gboolean G_GNUC_PRINTF (3, 4)
    fail (GError **error, LatentError code, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, LATENT_ERROR, code, KEY ": %s", text);
  return FALSE;
}

static LatentTensor *
find_floats (const LatentModel *model, const char *name, guint n_dims, GError **error)
{
  const LatentValue *value = latent_graph_find_value (model->graph, name);

  if (!value || !value->data || value->data->type != LATENT_DATA_TYPE_FLOAT32 ||
      value->data->shape.n != n_dims) {
    fail (error, LATENT_ERROR_SHAPE, "'%s' is no float initialiser of %u dimensions", name, n_dims);
    return NULL;
  }
  return value->data;
}

/* Fills in the sizes. */
static gboolean
measure (LatentMotionBasis *self, const LatentModel *model, const LatentShape *matrix,
    const LatentShape *bias, GError **error)
{
  const LatentLayout *layout = latent_layout_get (model->media.color);
  const gint64 *dims = matrix->dims;
  gint64 width = dims[3] * layout->density, height = dims[2] * layout->density;

  if (model->media.kind != LATENT_MEDIA_VIDEO || model->media.tile_width ||
      model->media.fixed_width)
    return fail (error, LATENT_ERROR_SHAPE, "is for pictures of any size");
  if (dims[1] != layout->n_lanes || bias->dims[0] != dims[0])
    return fail (error, LATENT_ERROR_SHAPE,
        "a matrix of %" G_GINT64_FORMAT " rows of %" G_GINT64_FORMAT
        " channels and a bias of %" G_GINT64_FORMAT " do not go with %s",
        dims[0], dims[1], bias->dims[0], layout->name);
  if (width < 8 || height < 8 || width % 8 || height % 8 || width > LATENT_MOTION_TILE ||
      height > LATENT_MOTION_TILE)
    return fail (error, LATENT_ERROR_LIMIT,
        "tiles of %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT
        " pixels; wanted are multiples of 8 up to %d",
        width, height, LATENT_MOTION_TILE);
  self->color = model->media.color;
  self->tile_width = (guint)width;
  self->tile_height = (guint)height;
  self->n_planes = self->color == LATENT_COLOR_GRAY8 ? 1 : LATENT_MOTION_PLANES;
  self->halved = self->color == LATENT_COLOR_I420;
  self->d = (guint)(dims[1] * dims[2] * dims[3]);
  if (dims[0] < 1 || dims[0] > MIN (LATENT_MOTION_COMPONENTS, self->d))
    return fail (error, LATENT_ERROR_LIMIT, "%" G_GINT64_FORMAT " components, at most are %u",
        dims[0], MIN (LATENT_MOTION_COMPONENTS, self->d));
  self->k = (guint)dims[0];
  return TRUE;
}

/* Where in a tile's planes an element of the net's input stands. */
static gsize
find_pixel (const LatentMotionBasis *self, guint lane, guint row, guint column)
{
  const LatentLane *at = &latent_layout_get (self->color)->lanes[lane];
  guint plane = at->component;
  gsize begin = 0;

  for (guint i = 0; i < plane; i++)
    begin += (gsize)latent_motion_basis_get_width (self, i) *
             latent_motion_basis_get_height (self, i);
  return begin + (gsize)(row * at->density + at->dy) * latent_motion_basis_get_width (self, plane) +
         column * at->density + at->dx;
}

/* Powers of two and rint() are exact: everyone gets these integers. */
static gboolean
take_matrix (LatentMotionBasis *self, LatentTensor *tensor, GError **error)
{
  g_autoptr (LatentTensor) loaded = latent_tensor_load (tensor, error);
  const float *src = loaded != NULL ? loaded->data : NULL;
  gsize n = (gsize)self->k * self->d, i = 0;
  double most = 0;

  if (src == NULL)
    return FALSE;
  for (gsize j = 0; j < n; j++) {
    if (!isfinite (src[j]) || fabsf (src[j]) > 1)
      return fail (error, LATENT_ERROR_FORMAT, "number %" G_GSIZE_FORMAT " of the matrix is %g", j,
          (double)src[j]);
    most = MAX (most, fabs ((double)src[j]));
  }
  self->shift = SHIFT_MAX;
  while (ldexp (most, (int)self->shift) > MATRIX_MAX)
    self->shift--;
  self->matrix = g_new (gint16, n);
  for (guint row = 0; row < self->k; row++)
    for (guint lane = 0; lane < tensor->shape.dims[1]; lane++)
      for (guint y = 0; y < tensor->shape.dims[2]; y++)
        for (guint x = 0; x < tensor->shape.dims[3]; x++)
          self->matrix[(gsize)row * self->d + find_pixel (self, lane, y, x)] = (gint16)llrint (
              ldexp ((double)src[i++], (int)self->shift));
  return TRUE;
}

static gboolean
check_rows (const LatentMotionBasis *self, GError **error)
{
  gint64 one = G_GINT64_CONSTANT (1) << (2 * self->shift);

  for (guint i = 0; i < self->k; i++)
    for (guint j = 0; j <= i; j++) {
      const gint16 *a = self->matrix + (gsize)i * self->d, *b = self->matrix + (gsize)j * self->d;
      gint64 sum = 0;
      for (guint n = 0; n < self->d; n++)
        sum += (gint64)(a[n] * b[n]);
      if (ABS (sum - (i == j ? one : 0)) > one / ROW_SHARE)
        return fail (error, LATENT_ERROR_FORMAT,
            "rows %u and %u of the matrix are not orthonormal: their product is %g", j, i,
            (double)sum / (double)one);
    }
  return TRUE;
}

/* The net sees levels times a scale. */
static gboolean
take_scale (LatentMotionBasis *self, const LatentModel *model, double *scale, GError **error)
{
  guint lanes = latent_layout_get (self->color)->n_lanes;

  *scale = (double)latent_model_get_scale (model, 0);
  for (guint i = 0; i < lanes; i++)
    if ((double)latent_model_get_scale (model, i) != *scale ||
        latent_model_get_offset (model, i) != 0)
      return fail (error, LATENT_ERROR_FORMAT, "wants one latent.scale, and no latent.offset");
  if (!(*scale >= ldexp (1, -14) && *scale <= ldexp (1, 8)))
    return fail (error, LATENT_ERROR_LIMIT, "latent.scale is %g", *scale);
  self->unit = (gint32)llrint (ldexp (1 / *scale, UNIT_BITS));
  return TRUE;
}

static gboolean
take_bias (LatentMotionBasis *self, const LatentTensor *tensor, double scale, GError **error)
{
  const float *src = tensor->data;

  self->bias = g_new (gint32, self->k);
  for (guint i = 0; i < self->k; i++) {
    double level = ldexp ((double)src[i] / scale, LATENT_MOTION_FRACTION);
    if (!(fabs (level) < BIAS_MAX))
      return fail (error, LATENT_ERROR_FORMAT, "number %u of the bias is %g", i, (double)src[i]);
    self->bias[i] = (gint32)llrint (level);
  }
  return TRUE;
}

/* latent = matrix (x - mean): the mean is the matrix, transposed, times -bias. */
static gboolean
find_mean (LatentMotionBasis *self, GError **error)
{
  self->mean = g_new (gint32, self->d);
  for (guint i = 0; i < self->d; i++) {
    gint64 sum = 0;
    for (guint j = 0; j < self->k; j++)
      sum -= (gint64)self->matrix[(gsize)j * self->d + i] * self->bias[j];
    if (ABS (sum) > MEAN_MAX)
      return fail (error, LATENT_ERROR_FORMAT, "the bias is too large");
    self->mean[i] = (gint32)sum;
  }
  return TRUE;
}

gboolean
latent_motion_basis_load (const LatentModel *model, LatentMotionBasis **basis, GError **error)
{
  const char *text = latent_model_get_metadata (model, KEY);
  g_auto (GStrv) names = text ? g_strsplit (text, ",", -1) : NULL;
  g_autoptr (LatentMotionBasis) self = NULL;
  LatentTensor *matrix;
  const LatentTensor *bias;
  double scale;

  *basis = NULL;
  if (!text)
    return TRUE;
  if (g_strv_length (names) != 2)
    return fail (error, LATENT_ERROR_FORMAT, "'%s' is not of the form MATRIX,BIAS", text);
  self = g_new0 (LatentMotionBasis, 1);
  matrix = find_floats (model, names[0], 4, error);
  bias = matrix ? find_floats (model, names[1], 1, error) : NULL;
  if (!bias || !measure (self, model, &matrix->shape, &bias->shape, error) ||
      !take_matrix (self, matrix, error) || !check_rows (self, error) ||
      !take_scale (self, model, &scale, error) || !take_bias (self, bias, scale, error) ||
      !find_mean (self, error))
    return FALSE;
  *basis = g_steal_pointer (&self);
  return TRUE;
}

void
latent_motion_basis_declare (LatentModel *model, const char *matrix, const char *bias)
{
  g_autofree char *names = g_strdup_printf ("%s,%s", matrix, bias);
  g_autoptr (LatentMotionBasis) basis = NULL;

  if (latent_model_set_metadata (model, KEY, names, NULL) &&
      !latent_motion_basis_load (model, &basis, NULL))
    latent_model_set_metadata (model, KEY, NULL, NULL);
}

static guint32
sum_words (guint32 crc, const gint32 *words, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    const guint32 word = GUINT32_TO_LE ((guint32)words[i]);
    crc = latent_crc32c (crc, (const guint8 *)&word, sizeof word);
  }
  return crc;
}

guint32
latent_motion_basis_get_checksum (const LatentMotionBasis *self)
{
  const gint32 sizes[] = {(gint32)self->k, (gint32)self->d, (gint32)self->tile_width,
      (gint32)self->tile_height, (gint32)self->color, (gint32)self->shift, self->unit};
  guint32 crc = sum_words (0, sizes, G_N_ELEMENTS (sizes));

  crc = sum_words (crc, self->bias, self->k);
  crc = sum_words (crc, self->mean, self->d);
  for (gsize i = 0; i < (gsize)self->k * self->d; i++) {
    const guint16 element = GUINT16_TO_LE ((guint16)self->matrix[i]);
    crc = latent_crc32c (crc, (const guint8 *)&element, sizeof element);
  }
  return MAX (crc, 1);
}
