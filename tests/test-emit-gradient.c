/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/emit-case.h"

/* What oneDNN computes of derivatives; of convolutions and recurrent layers other tests know. Where
 * a kernel is wanted that a CPU may lack, loops will do. */

/* clang-format off */
static const EmitCase cases[] = {
    {"maxima",
     "x:2x8x9x11; d:2x8x5x6; y=latent.training.MaxPoolGradient(x,d) kernel_shape:I=3,3 "
     "strides:I=2,2 pads:I=1,1,1,1", TRUE},
    {"maxima of equals",
     "x:2x8x9x11; r=Relu(x); d:2x8x7x9; y=latent.training.MaxPoolGradient(r,d) "
     "kernel_shape:I=3,3", TRUE},
    {"maxima behind Conv, of equals",
     "x:2x3x9x11; w:16x3x3x3; c=Conv(x,w); r=Relu(c); d:2x16x4x5; "
     "y=latent.training.MaxPoolGradient(r,d) kernel_shape:I=2,2 strides:I=2,2 ceil_mode:i=1", TRUE},
    {"maxima of 3 channels behind Conv",
     "x:2x8x9x11; w:3x8x3x3; c=Conv(x,w); d:2x3x3x4; "
     "y=latent.training.MaxPoolGradient(c,d) kernel_shape:I=2,2 strides:I=2,2", TRUE},
    {"maxima, dilated",
     "x:2x2x9; d:2x2x5; y=latent.training.MaxPoolGradient(x,d) kernel_shape:I=3 "
     "dilations:I=2", FALSE},
    {"maxima of everything",
     "x:2x8x9x11; d:2x8x1x1; y=latent.training.MaxPoolGradient(x,d) "
     "kernel_shape:I=9,11", TRUE},
    {"averages",
     "d:2x8x5x6; y=latent.training.AveragePoolGradient(d) kernel_shape:I=3,3 strides:I=2,2 "
     "pads:I=1,1,1,1 size:I=9,11", TRUE},
    {"averages, pads count",
     "d:2x8x9x11; y=latent.training.AveragePoolGradient(d) kernel_shape:I=3,3 "
     "pads:I=1,1,1,1 count_include_pad:i=1 size:I=9,11", TRUE},
    {"averages with ceil_mode, pads count",
     "d:2x8x5x6; y=latent.training.AveragePoolGradient(d) "
     "kernel_shape:I=2,2 strides:I=2,2 ceil_mode:i=1 count_include_pad:i=1 size:I=9,11", FALSE},
    {"averages behind Conv",
     "x:2x3x9x11; w:16x3x3x3; d=Conv(x,w); y=latent.training.AveragePoolGradient(d) "
     "kernel_shape:I=2,3 strides:I=2,2 ceil_mode:i=1 size:I=14,19", TRUE},
    {"softmax",
     "x:3x4x5; s=Softmax(x) axis:i=1; d:3x4x5; y=latent.training.SoftmaxGradient(s,d) axis:i=1", TRUE},
    {"softmax, flat",
     "x:3x4x5; s=Softmax(x) axis:i=2; d:3x4x5; "
     "y=latent.training.SoftmaxGradient(s,d) axis:i=1 flat:i=1", FALSE},
    {"logarithms of softmax",
     "x:7x20; s=LogSoftmax(x) axis:i=1; d:7x20; "
     "y=latent.training.LogSoftmaxGradient(s,d) axis:i=1", TRUE},
    {"rows",
     "x:3x4x32; w:32; d:3x4x32; y,b,c=latent.training.NormalizationGradient(x,w,d) size:i=32 "
     "period:i=1 run:i=1", TRUE},
    {"rows, by the scale",
     "x:3x4x8; w:4x8; d:3x4x8; a,y,c=latent.training.NormalizationGradient(x,w,d) "
     "size:i=32 period:i=1 run:i=1; z=Neg(y)", TRUE},
    {"groups of channels",
     "x:2x4x3x2; w:4; d:2x4x3x2; y,b,c=latent.training.NormalizationGradient(x,w,d) "
     "size:i=12 period:i=2 run:i=6", FALSE},
    {"batch norm",
     "x:2x12x5x5; w:12; m:12; v:12 0.5..2; d:2x12x5x5; "
     "y,b,c=latent.training.BatchNormalizationGradient(x,w,m,v,d)", FALSE},
    {"batch norm of 32 channels behind Conv",
     "x:2x8x5x5; wc:32x8x3x3; a=Conv(x,wc); w:32; m:32; v:32 0.5..2; d:2x32x3x3; "
     "y,b,c=latent.training.BatchNormalizationGradient(a,w,m,v,d)", FALSE},
    {"batch norm of 12 channels behind Conv",
     "x:2x8x5x5; wc:12x8x3x3; a=Conv(x,wc); w:12; m:12; v:12 0.5..2; d:2x12x3x3; "
     "y,b,c=latent.training.BatchNormalizationGradient(a,w,m,v,d)", FALSE},
    {"batch norm of 3 channels behind Conv",
     "x:2x8x5x5; wc:3x8x3x3; a=Conv(x,wc); w:3; m:3; v:3 0.5..2; d:2x3x3x3; "
     "y,b,c=latent.training.BatchNormalizationGradient(a,w,m,v,d)", FALSE},
    {"batch norm by the scale",
     "x:2x8x5x5; wc:32x8x3x3; a=Conv(x,wc); w:32; m:32; v:32 0.5..2; d:2x32x3x3; "
     "b,y,c=latent.training.BatchNormalizationGradient(a,w,m,v,d); z=Neg(y)", FALSE},
    {"linear",
     "d:1x3x10x12; y=latent.training.ResampleGradient(d) size:I=5,4", FALSE},
    {"linear behind Conv",
     "x:2x3x12x11; w:16x3x3x3; d=Conv(x,w); "
     "y=latent.training.ResampleGradient(d) size:I=5,12", FALSE},
    {"linear 1-D",
     "x:2x3x12; w:16x3x3; d=Conv(x,w); y=latent.training.ResampleGradient(d) size:I=4", FALSE},
    {"linear 3-D",
     "d:1x2x4x3x6; y=latent.training.ResampleGradient(d) size:I=2,5,3", FALSE},
    {"Gelu",
     "d:2x19x5x7; x:2x19x5x7 -5..5; y=latent.training.GeluGradient(d,x)", TRUE},
    {"Mish",
     "d:2x19x5x7; x:2x19x5x7 -5..5; y=latent.training.MishGradient(d,x)", TRUE},
    {"Softplus",
     "d:2x19x5x7; x:2x19x5x7 -5..5; y=latent.training.SoftplusGradient(d,x)", TRUE},
    {"HardSwish",
     "d:2x19x5x7; x:2x19x5x7 -5..5; y=latent.training.HardSwishGradient(d,x)", TRUE},
};
/* clang-format on */

GST_START_TEST (test_derivative_with_constant_weights)
{
  emit_case_check (&cases[__i__], TRUE, FALSE, 1);
}
GST_END_TEST

GST_START_TEST (test_derivative_with_variable_parameters)
{
  emit_case_check (&cases[__i__], TRUE, TRUE, 2);
}
GST_END_TEST

static Suite *
emit_gradient_suite (void)
{
  Suite *suite = suite_create ("emit-gradient");
  TCase *tc = tcase_create ("emit-gradient");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_derivative_with_constant_weights, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tc, test_derivative_with_variable_parameters, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (emit_gradient)
