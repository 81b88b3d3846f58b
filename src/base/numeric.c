/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/numeric.h"

#include <math.h>
#include <string.h>

static guint32
get_bits (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits;
}

static float
from_bits (guint32 bits)
{
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

float
latent_half_to_float (guint16 half)
{
  guint32 sign = (guint32)(half & 0x8000) << 16;
  guint32 exponent = half >> 10 & 31;
  guint32 mantissa = half & 0x3ff;

  if (exponent == 31)
    return from_bits (sign | 0x7f800000 | mantissa << 13);
  if (exponent == 0) /* subnormal: mantissa * 2^-24 */
    return from_bits (sign | get_bits ((float)mantissa * 0x1p-24f));
  return from_bits (sign | (exponent + 112) << 23 | mantissa << 13);
}

guint16
latent_float_to_half (float value)
{
  guint32 bits = get_bits (value);
  guint16 sign = bits >> 16 & 0x8000;
  float magnitude = from_bits (bits & 0x7fffffff);

  if (isnan (value))
    return sign | 0x7e00;
  if (magnitude >= 65520.0f) /* halfway to the number after the largest, 65504 */
    return sign | 0x7c00;
  if (magnitude < 0x1p-14f) /* subnormal: the sum rounds to multiples of 2^-24 */
    return sign | (guint16)(get_bits (magnitude + 0.5f) - get_bits (0.5f));
  bits &= 0x7fffffff;
  bits += 0xfff + (bits >> 13 & 1);
  return sign | (guint16)((bits >> 13) - (112 << 10));
}

float
latent_bfloat_to_float (guint16 bfloat)
{
  return from_bits ((guint32)bfloat << 16);
}

guint16
latent_float_to_bfloat (float value)
{
  guint32 bits = get_bits (value);

  if (isnan (value))
    return bits >> 16 | 0x40;
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

gint64
latent_double_to_int (double value)
{
  if (isnan (value))
    return 0;
  if (value >= 0x1p63)
    return G_MAXINT64;
  if (value < -0x1p63)
    return G_MININT64;
  return (gint64)value;
}

static guint64
double_to_uint (double value)
{
  if (value >= 0x1p64)
    return G_MAXUINT64;
  return value >= 0x1p63 ? (guint64)value : (guint64)latent_double_to_int (value);
}

gboolean
latent_data_type_is_real (LatentDataType type)
{
  return type == LATENT_DATA_TYPE_FLOAT32 || type == LATENT_DATA_TYPE_FLOAT64 ||
         type == LATENT_DATA_TYPE_FLOAT16 || type == LATENT_DATA_TYPE_BFLOAT16;
}

gsize
latent_data_type_get_alignment (LatentDataType type)
{
  return MAX (latent_data_type_get_size (type), 1);
}

/* One row for each type that is stored as a plain C number: data type, C type. */
#define PLAIN_INTEGERS(ROW)                                                                        \
  ROW (UINT8, guint8)                                                                              \
  ROW (INT8, gint8)                                                                                \
  ROW (UINT16, guint16)                                                                            \
  ROW (INT16, gint16)                                                                              \
  ROW (INT32, gint32)                                                                              \
  ROW (INT64, gint64)                                                                              \
  ROW (UINT32, guint32)                                                                            \
  ROW (UINT64, guint64)

/* case T: elements of type C, named x in turn, go through `expression` to dst[i]. */
#define LOAD_CASE(T, C, expression)                                                                \
  case LATENT_DATA_TYPE_##T:                                                                       \
    for (gsize i = 0; i < n; i++) {                                                                \
      C x = ((const C *)src)[first + i];                                                           \
      dst[i] = expression;                                                                         \
    }                                                                                              \
    break;

#define STORE_CASE(T, C, expression)                                                               \
  case LATENT_DATA_TYPE_##T:                                                                       \
    for (gsize i = 0; i < n; i++)                                                                  \
      ((C *)dst)[first + i] = expression;                                                          \
    break;

#define LOAD_PLAIN(T, C) LOAD_CASE (T, C, x)
#define STORE_INT(T, C)  STORE_CASE (T, C, (C)src[i])
#define STORE_REAL(T, C) STORE_CASE (T, C, (C)latent_double_to_int (src[i]))

void
latent_load_doubles (LatentDataType type, gconstpointer src, gsize first, gsize n, double *dst)
{
  switch (type) {
    PLAIN_INTEGERS (LOAD_PLAIN)
    LOAD_CASE (BOOL, guint8, x != 0)
    LOAD_CASE (FLOAT32, float, x)
    LOAD_CASE (FLOAT64, double, x)
    LOAD_CASE (FLOAT16, guint16, latent_half_to_float (x))
    LOAD_CASE (BFLOAT16, guint16, latent_bfloat_to_float (x))
  case LATENT_DATA_TYPE_NONE:
  case LATENT_DATA_TYPE_STRING:
    g_return_if_reached ();
  }
}

void
latent_store_doubles (LatentDataType type, gpointer dst, gsize first, gsize n, const double *src)
{
  switch (type) {
    STORE_REAL (UINT8, guint8)
    STORE_REAL (INT8, gint8)
    STORE_REAL (UINT16, guint16)
    STORE_REAL (INT16, gint16)
    STORE_REAL (INT32, gint32)
    STORE_REAL (INT64, gint64)
    STORE_REAL (UINT32, guint32)
    STORE_CASE (UINT64, guint64, double_to_uint (src[i]))
    STORE_CASE (BOOL, guint8, src[i] != 0)
    STORE_CASE (FLOAT32, float, (float)src[i])
    STORE_CASE (FLOAT64, double, src[i])
    STORE_CASE (FLOAT16, guint16, latent_float_to_half ((float)src[i]))
    STORE_CASE (BFLOAT16, guint16, latent_float_to_bfloat ((float)src[i]))
  case LATENT_DATA_TYPE_NONE:
  case LATENT_DATA_TYPE_STRING:
    g_return_if_reached ();
  }
}

void
latent_load_ints (LatentDataType type, gconstpointer src, gsize first, gsize n, gint64 *dst)
{
  switch (type) {
    PLAIN_INTEGERS (LOAD_PLAIN)
    LOAD_CASE (BOOL, guint8, x != 0)
    LOAD_CASE (FLOAT32, float, latent_double_to_int (x))
    LOAD_CASE (FLOAT64, double, latent_double_to_int (x))
    LOAD_CASE (FLOAT16, guint16, latent_double_to_int (latent_half_to_float (x)))
    LOAD_CASE (BFLOAT16, guint16, latent_double_to_int (latent_bfloat_to_float (x)))
  case LATENT_DATA_TYPE_NONE:
  case LATENT_DATA_TYPE_STRING:
    g_return_if_reached ();
  }
}

void
latent_store_ints (LatentDataType type, gpointer dst, gsize first, gsize n, const gint64 *src)
{
  switch (type) {
    PLAIN_INTEGERS (STORE_INT)
    STORE_CASE (BOOL, guint8, src[i] != 0)
    STORE_CASE (FLOAT32, float, (float)src[i])
    STORE_CASE (FLOAT64, double, (double)src[i])
    STORE_CASE (FLOAT16, guint16, latent_float_to_half ((float)src[i]))
    STORE_CASE (BFLOAT16, guint16, latent_float_to_bfloat ((float)src[i]))
  case LATENT_DATA_TYPE_NONE:
  case LATENT_DATA_TYPE_STRING:
    g_return_if_reached ();
  }
}

/* Elements that one step of latent_convert() holds on the stack. */
#define BLOCK 512

void
latent_convert (LatentDataType src_type, gconstpointer src, LatentDataType dst_type, gpointer dst,
    gsize first, gsize n)
{
  /* Only between integers are 64 bits exact that a double would round; an unsigned one would come
   * out of a signed one negative. */
  gboolean real = latent_data_type_is_real (src_type) ||
                  (src_type == LATENT_DATA_TYPE_UINT64 && latent_data_type_is_real (dst_type));

  if (src_type == dst_type) {
    gsize size = latent_data_type_get_size (src_type);
    if (n > 0)
      memcpy ((guint8 *)dst + first * size, (const guint8 *)src + first * size, n * size);
    return;
  }
  for (gsize done = 0; done < n; done += BLOCK) {
    gsize count = MIN (BLOCK, n - done);
    if (real) {
      double block[BLOCK];
      latent_load_doubles (src_type, src, first + done, count, block);
      latent_store_doubles (dst_type, dst, first + done, count, block);
    } else {
      gint64 block[BLOCK];
      latent_load_ints (src_type, src, first + done, count, block);
      latent_store_ints (dst_type, dst, first + done, count, block);
    }
  }
}
