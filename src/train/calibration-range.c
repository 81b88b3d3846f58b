/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/calibration-range.h"

#include <math.h>

#define OUTSIDE 1e-4 /* of LATENT_RANGE_PERCENTILE: this part at either end */
#define TRIES   40   /* of LATENT_RANGE_MSE: for either end */
/* A zero point other than 0 costs time: it must take away so much of the squared error. */
#define WORTH 0.8

void
latent_range_see_ends (LatentRange *self, const float *values, gsize n)
{
  float least = (float)self->least, most = (float)self->most;

  for (gsize i = 0; i < n; i++) {
    least = fminf (least, isfinite (values[i]) ? values[i] : -INFINITY);
    most = fmaxf (most, values[i]);
  }
  self->least = least;
  self->most = most;
}

static double
get_width (const LatentRange *self)
{
  return (self->most - self->least) / LATENT_RANGE_BINS;
}

void
latent_range_see_counts (LatentRange *self, const float *values, gsize n)
{
  double width = get_width (self);

  for (gsize i = 0; i < n && width > 0; i++) {
    double place = (values[i] - self->least) / width;
    if (values[i] != 0 && place >= 0)
      self->counts[(guint)MIN (place, LATENT_RANGE_BINS - 1)]++;
  }
}

/* Of the middle of a bin. */
static double
get_real (const LatentRange *self, guint bin)
{
  return self->least + (bin + 0.5) * get_width (self);
}

static double
find_end (const LatentRange *self, gint direction)
{
  double all = 0, seen = 0;
  guint bin = direction > 0 ? LATENT_RANGE_BINS - 1 : 0;

  for (guint i = 0; i < LATENT_RANGE_BINS; i++)
    all += self->counts[i];
  for (guint i = 0; i + 1 < LATENT_RANGE_BINS; i++, bin -= (guint)direction) {
    seen += self->counts[bin];
    if (seen > OUTSIDE * all)
      break;
  }
  return self->least + (bin + (direction > 0 ? 1 : 0)) * get_width (self);
}

/* Squared error of all that was seen where reals are cut to [least, most] and rounded to steps. */
static double
get_error (const LatentRange *self, double least, double most, double step)
{
  double sum = 0;

  for (guint i = 0; i < LATENT_RANGE_BINS; i++) {
    double real = get_real (self, i);
    double beyond = real < least ? least - real : real > most ? real - most : 0;
    sum += self->counts[i] * (beyond > 0 ? beyond * beyond : step * step / 12);
  }
  return sum;
}

typedef struct {
  double least, most;
  double error;
} Ends;

/* least and most are those of the widest. */
static Ends
try_signed (const LatentRange *self, double most, gboolean search)
{
  Ends best = {.error = INFINITY};

  for (guint i = 0; i < (search ? TRIES : 1); i++) {
    double end = most * (TRIES - i) / TRIES;
    double error = get_error (self, -end, end, end / 127);
    if (error < best.error)
      best = (Ends){-end, end, error};
  }
  return best;
}

static Ends
try_unsigned (const LatentRange *self, double least, double most, gboolean search)
{
  Ends best = {.error = INFINITY};

  for (guint i = 0; i < (search && least < 0 ? TRIES : 1); i++)
    for (guint j = 0; j < (search ? TRIES : 1); j++) {
      double low = least * (TRIES - i) / TRIES, high = most * (TRIES - j) / TRIES;
      double error = get_error (self, low, high, (high - low) / 255);
      if (error < best.error)
        best = (Ends){low, high, error};
    }
  return best;
}

static LatentQdqStep
make_signed (const Ends *ends)
{
  return (LatentQdqStep){LATENT_DATA_TYPE_INT8, (float)(ends->most / 127), 0};
}

static LatentQdqStep
make_unsigned (const Ends *ends)
{
  double scale = (ends->most - ends->least) / 255;

  return (LatentQdqStep){LATENT_DATA_TYPE_UINT8, (float)scale, (gint32)rint (-ends->least / scale)};
}

LatentQdqStep
latent_range_choose (const LatentRange *self, LatentRangeMethod method)
{
  gboolean search = method == LATENT_RANGE_MSE;
  double least = self->least, most = self->most;
  Ends both, any;

  if (method == LATENT_RANGE_PERCENTILE) {
    least = fmin (find_end (self, -1), 0);
    most = fmax (find_end (self, 1), 0);
  }
  if (most - least < 1e-30) /* nothing but zeros */
    return (LatentQdqStep){LATENT_DATA_TYPE_UINT8, 1, 0};
  any = try_unsigned (self, least, most, search);
  if (self->least == 0)
    return make_unsigned (&any);
  both = try_signed (self, fmax (-least, most), search);
  return any.error < WORTH * both.error ? make_unsigned (&any) : make_signed (&both);
}
