/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/ops-case.h"

/* Convolutions and transposed convolutions; values of ONNX Runtime 1.30. */
/* clang-format off */
static const OpsCase cases[] = {
    {"Conv", 11, "", {"f[1,1,3,3]:-3 2 0 -2 3 1 -1 -3 2", "f[1,1,2,2]:-3 2 0 -2"},
     {"f[1,1,2,2]:7 -8 18 -11"}},
    {"Conv", 11, "pads:I=1,1,1,1 strides:I=2,2", {"f[1,1,3,3]:-3 2 0 -2 3 1 -1 -3 2",
     "f[2,1,3,3]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3 1 -1 -3 2 0 -2", "f[2]:-3 2"},
     {"f[1,2,2,2]:2 -13 -13 2 -7 10 25 -5"}},
    {"Conv", 11, "dilations:I=2 pads:I=1,0", {"f[1,1,5]:-3 2 0 -2 3", "f[1,1,2]:-3 2"},
     {"f[1,1,4]:4 9 -10 6"}},
    {"Conv", 11, "group:i=2", {"f[1,4,3]:-3 2 0 -2 3 1 -1 -3 2 0 -2 3",
     "f[4,2,1]:-3 2 0 -2 3 1 -1 -3"}, {"f[1,4,3]:5 0 2 4 -6 -2 -3 -11 9 1 9 -11"}},
    {"Conv", 11, "group:i=2 auto_pad:s=SAME_UPPER", {"f[1,2,2,2]:-3 2 0 -2 3 1 -1 -3",
     "f[2,1,2,2]:-3 2 0 -2 3 1 -1 -3"}, {"f[1,2,2,2]:17 -6 -4 6 20 6 -6 -9"}},
    {"Conv", 11, "auto_pad:s=SAME_LOWER", {"f[1,1,2,2]:-3 2 0 -2", "f[1,1,2,2]:-3 2 0 -2"},
     {"f[1,1,2,2]:6 -4 -6 17"}},
    {"Conv", 11, "auto_pad:s=VALID kernel_shape:I=3", {"f[1,1,4]:-3 2 0 -2", "f[1,1,3]:-3 2 0"},
     {"f[1,1,2]:13 -6"}},
    {"Conv", 11, "", {"f[1,1,2,2,2]:-3 2 0 -2 3 1 -1 -3", "f[1,1,2,2,2]:-3 2 0 -2 3 1 -1 -3"},
     {"f[1,1,1,1,1]:37"}},
    {"ConvTranspose", 11, "", {"f[1,1,2,2]:-3 2 0 -2", "f[1,1,2,2]:-3 2 0 -2"},
     {"f[1,1,3,3]:9 -12 4 0 12 -8 0 0 4"}},
    {"ConvTranspose", 11, "strides:I=2 output_padding:I=1", {"f[1,1,2]:-3 2",
     "f[1,2,3]:-3 2 0 -2 3 1", "f[2]:-3 2"}, {"f[1,2,6]:6 -9 -9 1 -3 -3 8 -7 -5 8 4 2"}},
    {"ConvTranspose", 11, "group:i=2 strides:I=2", {"f[1,2,2]:-3 2 0 -2", "f[2,1,2]:-3 2 0 -2"},
     {"f[1,2,4]:9 -6 -6 4 0 0 0 4"}},
    {"ConvTranspose", 11, "dilations:I=2 pads:I=1,0", {"f[1,1,3]:-3 2 0", "f[1,1,2]:-3 2"},
     {"f[1,1,4]:-6 -6 4 0"}},
    {"ConvTranspose", 11, "strides:I=3 output_shape:I=5", {"f[1,1,2]:-3 2", "f[1,1,3]:-3 2 0"},
     {"f[1,1,5]:-6 0 -6 4 0"}},
    {"ConvTranspose", 11, "strides:I=2 auto_pad:s=SAME_UPPER", {"f[1,1,2]:-3 2", "f[1,1,3]:-3 2 0"},
     {"f[1,1,4]:9 -6 -6 4"}},
    {"ConvTranspose", 11, "strides:I=2 auto_pad:s=SAME_LOWER", {"f[1,1,2]:-3 2", "f[1,1,3]:-3 2 0"},
     {"f[1,1,4]:-6 -6 4 0"}},
    {"ConvTranspose", 11, "", {"f[1,1,1,2,2]:-3 2 0 -2", "f[1,1,2,1,2]:-3 2 0 -2"},
     {"f[1,1,2,2,3]:9 -12 4 0 6 -4 0 6 -4 0 0 4"}},
    /* by hand: corner cases, and what is refused */
    {"Conv", 11, "", {"f[1,2,3]:1 2 3 4 5 6", "f[1,1,2]:1 2"}, {NULL},
     "weights want 2 channels in, are offered 1"},
    {"Conv", 11, "", {"f[1,1]:1", "f[1,1]:1"}, {NULL},
     "input wants 3 to 5 dimensions, is offered 1x1"},
    {"Conv", 11, "", {"f[1,1,3]:1 2 3", "f[1,1,2,1]:1 2"}, {NULL}, "weights wants 3 dimensions"},
    {"Conv", 11, "", {"f[1,1,3]:1 2 3", "f[1,1,0]:"}, {NULL}, "a kernel of one sample or more"},
    {"Conv", 11, "", {"f[1,1,2]:1 2", "f[1,1,3]:1 2 3"}, {NULL},
     "wants 3 samples or more for its kernel, has 2"},
    {"Conv", 11, "", {"f[1,1,2]:1 2", "f[1,1,1]:1", "f[2]:1 2"}, {NULL},
     "bias wants 1 numbers, is offered 2"},
    {"Conv", 11, "kernel_shape:I=3", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL},
     "kernel_shape 3 of spatial dimension 0 is not that of the weights"},
    {"Conv", 11, "strides:I=0", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL},
     "strides wants numbers from 1 to 2147483647, has 0"},
    {"Conv", 11, "strides:I=1,1", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL},
     "strides wants 1 entries, has 2"},
    {"Conv", 11, "dilations:I=-1", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL}, "dilations wants"},
    {"Conv", 11, "dilations:I=2147483647", {"f[1,1,2]:1 2", "f[1,1,2]:1 1"}, {NULL},
     "wants 2147483648 samples or more"},
    {"Conv", 11, "pads:I=-1,0", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL},
     "pads wants numbers from 0"},
    {"Conv", 11, "pads:I=2147483647,2147483647", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL}, "limit"},
    {"Conv", 11, "auto_pad:s=SAME", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL},
     "auto_pad 'SAME' is not one of: NOTSET"},
    {"Conv", 11, "group:i=0", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL},
     "group wants a divisor of 1 channels in and 1 out, is 0"},
    {"Conv", 11, "group:i=2", {"f[1,2,1]:1 2", "f[1,1,1]:1"}, {NULL}, "group wants a divisor"},
    {"ConvTranspose", 11, "group:i=4294967296", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL},
     "group wants a divisor"},
    {"ConvTranspose", 11, "", {"f[1,2,1]:1 2", "f[1,1,1]:1"}, {NULL}, "weights want 2 channels in"},
    {"ConvTranspose", 11, "pads:I=2,2", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL},
     "wants an output of 1 or more"},
    {"ConvTranspose", 11, "output_shape:I=0", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL},
     "output_shape wants numbers from 1"},
    {"ConvTranspose", 11, "output_shape:I=1,2,2", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL},
     "output_shape wants 1 pictures of 1 channels, has 1 of 2"},
    {"ConvTranspose", 11, "output_padding:I=-1", {"f[1,1,2]:1 2", "f[1,1,1]:1"}, {NULL},
     "output_padding wants"},
    {"ConvTranspose", 11, "strides:I=2147483647", {"f[1,1,3]:1 2 3", "f[1,1,1]:1"}, {NULL},
     "limit"},
};
/* clang-format on */

GST_START_TEST (case_gives_what_is_expected)
{
  g_autofree char *problem = ops_case_run (&cases[__i__]);

  fail_unless (problem == NULL, "%s", problem);
}
GST_END_TEST

static Suite *
ops_conv_suite (void)
{
  Suite *suite = suite_create ("ops conv");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, case_gives_what_is_expected, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (ops_conv)
