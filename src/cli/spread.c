/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/spread.h"

#include <math.h>

#define MAX_KEPT (1u << 20)

void
latent_spread_clear (LatentSpread *self)
{
  g_clear_pointer (&self->kept, g_array_unref);
}

static void
thin_out (LatentSpread *self)
{
  float *values = (float *)(gpointer)self->kept->data;
  for (guint i = 0; i < self->kept->len / 2; i++)
    values[i] = values[2 * i];
  g_array_set_size (self->kept, self->kept->len / 2);
  self->every *= 2;
}

void
latent_spread_add (LatentSpread *self, double value)
{
  float kept = (float)value;
  if (!isfinite (value))
    return;
  if (!self->kept)
    *self = (LatentSpread){g_array_new (FALSE, FALSE, sizeof (float)), 0, 1, value, value};
  self->min = MIN (self->min, value);
  self->max = MAX (self->max, value);
  if (self->n++ % self->every == 0)
    g_array_append_val (self->kept, kept);
  if (self->kept->len == MAX_KEPT)
    thin_out (self);
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  float x = *(const float *)a, y = *(const float *)b;
  return x < y ? -1 : x > y;
}

double
latent_spread_get_quantile (LatentSpread *self, double part)
{
  if (self->n == 0)
    return NAN;
  if (part <= 0 || part >= 1)
    return part <= 0 ? self->min : self->max;
  /* Sorting takes the order in which numbers came away, which nothing goes by. */
  g_array_sort (self->kept, compare);
  double place = part * (self->kept->len - 1);
  guint below = (guint)place;
  double low = g_array_index (self->kept, float, below);
  double high = g_array_index (self->kept, float, MIN (below + 1, self->kept->len - 1));
  return low + (high - low) * (place - below);
}
