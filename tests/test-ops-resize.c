/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

/* Resize and Upsample; values of ONNX Runtime 1.30, but for corners aligned by scales. */
/* clang-format off */
static const OpsCase cases[] = {
    {"Resize", 13, "nearest_mode:s=round_prefer_floor", {"f[1,1,4]:-3 2 0 -2", "", "f[3]:1 1 1.5"},
     {"f[1,1,6]:-3 -3 2 0 0 -2"}},
    {"Resize", 13, "nearest_mode:s=round_prefer_ceil", {"f[1,1,4]:-3 2 0 -2", "", "f[3]:1 1 1.5"},
     {"f[1,1,6]:-3 2 2 0 -2 -2"}},
    {"Resize", 13, "nearest_mode:s=floor", {"f[1,1,4]:-3 2 0 -2", "", "f[3]:1 1 1.5"},
     {"f[1,1,6]:-3 -3 2 2 0 -2"}},
    {"Resize", 13, "nearest_mode:s=ceil", {"f[1,1,4]:-3 2 0 -2", "", "f[3]:1 1 1.5"},
     {"f[1,1,6]:-3 2 0 0 -2 -2"}},
    {"Resize", 13, "mode:s=linear coordinate_transformation_mode:s=half_pixel", {"f[1,1,3]:-3 2 0",
     "", "", "l[3]:1 1 5"}, {"f[1,1,5]:-3 -0.9999998 2 0.7999997 0"}},
    {"Resize", 13, "mode:s=linear coordinate_transformation_mode:s=pytorch_half_pixel",
     {"f[1,1,3]:-3 2 0", "", "", "l[3]:1 1 5"}, {"f[1,1,5]:-3 -0.9999998 2 0.7999997 0"}},
    {"Resize", 13, "mode:s=linear coordinate_transformation_mode:s=align_corners",
     {"f[1,1,3]:-3 2 0", "", "", "l[3]:1 1 5"}, {"f[1,1,5]:-3 -0.5 2 1 0"}},
    {"Resize", 13, "mode:s=linear coordinate_transformation_mode:s=asymmetric", {"f[1,1,3]:-3 2 0",
     "", "", "l[3]:1 1 5"}, {"f[1,1,5]:-3 1.192093e-07 1.6 0.3999999 0"}},
    {"Resize", 13, "mode:s=cubic", {"f[1,3]:-3 2 0", "", "", "l[2]:1 5"},
     {"f[1,5]:-3.480001 -0.9159989 2 1.135998 -0.1919999"}},
    {"Resize", 13, "mode:s=cubic cubic_coeff_a:f=-0.5 exclude_outside:i=1", {"f[1,3]:-3 2 0", "",
     "", "l[2]:1 5"}, {"f[1,5]:-3.377359 -1.156716 2 0.9253731 -0.1509437"}},
    {"Resize", 13,
     "mode:s=linear coordinate_transformation_mode:s=tf_crop_and_resize extrapolation_value:f=9",
     {"f[1,1,3]:-3 2 0", "f[6]:0 0 0.25 1 1 1.25", "", "l[3]:1 1 5"}, {"f[1,1,5]:-0.5 2 1 0 9"}},
    {"Resize", 19, "mode:s=linear coordinate_transformation_mode:s=half_pixel_symmetric",
     {"f[1,1,3]:-3 2 0", "", "f[3]:1 1 1.5"}, {"f[1,1,4]:-3 0.3333331 1.333333 0"}},
    {"Resize", 18, "mode:s=linear antialias:i=1", {"f[1,1,6]:-3 2 0 -2 3 1", "", "f[3]:1 1 0.5"},
     {"f[1,1,3]:-0.75 -0.125 1.375"}},
    {"Resize", 18, "axes:I=0,1 keep_aspect_ratio_policy:s=not_larger", {"f[2,3]:-3 2 0 -2 3 1", "",
     "", "l[2]:4 9"}, {"f[4,6]:-3 -3 2 2 0 0 -3 -3 2 2 0 0 -2 -2 3 3 1 1 -2 -2 3 3 1 1"}},
    {"Resize", 18, "axes:I=0,1 keep_aspect_ratio_policy:s=not_smaller", {"f[2,3]:-3 2 0 -2 3 1", "",
     "", "l[2]:4 9"},
     {"f[6,9]:-3 -3 -3 2 2 2 0 0 0 -3 -3 -3 2 2 2 0 0 0 -3 -3 -3 2 2 2 0 0 0 -2 -2 -2 3 3 3 1 1 1 -2 -2 -2 3 3 3 1 1 1 -2 -2 -2 3 3 3 1 1 1"}},
    {"Resize", 13, "mode:s=linear", {"f[1,1,2,2]:-3 2 0 -2", "", "f[4]:1 1 2 2"},
     {"f[1,1,4,4]:-3 -1.75 0.75 2 -2.25 -1.4375 0.1875 1 -0.75 -0.8125 -0.9375 -1 0 -0.5 -1.5 -2"}},
    {"Resize", 10, "", {"f[1,1,2,4]:-3 2 0 -2 3 1 -1 -3", "f[4]:1 1 0.6 0.6"}, {"f[1,1,1,2]:-3 0"}},
    {"Upsample", 9, "", {"f[1,1,2,2]:-3 2 0 -2", "f[4]:1 1 2 3"},
     {"f[1,1,4,6]:-3 -3 -3 2 2 2 -3 -3 -3 2 2 2 0 0 0 -2 -2 -2 0 0 0 -2 -2 -2"}},
    {"Upsample", 7, "mode:s=linear scales:F=1.0,1.0,1.0,2.0", {"f[1,1,2,2]:-3 2 0 -2"},
     {"f[1,1,2,4]:-3 -0.5 2 2 0 -1 -2 -2"}},
    {"Resize", 13, "", {"b[1,1,2]:1 2", "", "f[3]:1 1 2"}, {"b[1,1,4]:1 1 2 2"}},
    /* by hand: corner cases, and what is refused */
    {"Resize", 13, "mode:s=linear coordinate_transformation_mode:s=align_corners", {"f[4]:1 2 3 4",
     "", "f[1]:0.6"}, {"f[2]:1 3.142857"}},
    {"Resize", 13, "", {"f[2]:1 2", "", "f[1]:0"}, {NULL},
     "axis 0 of 2 samples wants a positive scale and a size of 1 or more, has scale 0"},
    {"Resize", 13, "", {"f[2]:1 2", "", "f[1]:nan"}, {NULL}, "wants a positive scale"},
    {"Resize", 13, "", {"f[2]:1 2", "", "f[1]:0.1"}, {NULL}, "has scale 0.1 and size 0"},
    {"Resize", 13, "", {"f[2]:1 2", "", "f[1]:1e30"}, {NULL}, "has scale 1e+30"},
    {"Resize", 13, "", {"f[2]:1 2", "", "f[1]:1e10"}, {NULL}, "limit"},
    {"Resize", 13, "", {"f[2]:1 2", "", "f[2]:1 1"}, {NULL},
     "scales wants 1 entries, one for each axis, has 2"},
    {"Resize", 13, "", {"f[2]:1 2", "", "", "l[1]:-4"}, {NULL}, "wants a positive scale"},
    {"Resize", 13, "", {"f[2]:1 2", "", "f[1]:2", "l[1]:4"}, {NULL},
     "either scales or sizes are wanted, both are offered"},
    {"Resize", 13, "", {"f[2]:1 2"}, {NULL},
     "either scales or sizes are wanted, neither is offered"},
    {"Resize", 13, "mode:s=area", {"f[2]:1 2", "", "f[1]:2"}, {NULL},
     "mode 'area' is not one of: nearest, linear, cubic"},
    {"Resize", 13, "mode:s=linear", {"b[2]:1 2", "", "f[1]:2"}, {NULL},
     "uint8 input (not nearest) is not supported"},
    {"Resize", 13, "coordinate_transformation_mode:s=tf_crop_and_resize", {"f[2]:1 2", "",
     "f[1]:2"}, {NULL}, "input 1 ('roi') is left out"},
    {"Resize", 13, "coordinate_transformation_mode:s=tf_crop_and_resize", {"f[2]:1 2", "f[1]:0",
     "f[1]:2"}, {NULL}, "roi wants 2 numbers, is offered 1"},
    {"Resize", 13, "coordinate_transformation_mode:s=tf_crop_and_resize extrapolation_value:f=5",
     {"b[2]:1 2", "f[2]:nan 1", "f[1]:2"}, {"b[4]:5 5 5 5"}},
    {"Resize", 18, "axes:I=1", {"f[2]:1 2", "", "f[1]:2"}, {NULL},
     "axis 1 is outside of 1 dimensions"},
    {"Resize", 13, "", {"f[0,2]:", "", "f[2]:1 2"}, {"f[0,4]:"}},
    {"Resize", 13, "", {"f[0]:", "", "", "l[1]:4"}, {NULL}, "wants a positive scale"},
    {"Upsample", 9, "", {"f[2]:1 2", "f[1]:0.5"}, {NULL},
     "scales want 1 or more, have 0.5 for axis 0"},
};
/* clang-format on */

GST_START_TEST (case_gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
ops_resize_suite (void)
{
  Suite *suite = suite_create ("ops resize");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (ops_resize)
