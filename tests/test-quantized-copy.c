/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/base/quantize-rows.h"
#include "src/dnn/layout.h"

#define N 67 /* elements of a row: whole vectors, and some */

/* Levels at scale 0.5 and zero point 3 (unsigned) and -3 (signed): ties to even, saturation, and
 * what is no number. */
static const struct {
  float value;
  guint8 level;
  gint8 signed_level;
} levels[] = {
    {0.0F,        3,   -3  },
    {-0.0F,       3,   -3  },
    {0.25F,       3,   -3  },
    {0.75F,       5,   -1  },
    {-0.75F,      1,   -5  },
    {1.0F,        5,   -1  },
    {-1.5F,       0,   -6  },
    {-1.75F,      0,   -7  },
    {126.0F,      255, 127 },
    {126.3F,      255, 127 },
    {62.5F,       128, 122 },
    {-62.6F,      0,   -128},
    {1e30F,       255, 127 },
    {-1e30F,      0,   -128},
    {INFINITY,    255, 127 },
    {-INFINITY,   0,   -128},
    {NAN,         0,   -128},
    {1e-42F,      3,   -3  },
    {0.25000003F, 4,   -2  },
};

GST_START_TEST (a_row_is_copied_and_quantised)
{
  float src[N], copy[N];
  guint8 bytes[N];
  gint8 signed_bytes[N];

  for (guint i = 0; i < N; i++)
    src[i] = levels[i % G_N_ELEMENTS (levels)].value;
  latent_quantize_copy_row_u8 (src, copy, bytes, N, 0.5F, 3);
  fail_unless (memcmp (src, copy, sizeof src) == 0);
  memset (copy, 1, sizeof copy);
  latent_quantize_copy_row_s8 (src, copy, signed_bytes, N, 0.5F, -3);
  fail_unless (memcmp (src, copy, sizeof src) == 0);
  for (guint i = 0; i < N; i++) {
    guint k = i % G_N_ELEMENTS (levels);
    fail_unless (
        bytes[i] == levels[k].level, "%g: %u, not %u", levels[k].value, bytes[i], levels[k].level);
    fail_unless (signed_bytes[i] == levels[k].signed_level, "%g: %d, not %d", levels[k].value,
        signed_bytes[i], levels[k].signed_level);
  }
}
GST_END_TEST

/* Layouts of 3x4x40x20: rows that lie together on both sides, on one, and on none. */
static const struct {
  gint64 dst[4], src[4];
} layouts[] = {
    {{3200, 800, 20, 1}, {3200, 800, 20, 1} },
    {{3200, 1, 80, 4},   {3200, 1, 80, 4}   },
    {{3200, 800, 20, 1}, {3200, 1, 80, 4}   },
    {{3200, 1, 80, 4},   {3200, 800, 20, 1} },
    {{1, 2400, 60, 3},   {3200, 800, 1, 40} },
    {{3200, 80, 320, 4}, {3200, 80, 320, 4} },
    {{3200, 80, 320, 4}, {3200, 20, 80, 1}  },
    {{3200, 800, 20, 1}, {4000, 1000, 25, 1}},
};

static void
check_layout (guint i, LatentDataType type, guint threads)
{
  const LatentShape shape = {
      .n = 4, .dims = {3, 4, 40, 20}
  };
  g_autoptr (LatentLayout)
      src = latent_layout_new_strided (LATENT_DATA_TYPE_FLOAT32, &shape, layouts[i].src);
  g_autoptr (LatentLayout)
      dst = latent_layout_new_strided (LATENT_DATA_TYPE_FLOAT32, &shape, layouts[i].dst);
  const gsize n = src->size / sizeof (float), m = dst->size / sizeof (float);
  g_autofree float *from = g_new (float, n), *to = g_new0 (float, m), *wanted = g_new0 (float, m);
  g_autofree guint8 *bytes = g_malloc (m + 1), *levels_wanted = g_malloc (m + 1);
  const LatentLayoutBytes integers = {type, 0.03F, type == LATENT_DATA_TYPE_INT8 ? -9 : 100, bytes};

  memset (bytes, type == LATENT_DATA_TYPE_INT8 ? -9 : 100, m + 1); /* gaps stay what they are: 0 */
  levels_wanted[m] = bytes[m];
  for (gsize k = 0; k < n; k++)
    from[k] = (float)(k * 7919 % 10007) / 1000 - 4;
  latent_layout_copy (dst, wanted, src, from, 1);
  if (type == LATENT_DATA_TYPE_INT8)
    latent_quantize_row_s8 (wanted, (gint8 *)levels_wanted, m, 0.03F, -9);
  else
    latent_quantize_row_u8 (wanted, levels_wanted, m, 0.03F, 100);
  latent_layout_copy_quantized (dst, to, &integers, src, from, threads);
  fail_unless (memcmp (to, wanted, m * sizeof (float)) == 0, "layouts %u", i);
  fail_unless (memcmp (bytes, levels_wanted, m + 1) == 0, "layouts %u", i);
}

GST_START_TEST (integers_lie_as_the_copies_do)
{
  for (guint threads = 1; threads <= 2; threads++) {
    check_layout ((guint)__i__, LATENT_DATA_TYPE_UINT8, threads);
    check_layout ((guint)__i__, LATENT_DATA_TYPE_INT8, threads);
  }
}
GST_END_TEST

static Suite *
quantized_copy_suite (void)
{
  Suite *suite = suite_create ("quantized copy");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, a_row_is_copied_and_quantised);
  tcase_add_loop_test (tcase, integers_lie_as_the_copies_do, 0, G_N_ELEMENTS (layouts));
  return suite;
}

GST_CHECK_MAIN (quantized_copy)
