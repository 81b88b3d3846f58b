/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/quantize-rows.h"

#include <string.h>

#include "src/base/clones.h"

#define ROW static inline __attribute__ ((always_inline))

#define MAGIC      12582912.0f /* 1.5 * 2^23: a sum with it rounds to an integer, half to even, */
#define MAGIC_BITS 0x4b400000  /* which the low bits then hold */

/* Clamped before it is rounded, to whole bounds, and NaN is the least: no branch, so that it
 * vectorises. */
ROW gint32
quantize (float value, float scale, gint32 zero_point, float least, float most)
{
  float level = value / scale;
  gint32 bits;

  level = level > least ? level : least;
  level = level < most ? level : most;
  level += MAGIC;
  memcpy (&bits, &level, sizeof bits);
  return bits - MAGIC_BITS + zero_point;
}

/* Clones are static: clang calls a function of another file by its declaration alone. */
#define QUANTIZE(name, type, low, high)                                                            \
  LATENT_FOR_EACH_CPU static void quantize_##name##_clone (                                        \
      const float *restrict src, type *restrict dst, gsize n, float scale, gint32 zero_point)      \
  {                                                                                                \
    const float least = (float)((low)-zero_point), most = (float)((high)-zero_point);              \
    for (gsize i = 0; i < n; i++)                                                                  \
      dst[i] = (type)quantize (src[i], scale, zero_point, least, most);                            \
  }                                                                                                \
  void latent_quantize_row_##name (                                                                \
      const float *restrict src, type *restrict dst, gsize n, float scale, gint32 zero_point)      \
  {                                                                                                \
    quantize_##name##_clone (src, dst, n, scale, zero_point);                                      \
  }                                                                                                \
  LATENT_FOR_EACH_CPU static void copy_##name##_clone (const float *restrict src,                  \
      float *restrict copy, type *restrict dst, gsize n, float scale, gint32 zero_point)           \
  {                                                                                                \
    const float least = (float)((low)-zero_point), most = (float)((high)-zero_point);              \
    for (gsize i = 0; i < n; i++) {                                                                \
      copy[i] = src[i];                                                                            \
      dst[i] = (type)quantize (src[i], scale, zero_point, least, most);                            \
    }                                                                                              \
  }                                                                                                \
  void latent_quantize_copy_row_##name (const float *restrict src, float *restrict copy,           \
      type *restrict dst, gsize n, float scale, gint32 zero_point)                                 \
  {                                                                                                \
    copy_##name##_clone (src, copy, dst, n, scale, zero_point);                                    \
  }
QUANTIZE (u8, guint8, 0, 255)
QUANTIZE (s8, gint8, -128, 127)
#undef QUANTIZE

#define DEQUANTIZE(name, type)                                                                     \
  LATENT_FOR_EACH_CPU static void name##_clone (                                                   \
      const type *restrict src, float *restrict dst, gsize n, float scale, gint32 zero_point)      \
  {                                                                                                \
    for (gsize i = 0; i < n; i++)                                                                  \
      dst[i] = (float)(src[i] - zero_point) * scale;                                               \
  }                                                                                                \
  void name (                                                                                      \
      const type *restrict src, float *restrict dst, gsize n, float scale, gint32 zero_point)      \
  {                                                                                                \
    name##_clone (src, dst, n, scale, zero_point);                                                 \
  }
DEQUANTIZE (latent_dequantize_row_u8, guint8)
DEQUANTIZE (latent_dequantize_row_s8, gint8)
#undef DEQUANTIZE
