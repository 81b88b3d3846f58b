/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/bd-rate.h"

#include <math.h>
#include <stdlib.h>

/* A knot of the curve: logarithm of the rate, and its derivative. */
typedef struct {
  double x;
  double y;
  double slope;
} Knot;

static gint
compare_knots (gconstpointer a, gconstpointer b)
{
  const Knot *p = a, *q = b;
  if (p->x != q->x)
    return p->x < q->x ? -1 : 1;
  return (p->y > q->y) - (p->y < q->y);
}

/* The slope at an end, by the parabola through three knots, held to what keeps the curve monotone.
 * h0, d0: width and slope of the interval at the end; h1, d1: of the next. */
static double
get_end_slope (double h0, double d0, double h1, double d1)
{
  double slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
  if (slope * d0 <= 0)
    return 0;
  return d0 * d1 <= 0 && fabs (slope) > 3 * fabs (d0) ? 3 * d0 : slope;
}

/* Fritsch and Carlson's slopes, by weighted harmonic means. */
static void
set_slopes (Knot *knots, guint n)
{
  g_autofree double *h = g_new (double, n);
  g_autofree double *d = g_new (double, n);
  for (guint i = 0; i + 1 < n; i++) {
    h[i] = knots[i + 1].x - knots[i].x;
    d[i] = (knots[i + 1].y - knots[i].y) / h[i];
  }
  if (n == 2) {
    knots[0].slope = knots[1].slope = d[0];
    return;
  }
  knots[0].slope = get_end_slope (h[0], d[0], h[1], d[1]);
  knots[n - 1].slope = get_end_slope (h[n - 2], d[n - 2], h[n - 3], d[n - 3]);
  for (guint i = 1; i + 1 < n; i++) {
    double before = 2 * h[i] + h[i - 1], after = h[i] + 2 * h[i - 1];
    knots[i].slope = d[i - 1] * d[i] <= 0 ? 0
                                          : (before + after) / (before / d[i - 1] + after / d[i]);
  }
}

/* Sorted knots with slopes; fewer than two where there is no curve. */
static GArray *
make_knots (const LatentRatePoint *points, guint n)
{
  GArray *knots = g_array_new (FALSE, FALSE, sizeof (Knot));
  for (guint i = 0; i < n; i++) {
    Knot knot = {points[i].quality, log10 (points[i].rate), 0};
    if (isfinite (knot.x) && isfinite (knot.y))
      g_array_append_val (knots, knot);
  }
  g_array_sort (knots, compare_knots);
  for (guint i = 1; i < knots->len;)
    if (g_array_index (knots, Knot, i).x > g_array_index (knots, Knot, i - 1).x)
      i++;
    else
      g_array_remove_index (knots, i);
  if (knots->len >= 2)
    set_slopes ((Knot *)(gpointer)knots->data, knots->len);
  return knots;
}

/* Integral of the cubic from its begin to the part t (0 to 1) of its interval. */
static double
integrate_part (const Knot *a, const Knot *b, double t)
{
  double h = b->x - a->x, t2 = t * t, t3 = t2 * t, t4 = t3 * t;
  return h * (a->y * (t4 / 2 - t3 + t) + h * a->slope * (t4 / 4 - 2 * t3 / 3 + t2 / 2) +
                 b->y * (t3 - t4 / 2) + h * b->slope * (t4 / 4 - t3 / 3));
}

static double
integrate (const GArray *knots, double low, double high)
{
  double sum = 0;
  for (guint i = 0; i + 1 < knots->len; i++) {
    const Knot *a = &g_array_index (knots, Knot, i), *b = a + 1;
    double from = CLAMP ((low - a->x) / (b->x - a->x), 0, 1);
    double to = CLAMP ((high - a->x) / (b->x - a->x), 0, 1);
    sum += integrate_part (a, b, to) - integrate_part (a, b, from);
  }
  return sum;
}

double
latent_bd_rate (const LatentRatePoint *reference, guint n_reference, const LatentRatePoint *other,
    guint n_other)
{
  g_autoptr (GArray) a = make_knots (reference, n_reference);
  g_autoptr (GArray) b = make_knots (other, n_other);
  if (a->len < 2 || b->len < 2)
    return NAN;
  double low = MAX (g_array_index (a, Knot, 0).x, g_array_index (b, Knot, 0).x);
  double high = MIN (g_array_index (a, Knot, a->len - 1).x, g_array_index (b, Knot, b->len - 1).x);
  if (!(high > low))
    return NAN;
  double mean = (integrate (b, low, high) - integrate (a, low, high)) / (high - low);
  return (pow (10, mean) - 1) * 100;
}
