/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/numeric.h"

#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

static const struct {
  guint16 bits;
  float value;
} halves[] = {
    {0x0000, 0.0f             },
    {0x3c00, 1.0f             },
    {0xc000, -2.0f            },
    {0x7bff, 65504.0f         },
    {0x0400, 6.103515625e-05f }, /* the smallest normal */
    {0x03ff, 6.0975551605e-05f}, /* the largest subnormal */
    {0x0001, 5.9604644775e-08f}, /* the smallest subnormal */
    {0x3555, 0.333251953125f  },
    {0xfc00, -INFINITY        },
};

GST_START_TEST (half_reads_and_writes_exact_values)
{
  fail_unless (latent_half_to_float (halves[__i__].bits) == halves[__i__].value);
  fail_unless_equals_int (latent_float_to_half (halves[__i__].value), halves[__i__].bits);
}
GST_END_TEST

static const struct {
  float value;
  guint16 half;
} rounded[] = {
    {65519.0f,        0x7bff},
    {65520.0f,        0x7c00},
    {1e30f,           0x7c00},
    {1.00048828125f,  0x3c00}, /* halfway between 1 and the next: to even */
    {1.00146484375f,  0x3c02}, /* halfway between the next two: to even */
    {1.000488400459f, 0x3c01}, /* just above halfway */
    {2.98e-08f,       0x0000}, /* below half of the smallest */
    {2.9803e-08f,     0x0001},
    {6.1020e-05f,     0x0400}, /* a subnormal that rounds up to the smallest normal */
};

GST_START_TEST (half_rounds_to_nearest_even)
{
  fail_unless_equals_int (latent_float_to_half (rounded[__i__].value), rounded[__i__].half);
}
GST_END_TEST

GST_START_TEST (half_survives_a_round_trip)
{
  guint lost = 0;

  for (guint bits = 0; bits < 0x10000; bits++) {
    float value = latent_half_to_float ((guint16)bits);
    lost += !isnan (value) && latent_float_to_half (value) != bits;
  }
  fail_unless_equals_int (lost, 0);
  fail_unless (isnan (latent_half_to_float (latent_float_to_half (NAN))));
}
GST_END_TEST

GST_START_TEST (bfloat_rounds_to_nearest_even)
{
  fail_unless_equals_int_hex (latent_float_to_bfloat (1.0f), 0x3f80);
  fail_unless_equals_int_hex (latent_float_to_bfloat (1.00390625f), 0x3f80); /* halfway, to even */
  fail_unless_equals_int_hex (latent_float_to_bfloat (1.01171875f), 0x3f82); /* halfway, to even */
  fail_unless_equals_int_hex (latent_float_to_bfloat (-INFINITY), 0xff80);
  fail_unless (isnan (latent_bfloat_to_float (latent_float_to_bfloat (NAN))));
  fail_unless_equals_float (latent_bfloat_to_float (0x4049), 3.140625f);
}
GST_END_TEST

GST_START_TEST (reals_become_integers)
{
  fail_unless_equals_int64 (latent_double_to_int (-1.9), -1);
  fail_unless_equals_int64 (latent_double_to_int (NAN), 0);
  fail_unless_equals_int64 (latent_double_to_int (1e300), G_MAXINT64);
  fail_unless_equals_int64 (latent_double_to_int (-1e300), G_MININT64);
}
GST_END_TEST

static const struct {
  LatentDataType src, dst;
  union {
    gint64 i;
    guint64 u;
    double d;
    float f;
    guint8 b;
  } in, out;
} conversions[] = {
    {LATENT_DATA_TYPE_INT64,   LATENT_DATA_TYPE_UINT64,  {.i = -1},               {.u = G_MAXUINT64}},
    {LATENT_DATA_TYPE_UINT64,  LATENT_DATA_TYPE_FLOAT64, {.u = G_MAXUINT64},      {.d = 0x1p64}     },
    {LATENT_DATA_TYPE_FLOAT64, LATENT_DATA_TYPE_UINT64,  {.d = 0x1p63},           {.u = 1ull << 63} },
    {LATENT_DATA_TYPE_INT64,   LATENT_DATA_TYPE_INT8,    {.i = 300},              {.b = 44}         },
    {LATENT_DATA_TYPE_INT64,   LATENT_DATA_TYPE_INT64,   {.i = 9007199254740993},
     {.i = 9007199254740993}                                                                        },
    {LATENT_DATA_TYPE_FLOAT32, LATENT_DATA_TYPE_BOOL,    {.f = 0.25f},            {.b = 1}          },
    {LATENT_DATA_TYPE_FLOAT32, LATENT_DATA_TYPE_UINT8,   {.f = 200.7f},           {.b = 200}        },
    {LATENT_DATA_TYPE_UINT8,   LATENT_DATA_TYPE_FLOAT32, {.b = 255},              {.f = 255.0f}     },
    {LATENT_DATA_TYPE_BOOL,    LATENT_DATA_TYPE_INT64,   {.b = 7},                {.i = 1}          },
};

GST_START_TEST (convert_casts_as_onnx_does)
{
  guint8 out[8] = {0};

  latent_convert (
      conversions[__i__].src, &conversions[__i__].in, conversions[__i__].dst, out, 0, 1);
  fail_unless (memcmp (out, &conversions[__i__].out, 8) == 0);
}
GST_END_TEST

GST_START_TEST (convert_takes_a_part_of_any_length)
{
  guint8 src[1500];
  float dst[1500] = {0};

  for (guint i = 0; i < 1500; i++)
    src[i] = (guint8)i;
  latent_convert (LATENT_DATA_TYPE_UINT8, src, LATENT_DATA_TYPE_FLOAT32, dst, 1, 1498);
  fail_unless_equals_float (dst[0], 0);
  fail_unless_equals_float (dst[1], 1);
  fail_unless_equals_float (dst[1498], 218);
  fail_unless_equals_float (dst[1499], 0);
}
GST_END_TEST

static Suite *
numeric_suite (void)
{
  Suite *suite = suite_create ("numeric");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, half_reads_and_writes_exact_values, 0, G_N_ELEMENTS (halves));
  tcase_add_loop_test (tc, half_rounds_to_nearest_even, 0, G_N_ELEMENTS (rounded));
  tcase_add_test (tc, half_survives_a_round_trip);
  tcase_add_test (tc, bfloat_rounds_to_nearest_even);
  tcase_add_test (tc, reals_become_integers);
  tcase_add_loop_test (tc, convert_casts_as_onnx_does, 0, G_N_ELEMENTS (conversions));
  tcase_add_test (tc, convert_takes_a_part_of_any_length);
  return suite;
}

GST_CHECK_MAIN (numeric)
