/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/media/rows.h"

#include <string.h>

#include "src/base/clones.h"

#define ROW static inline __attribute__ ((always_inline))

/* Float bits: all of a NaN's or an infinity's exponent is set. */
#define BLOCK 64 /* pixels whose levels are at hand at a time */
#define INFINITE                                                                                   \
  0x7f800000                 /* the bits of infinity as a float; those of a positive NaN are above \
                              */
#define LEVEL_0   0x4b400000 /* the bits of 1.5 * 2^23, where an ulp is 1 */
#define LEVEL_255 0x4b4000ff

ROW guint
is_not_finite (float value)
{
  gint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return (bits & INFINITE) == INFINITE;
}

/* The sum rounds, half to even, into the low bits; then clamps as integers, which order as floats
 * do but for negative ones: these are negative integers, below every level. No branch, so that it
 * vectorises. */
ROW guint8
round_level (float level)
{
  float sum = level + 12582912.0f;
  gint32 bits;
  gint32 is_number;

  memcpy (&bits, &sum, sizeof bits);
  is_number = bits <= INFINITE;
  bits = MAX (bits, LEVEL_0);
  bits = MIN (bits, LEVEL_255);
  return (guint8)(bits & -is_number);
}

/* byte_step 3 or 4: a whole word is written at once, its last byte 255. */
ROW void
put_pixel (guint8 *dst, gsize byte_step, guint8 a, guint8 b, guint8 c)
{
  if (byte_step == 4) {
    guint32 word = GUINT32_TO_LE (a | (guint32)b << 8 | (guint32)c << 16 | 0xff000000u);

    memcpy (dst, &word, sizeof word);
    return;
  }
  dst[0] = a;
  dst[1] = b;
  dst[2] = c;
}

/* Byte i of a pixel. */
ROW gint32
get_byte (const guint8 *src, gsize byte_step, guint i)
{
  guint32 word;

  if (byte_step != 4)
    return src[i];
  memcpy (&word, src, sizeof word);
  return GUINT32_FROM_LE (word) >> (8 * i) & 255;
}

ROW void
load_lane (const LatentLaneRow *lane, gsize n, gsize byte_step, gsize value_step)
{
  const guint8 *src = lane->bytes;
  float *restrict dst = lane->values;
  const float scale = lane->scale;
  const float offset = lane->offset;

  for (gsize i = 0; i < n; i++)
    dst[i * value_step] = src[i * byte_step] * scale + offset;
}

ROW guint
store_lane (const LatentLaneRow *lane, gsize n, gsize byte_step, gsize value_step)
{
  const float *src = lane->values;
  guint8 *restrict dst = lane->bytes;
  const float scale = lane->scale;
  const float offset = lane->offset;
  guint not_finite = 0;

  for (gsize i = 0; i < n; i++) {
    dst[i * byte_step] = round_level ((src[i * value_step] - offset) * scale);
    not_finite += is_not_finite (src[i * value_step]);
  }
  return not_finite;
}

/* Three lanes of one pixel, by their order in memory. */
ROW void
load_planes (const LatentLaneRow *lanes, gsize n, gsize byte_step)
{
  const gboolean reversed = lanes[0].bytes > lanes[2].bytes;
  const LatentLaneRow *first = &lanes[reversed ? 2 : 0];
  const LatentLaneRow *last = &lanes[reversed ? 0 : 2];
  const guint8 *src = first->bytes;
  float *restrict a = first->values;
  float *restrict b = lanes[1].values;
  float *restrict c = last->values;
  const float scales[3] = {first->scale, lanes[1].scale, last->scale};
  const float offsets[3] = {first->offset, lanes[1].offset, last->offset};

  for (gsize i = 0; i < n; i++) {
    a[i] = get_byte (src + i * byte_step, byte_step, 0) * scales[0] + offsets[0];
    b[i] = get_byte (src + i * byte_step, byte_step, 1) * scales[1] + offsets[1];
    c[i] = get_byte (src + i * byte_step, byte_step, 2) * scales[2] + offsets[2];
  }
}

ROW guint
store_planes (const LatentLaneRow *lanes, gsize n, gsize byte_step)
{
  const gboolean reversed = lanes[0].bytes > lanes[2].bytes;
  guint8 *dst = MIN (lanes[0].bytes, lanes[2].bytes);
  guint not_finite = 0;

  for (gsize begin = 0; begin < n; begin += BLOCK) {
    guint8 levels[3][BLOCK];
    gsize size = MIN (n - begin, BLOCK);

    for (guint c = 0; c < 3; c++) {
      LatentLaneRow lane = lanes[reversed ? 2 - c : c];

      lane.values += begin;
      lane.bytes = levels[c];
      not_finite += store_lane (&lane, size, 1, 1);
    }
    for (gsize i = 0; i < size; i++)
      put_pixel (
          dst + (begin + i) * byte_step, byte_step, levels[0][i], levels[1][i], levels[2][i]);
  }
  return not_finite;
}

/* The same to and from channels-last; `first` and `last` are the places of lanes 0 and 2 in a
 * pixel. */
ROW void
load_pixels (const LatentLaneRow *lanes, gsize n, gsize byte_step, guint first, guint last)
{
  const guint8 *src = MIN (lanes[0].bytes, lanes[2].bytes);
  float *restrict dst = lanes[0].values;
  const float scales[3] = {lanes[0].scale, lanes[1].scale, lanes[2].scale};
  const float offsets[3] = {lanes[0].offset, lanes[1].offset, lanes[2].offset};

  for (gsize i = 0; i < n; i++) {
    dst[3 * i] = get_byte (src + i * byte_step, byte_step, first) * scales[0] + offsets[0];
    dst[3 * i + 1] = get_byte (src + i * byte_step, byte_step, 1) * scales[1] + offsets[1];
    dst[3 * i + 2] = get_byte (src + i * byte_step, byte_step, last) * scales[2] + offsets[2];
  }
}

ROW guint
store_pixels (const LatentLaneRow *lanes, gsize n, gsize byte_step, guint first, guint last)
{
  guint8 *dst = MIN (lanes[0].bytes, lanes[2].bytes);
  const float *src = lanes[0].values;
  float scales[3 * BLOCK];
  float offsets[3 * BLOCK];
  guint not_finite = 0;

  for (guint i = 0; i < 3 * BLOCK; i++) {
    scales[i] = lanes[i % 3].scale;
    offsets[i] = lanes[i % 3].offset;
  }
  for (gsize begin = 0; begin < n; begin += BLOCK) {
    guint8 levels[3 * BLOCK];
    gsize size = MIN (n - begin, BLOCK);

    for (gsize i = 0; i < 3 * size; i++) {
      levels[i] = round_level ((src[3 * begin + i] - offsets[i]) * scales[i]);
      not_finite += is_not_finite (src[3 * begin + i]);
    }
    for (gsize i = 0; i < size; i++)
      put_pixel (dst + (begin + i) * byte_step, byte_step, levels[3 * i + first], levels[3 * i + 1],
          levels[3 * i + last]);
  }
  return not_finite;
}

#define LANES 6

/* What each of a block's numbers is scaled with. */
typedef struct {
  float scales[LANES * BLOCK];
  float offsets[LANES * BLOCK];
} Scales;

ROW void
init_scales (Scales *self, const LatentLaneRow *lanes)
{
  for (guint i = 0; i < LANES * BLOCK; i++) {
    self->scales[i] = lanes[i % LANES].scale;
    self->offsets[i] = lanes[i % LANES].offset;
  }
}

/* Columns of two rows of luma and one of chroma, whose bytes lie `step` apart. */
ROW void
load_subsampled (const LatentLaneRow *lanes, gsize n, gsize step)
{
  float *restrict dst = lanes[0].values;
  Scales by;

  init_scales (&by, lanes);
  for (gsize begin = 0; begin < n; begin += BLOCK) {
    guint8 levels[LANES * BLOCK];
    gsize size = MIN (n - begin, BLOCK);

    for (gsize i = 0; i < size; i++) {
      memcpy (levels + LANES * i, lanes[0].bytes + 2 * (begin + i), 2);
      memcpy (levels + LANES * i + 2, lanes[2].bytes + 2 * (begin + i), 2);
      levels[LANES * i + 4] = lanes[4].bytes[(begin + i) * step];
      levels[LANES * i + 5] = lanes[5].bytes[(begin + i) * step];
    }
    for (gsize i = 0; i < LANES * size; i++)
      dst[LANES * begin + i] = levels[i] * by.scales[i] + by.offsets[i];
  }
}

/* A block of BLOCK columns; where a few of them lie together they are gathered in `room`. */
ROW const float *
gather_columns (const LatentLaneRow *lane, gsize begin, gsize size, float *room)
{
  const gsize run = lane->block;

  if (run <= 1)
    return lane->values + LANES * begin;
  for (gsize i = 0; i < size; i += run) {
    const float *src = lane->values + (begin + i) / run * lane->value_step;
    if (run == 2)
      memcpy (room + LANES * i, src, 2 * LANES * sizeof (float));
    else
      memcpy (room + LANES * i, src, run * LANES * sizeof (float));
  }
  return room;
}

ROW guint
store_subsampled (const LatentLaneRow *lanes, gsize n, gsize step)
{
  guint not_finite = 0;
  Scales by;

  init_scales (&by, lanes);
  for (gsize begin = 0; begin < n; begin += BLOCK) {
    guint8 levels[LANES * BLOCK];
    float room[LANES * BLOCK];
    gsize size = MIN (n - begin, BLOCK);
    const float *src = gather_columns (&lanes[0], begin, size, room);

    for (gsize i = 0; i < LANES * size; i++) {
      levels[i] = round_level ((src[i] - by.offsets[i]) * by.scales[i]);
      not_finite += is_not_finite (src[i]);
    }
    for (gsize i = 0; i < size; i++) {
      memcpy (lanes[0].bytes + 2 * (begin + i), levels + LANES * i, 2);
      memcpy (lanes[2].bytes + 2 * (begin + i), levels + LANES * i + 2, 2);
      lanes[4].bytes[(begin + i) * step] = levels[LANES * i + 4];
      lanes[5].bytes[(begin + i) * step] = levels[LANES * i + 5];
    }
  }
  return not_finite;
}

/* Whatever the steps. */
ROW void
load_any (const LatentLaneRow *lanes, guint n_lanes, gsize n)
{
  for (guint c = 0; c < n_lanes; c++)
    load_lane (&lanes[c], n, lanes[c].byte_step, lanes[c].value_step);
}

/* Rounding vectorises only where values and levels are neighbours, which is worth two copies. */
ROW guint
store_lane_in_blocks (const LatentLaneRow *lane, gsize n)
{
  float values[BLOCK];
  guint8 levels[BLOCK];
  LatentLaneRow block = {levels, 1, values, 1, lane->scale, lane->offset, 1};
  guint not_finite = 0;

  for (gsize begin = 0; begin < n; begin += BLOCK) {
    gsize size = MIN (n - begin, BLOCK);

    for (gsize i = 0; i < size; i++)
      values[i] = lane->values[(begin + i) * lane->value_step];
    not_finite += store_lane (&block, size, 1, 1);
    for (gsize i = 0; i < size; i++)
      lane->bytes[(begin + i) * lane->byte_step] = levels[i];
  }
  return not_finite;
}

ROW guint
store_any (const LatentLaneRow *lanes, guint n_lanes, gsize n)
{
  guint not_finite = 0;

  for (guint c = 0; c < n_lanes; c++)
    not_finite += store_lane_in_blocks (&lanes[c], n);
  if (n_lanes == 3 && lanes[0].byte_step == 4) {
    for (gsize i = 0; i < n; i++)
      MIN (lanes[0].bytes, lanes[2].bytes)[4 * i + 3] = 255;
  }
  return not_finite;
}

#define KERNEL(name, load_call, store_call)                                                        \
  LATENT_FOR_EACH_CPU static void load_##name (const LatentLaneRow *lanes, gsize n)                \
  {                                                                                                \
    load_call;                                                                                     \
  }                                                                                                \
  LATENT_FOR_EACH_CPU static guint store_##name (const LatentLaneRow *lanes, gsize n)              \
  {                                                                                                \
    return store_call;                                                                             \
  }
KERNEL (plane, load_lane (lanes, n, 1, 1), store_lane (lanes, n, 1, 1))
KERNEL (half_plane, load_lane (lanes, n, 2, 1), store_lane (lanes, n, 2, 1))
KERNEL (lane_any, load_any (lanes, 1, n), store_any (lanes, 1, n))
KERNEL (planes_3, load_planes (lanes, n, 3), store_planes (lanes, n, 3))
KERNEL (planes_4, load_planes (lanes, n, 4), store_planes (lanes, n, 4))
KERNEL (rgb_3, load_pixels (lanes, n, 3, 0, 2), store_pixels (lanes, n, 3, 0, 2))
KERNEL (bgr_3, load_pixels (lanes, n, 3, 2, 0), store_pixels (lanes, n, 3, 2, 0))
KERNEL (rgb_4, load_pixels (lanes, n, 4, 0, 2), store_pixels (lanes, n, 4, 0, 2))
KERNEL (bgr_4, load_pixels (lanes, n, 4, 2, 0), store_pixels (lanes, n, 4, 2, 0))
KERNEL (lanes_any, load_any (lanes, 3, n), store_any (lanes, 3, n))
KERNEL (quads, load_subsampled (lanes, n, 1), store_subsampled (lanes, n, 1))
KERNEL (quads_interleaved, load_subsampled (lanes, n, 2), store_subsampled (lanes, n, 2))
#undef KERNEL

/* clang-format off */
/* The first that fits is taken. */
static const struct {
  guint n_lanes;
  gsize byte_step;  /* of the last lane; 0: any */
  gsize value_step; /* 0: any; 3, 6: lanes are neighbours */
  gint order;       /* of the bytes of lanes 0 and 2 in a pixel: 1 up, -1 down, 0 any */
  LatentRowKernel kernel;
} kernels[] = {
  {1, 1, 1,  0, {load_plane, store_plane}},
  {1, 2, 1,  0, {load_half_plane, store_half_plane}},
  {1, 0, 0,  0, {load_lane_any, store_lane_any}},
  {3, 3, 1,  0, {load_planes_3, store_planes_3}},
  {3, 4, 1,  0, {load_planes_4, store_planes_4}},
  {3, 3, 3,  1, {load_rgb_3, store_rgb_3}},
  {3, 3, 3, -1, {load_bgr_3, store_bgr_3}},
  {3, 4, 3,  1, {load_rgb_4, store_rgb_4}},
  {3, 4, 3, -1, {load_bgr_4, store_bgr_4}},
  {3, 0, 0,  0, {load_lanes_any, store_lanes_any}},
  {6, 1, 6,  0, {load_quads, store_quads}},
  {6, 2, 6,  0, {load_quads_interleaved, store_quads_interleaved}},
};
/* clang-format on */

const LatentRowKernel *
latent_row_kernel_find (const LatentLaneRow *lanes, guint n_lanes)
{
  gint order = 0;
  gsize value_step = n_lanes == LANES ? LANES : lanes[0].value_step;

  if (n_lanes == 3) {
    order = lanes[0].bytes < lanes[2].bytes ? 1 : -1;
    if (value_step == 3 && lanes[2].values != lanes[0].values + 2)
      value_step = 0;
  }
  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++) {
    if (kernels[i].n_lanes == n_lanes &&
        (kernels[i].byte_step == 0 || kernels[i].byte_step == lanes[n_lanes - 1].byte_step) &&
        (kernels[i].value_step == 0 || kernels[i].value_step == value_step) &&
        (kernels[i].order == 0 || kernels[i].order == order))
      return &kernels[i].kernel;
  }
  g_return_val_if_reached (NULL);
}
