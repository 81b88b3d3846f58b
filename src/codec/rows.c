/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/codec/rows.h"

#include "src/media/strided.h"

guint
latent_row_find (const guint8 *src, guint width, guint *columns)
{
  guint n = 0;

  for (guint x = 0; x < width; x++) {
    columns[n] = x;
    n += src[x] != 0;
  }
  return n;
}

void
latent_row_gather (const gint16 *planes, gsize plane, guint channels, const guint *columns, guint n,
    gint16 *places)
{
  for (guint c = 0; c < channels; c++, planes += plane)
    for (guint i = 0; i < n; i++)
      places[(gsize)i * channels + c] = planes[columns[i]];
}

void
latent_row_scatter (const gint16 *places, guint channels, const guint *columns, guint n,
    gint16 *planes, gsize plane)
{
  for (guint c = 0; c < channels; c++, planes += plane)
    for (guint i = 0; i < n; i++)
      planes[columns[i]] = places[(gsize)i * channels + c];
}

void
latent_row_turn (const float *planes, gsize plane, guint channels, guint width, float *places)
{
  const LatentShape shape = {
      2, {channels, width}
  };
  const gint64 src[LATENT_MAX_DIMS] = {(gint64)plane, 1}, dst[LATENT_MAX_DIMS] = {1, channels};

  latent_strided_copy (places, dst, planes, src, &shape);
}

void
latent_row_turn_back (const float *places, guint channels, guint width, float *planes, gsize plane)
{
  const LatentShape shape = {
      2, {channels, width}
  };
  const gint64 src[LATENT_MAX_DIMS] = {1, channels}, dst[LATENT_MAX_DIMS] = {(gint64)plane, 1};

  latent_strided_copy (planes, dst, places, src, &shape);
}
