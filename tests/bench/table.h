/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <math.h>

/* What one adaptive binary tree costs, coder not counted: the least that a codec of latents has. */

/* Zeros and ones seen. */
typedef struct {
  guint n[2];
} Count;

static inline double
cost_bit (Count *count, gboolean bit)
{
  double p = (count->n[bit] + 0.4) / (count->n[0] + count->n[1] + 0.8);

  count->n[bit]++;
  if (count->n[0] + count->n[1] > 2000)
    for (guint i = 0; i < 2; i++)
      count->n[i] = (count->n[i] + 1) / 2;
  return -log2 (p);
}

typedef struct {
  Count more[32], sign;
} Table;

/* Bits that the counts so far give a symbol: unary to 14, then Exp-Golomb; sign. */
static inline double
cost_symbol (Table *table, gint symbol)
{
  Count *more = table->more;
  guint magnitude = (guint)ABS (symbol), k = 0;
  double bits = 0;

  for (; k < 14; k++) {
    bits += cost_bit (&more[k], magnitude > k);
    if (magnitude <= k)
      break;
  }
  if (k == 14) {
    guint exponent = g_bit_storage (magnitude - 13) - 1;
    for (guint e = 0; e <= exponent; e++)
      bits += cost_bit (&more[14 + e], e < exponent);
    bits += exponent;
  }
  return magnitude > 0 ? bits + cost_bit (&table->sign, symbol < 0) : bits;
}
