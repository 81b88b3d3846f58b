/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/binary.h"

#include <tgmath.h>

#include "src/base/numeric.h"
#include "src/ops/broadcast.h"
#include "src/ops/private.h"

#define BLOCK 512 /* elements that are widened at a time */

typedef union {
  gint64 ints[BLOCK];
  double doubles[BLOCK];
} Block;

typedef struct {
  LatentRowFunc func;
  gboolean real; /* widened to double, else to 64-bit integers */
  gboolean logical;
  LatentDataType src[2];
  LatentDataType dst;
} Wide;

static void
load (const Wide *wide, const LatentRow *row, guint s, gsize first, gsize n, gpointer block)
{
  gsize at = row->step[s] ? first : 0;
  gsize count = row->step[s] ? n : 1;

  if (wide->real)
    latent_load_doubles (wide->src[s], row->src[s], at, count, block);
  else
    latent_load_ints (wide->src[s], row->src[s], at, count, block);
}

static void
run_wide (const LatentRow *row, gconstpointer data)
{
  const Wide *wide = data;
  Block a, b;

  for (gsize i = 0; i < row->n; i += BLOCK) {
    gsize n = MIN (BLOCK, row->n - i);
    LatentRow block = {
        n, NULL, {&a,           &b          },
          {row->step[0], row->step[1]}
    };
    load (wide, row, 0, i, n, &a);
    load (wide, row, 1, i, n, &b);
    if (wide->logical) {
      block.dst = (guint8 *)row->dst + i;
      wide->func (&block, NULL);
      continue;
    }
    block.dst = row->step[0] ? &a : &b; /* not the one that each element reads */
    wide->func (&block, NULL);
    if (wide->real)
      latent_store_doubles (wide->dst, row->dst, i, n, block.dst);
    else
      latent_store_ints (wide->dst, row->dst, i, n, block.dst);
  }
}

void
latent_binary_run (const LatentBinary *self, const LatentView *dst, const LatentView *a,
    const LatentView *b, guint threads)
{
  const LatentView *src[] = {a, b};
  gboolean real = latent_data_type_is_real (a->type) || latent_data_type_is_real (b->type);
  gboolean wide_unsigned = a->type == LATENT_DATA_TYPE_UINT64;
  Wide wide = {
      real            ? self->f64
      : wide_unsigned ? self->u64
                      : self->i64,
      real, self->logical, {a->type, b->type},
        dst->type
  };

  if (a->type == LATENT_DATA_TYPE_FLOAT32 && b->type == LATENT_DATA_TYPE_FLOAT32)
    latent_broadcast (dst, src, 2, threads, self->f32, NULL);
  else
    latent_broadcast (dst, src, 2, threads, run_wide, &wide);
}

/* One loop over elements a and b of type C into elements of type R. Neither side steps where a
 * third input is what makes the output so large. */
#define LOOP(name, C, R, expression)                                                               \
  static void name (const LatentRow *row, gconstpointer data)                                      \
  {                                                                                                \
    typedef C T;                                                                                   \
    const T *p = row->src[0];                                                                      \
    const T *q = row->src[1];                                                                      \
    const gsize n = row->n;                                                                        \
    R *dst = row->dst;                                                                             \
    if (!row->step[0] && !row->step[1]) {                                                          \
      const T a = *p, b G_GNUC_UNUSED = *q;                                                        \
      const R value = (R)(expression);                                                             \
      for (gsize i = 0; i < n; i++)                                                                \
        dst[i] = value;                                                                            \
    } else if (!row->step[0]) {                                                                    \
      const T a = *p;                                                                              \
      for (gsize i = 0; i < n; i++) {                                                              \
        const T b G_GNUC_UNUSED = q[i];                                                            \
        dst[i] = (R)(expression);                                                                  \
      }                                                                                            \
    } else if (!row->step[1]) {                                                                    \
      const T b G_GNUC_UNUSED = *q;                                                                \
      for (gsize i = 0; i < n; i++) {                                                              \
        const T a = p[i];                                                                          \
        dst[i] = (R)(expression);                                                                  \
      }                                                                                            \
    } else {                                                                                       \
      for (gsize i = 0; i < n; i++) {                                                              \
        const T a = p[i], b G_GNUC_UNUSED = q[i];                                                  \
        dst[i] = (R)(expression);                                                                  \
      }                                                                                            \
    }                                                                                              \
  }

/* A function of two elements: the expression for reals, for signed and for unsigned integers. */
#define BINARY(name, real, signed_integer, unsigned_integer)                                       \
  LOOP (name##_f32, float, float, real)                                                            \
  LOOP (name##_f64, double, double, real)                                                          \
  LOOP (name##_i64, gint64, gint64, signed_integer)                                                \
  LOOP (name##_u64, guint64, guint64, unsigned_integer)                                            \
  const LatentBinary latent_binary_##name = {name##_f32, name##_f64, name##_i64, name##_u64, FALSE};

/* Sums, differences and products of two's complement numbers are those of unsigned ones. */
#define BINARY_WRAPPING(name, operator)                                                            \
  BINARY (name, a operator b, (guint64)a operator(guint64) b, a operator b)

#define COMPARISON(name, expression)                                                               \
  LOOP (name##_f32, float, guint8, expression)                                                     \
  LOOP (name##_f64, double, guint8, expression)                                                    \
  LOOP (name##_i64, gint64, guint8, expression)                                                    \
  LOOP (name##_u64, guint64, guint8, expression)                                                   \
  const LatentBinary latent_binary_##name = {name##_f32, name##_f64, name##_i64, name##_u64, TRUE};

static guint64
power (guint64 base, guint64 exponent)
{
  guint64 result = 1;

  for (; exponent > 0; exponent >>= 1, base *= base)
    if (exponent & 1)
      result *= base;
  return result;
}

/* Modulo 2^64; a negative exponent truncates towards 0, and 0 has no reciprocal: 0 again. */
static gint64
power_signed (gint64 base, gint64 exponent)
{
  if (exponent >= 0)
    return (gint64)power ((guint64)base, (guint64)exponent);
  if (base == 1 || base == -1)
    return exponent % 2 == 0 ? 1 : base;
  return 0;
}

/* Of the sign of b, as Python has it. -1 is apart, since G_MININT64 % -1 traps. */
static gint64
floor_mod (gint64 a, gint64 b)
{
  gint64 rest = b == -1 ? 0 : a % b;

  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

BINARY_WRAPPING (add, +)
BINARY_WRAPPING (sub, -)
BINARY_WRAPPING (mul, *)
/* Divisors of 0 were refused before. */
BINARY (div, a / b, b == -1 ? (gint64)(0 - (guint64)a) : a / b, a / b)
BINARY (fmod, fmod (a, b), b == -1 ? 0 : a % b, a % b)
BINARY (mod, fmod (a, b), floor_mod (a, b), a % b)
/* The square is what normalisations written out in single operators ask for most. */
BINARY (pow, b == 2 ? a * a : pow (a, b), power_signed (a, b), power (a, b))
/* NaN wins. */
BINARY (max, a > b || a != a ? a : b, MAX (a, b), MAX (a, b))
BINARY (min, a < b || a != a ? a : b, MIN (a, b), MIN (a, b))
BINARY (prelu, a < 0 ? a * b : a, a < 0 ? (guint64)a * (guint64)b : (guint64)a, a)

COMPARISON (equal, a == b)
COMPARISON (greater, a > b)
COMPARISON (less, a < b)
COMPARISON (greater_or_equal, a >= b)
COMPARISON (less_or_equal, a <= b)
COMPARISON (and, a != 0 && b != 0)
COMPARISON (or, a != 0 || b != 0)
COMPARISON (xor, (a != 0) != (b != 0))
