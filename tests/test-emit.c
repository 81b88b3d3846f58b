/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "tests/emit-case.h"

/* What oneDNN computes of ONNX's operators. */

#define UNARY(op)                                                                                  \
  {                                                                                                \
    op, "x:2x19x5x7; y=" op "(x)", TRUE                                                            \
  }
#define FUSED(op)                                                                                  \
  {                                                                                                \
    "Conv+" op, "x:1x16x9x11; w:24x16x3x3; y=Conv(x,w) pads:I=1,1,1,1; z=" op "(y)", TRUE          \
  }

static const EmitCase cases[] = {
    UNARY ("Relu"),
    UNARY ("Sigmoid"),
    UNARY ("Tanh"),
    UNARY ("Softplus"),
    UNARY ("Mish"),
    UNARY ("Gelu"),
    UNARY ("HardSwish"),
    UNARY ("Elu"),
    UNARY ("LeakyRelu"),
    UNARY ("Abs"),
    UNARY ("Neg"),
    UNARY ("Exp"),
    UNARY ("Round"),
    FUSED ("Relu"),
    FUSED ("Sigmoid"),
    FUSED ("Tanh"),
    FUSED ("Softplus"),
    FUSED ("Mish"),
    FUSED ("Gelu"),
    FUSED ("HardSwish"),
    FUSED ("Elu"),
    FUSED ("LeakyRelu"),
    FUSED ("Abs"),
    {"Celu alpha 1",                   "x:3x50; y=Celu(x)",                                                           TRUE },
    {"Celu alpha 2",                   "x:3x50; y=Celu(x) alpha:f=2",                                                 FALSE},
    {"HardSigmoid",                    "x:3x50; y=HardSigmoid(x)",                                                    FALSE},
    {"Elu alpha",                      "x:3x50; y=Elu(x) alpha:f=0.3",                                                TRUE },
    {"Log",                            "x:3x50; a=Abs(x); y=Log(a)",                                                  TRUE },
    {"Sqrt",                           "x:3x50; a=Abs(x); y=Sqrt(a)",                                                 TRUE },
    {"PRelu by channel",               "x:2x16x5x6; w:16x1x1; y=PRelu(x,w)",                                          TRUE },
    {"PRelu one slope",                "x:2x16x5x6; w:1; y=PRelu(x,w)",                                               FALSE},
    {"Conv 3x3",                       "x:1x16x9x11; w:24x16x3x3; wb:24; y=Conv(x,w,wb) pads:I=1,1,1,1",              TRUE },
    {"Conv 1x1",                       "x:2x16x9x11; w:24x16x1x1; wb:24; y=Conv(x,w,wb)",                             TRUE },
    {"Conv stride",                    "x:1x3x17x13; w:8x3x3x3; y=Conv(x,w) strides:I=2,2 pads:I=1,1,1,1",            TRUE },
    {"Conv uneven pads",               "x:1x3x17x13; w:8x3x4x3; y=Conv(x,w) pads:I=2,0,1,1",                          TRUE },
    {"Conv dilated",                   "x:1x8x17x13; w:8x8x3x3; y=Conv(x,w) dilations:I=2,3",                         TRUE },
    {"Conv groups",                    "x:1x12x9x11; w:18x4x3x3; wb:18; y=Conv(x,w,wb) group:i=3",                    TRUE },
    {"Conv depthwise",                 "x:1x32x9x11; w:32x1x3x3; y=Conv(x,w) group:i=32 pads:I=1,1,1,1",              TRUE },
    {"Conv 1-D",                       "x:2x8x50; w:12x8x9; wb:12; y=Conv(x,w,wb) strides:I=4 pads:I=4,4",            TRUE },
    {"Conv 3-D",                       "x:1x4x6x7x8; w:8x4x3x3x3; y=Conv(x,w) pads:I=1,1,1,1,1,1",                    TRUE },
    {"Conv+Add",                       "x:1x16x9x11; w:16x16x3x3; y=Conv(x,w) pads:I=1,1,1,1; z=Add(y,x)",            TRUE },
    {"Conv+Add+Relu",                  "x:1x16x9x11; w:16x16x3x3; y=Conv(x,w) pads:I=1,1,1,1; z=Add(x,y); r=Relu(z)",
              TRUE                                                                                                                  },
    {"Conv+Relu+Add",                  "x:1x16x9x11; w:16x16x3x3; y=Conv(x,w) pads:I=1,1,1,1; r=Relu(y); z=Add(r,x)",
              TRUE                                                                                                                  },
    {"two Convs, one Add",
              "x:1x8x9x11; w:16x8x3x3; w2:16x8x1x1; a=Conv(x,w) pads:I=1,1,1,1; b=Conv(x,w2); "
        "c=Add(a,b); d=Relu(c)",                                                                                               TRUE },
    {"residual that lives on",
              "x:1x8x9x9; w:8x8x3x3; a=Conv(x,w) pads:I=1,1,1,1; b=Conv(a,w) pads:I=1,1,1,1; c=Add(b,a); "
        "d=Mul(c,a)",                                                                                                          TRUE },
    {"residual that is the input",
              "x:1x8x9x9; w:8x8x3x3; a=Relu(x); b=Conv(a,w) pads:I=1,1,1,1; c=Add(a,b)",                                       TRUE },
    {"Conv+BatchNormalization",
              "x:1x8x9x9; w:12x8x3x3; ws:12; wb:12; wm:12; v:12; wv=Exp(v); y=Conv(x,w); "
        "z=BatchNormalization(y,ws,wb,wm,wv)",                                                                                 FALSE},
    {"BatchNormalization",
              "x:2x12x5x5; ws:12; wb:12; wm:12; v:12; wv=Exp(v); z=BatchNormalization(x,ws,wb,wm,wv)",
              TRUE                                                                                                                  },
    {"Conv, Mul and Add by channel",
              "x:1x8x9x9; w:12x8x3x3; ws:12x1x1; wb:12x1x1; y=Conv(x,w); z=Mul(y,ws); a=Add(wb,z)",                            TRUE },
    {"Conv, Sub and Div",              "x:1x8x9x9; w:12x8x3x3; wb:12x1x1; y=Conv(x,w); z=Sub(y,wb)",                  TRUE },
    {"ConvTranspose",                  "x:1x8x9x7; w:8x16x3x3; wb:16; y=ConvTranspose(x,w,wb) strides:I=2,2",         TRUE },
    {"ConvTranspose pads",
              "x:1x8x9x7; w:8x6x4x4; y=ConvTranspose(x,w) strides:I=2,2 pads:I=1,1,1,1; z=Relu(y)",                            TRUE },
    {"ConvTranspose output padding",
              "x:1x8x9x7; w:8x6x3x3; y=ConvTranspose(x,w) strides:I=2,2 pads:I=1,1,1,1 "
        "output_padding:I=1,1",                                                                                                TRUE },
    {"ConvTranspose groups",
              "x:1x8x9x7; w:8x3x3x3; wb:6; y=ConvTranspose(x,w,wb) group:i=2 strides:I=2,2",                                   TRUE },
    {"ConvTranspose stride 1",         "x:1x1x3x3; w:1x2x3x3; y=ConvTranspose(x,w)",                                  FALSE},
    {"ConvTranspose stride 1, wide",   "x:1x16x9x20; w:16x16x3x4; y=ConvTranspose(x,w)",                              FALSE},
    {"ConvTranspose of one channel",   "x:1x1x3; w:1x1x2; y=ConvTranspose(x,w) strides:I=2",                          FALSE},
    {"ConvTranspose 1-D",              "x:2x8x20; w:8x4x8; y=ConvTranspose(x,w) strides:I=4 pads:I=2,2",              TRUE },
    {"ConvTranspose 1-D, wider",
              "x:2x8x20; w:8x16x8; wb:16; y=ConvTranspose(x,w,wb) strides:I=4 pads:I=3,1; z=Relu(y)",
              TRUE                                                                                                                  },
    {"ConvTranspose 1-D between",
              "x:2x8x20; w:8x16x8; wb:16; v:16x3x5; y=ConvTranspose(x,w,wb) strides:I=4 pads:I=2,2; "
        "z=Relu(y); "
        "u=ConvTranspose(z,v) strides:I=5; t=Tanh(u)",                                                                         TRUE },
    {"ConvTranspose, kernel = stride",
              "x:1x8x9x7; w:8x6x2x2; wb:6; y=ConvTranspose(x,w,wb) strides:I=2,2; z=Relu(y)",                                  TRUE },
    {"PixelShuffle",
              "x:1x8x9x7; w:12x8x3x3; wb:12; y=Conv(x,w,wb); z=DepthToSpace(y) blocksize:i=2 "
        "mode:s=CRD; r=Relu(z)",                                                                                               TRUE },
    {"PixelShuffle behind Relu",
              "x:1x8x9x7; w:12x8x3x3; y=Conv(x,w); a=Relu(y); "
        "z=DepthToSpace(a) blocksize:i=2 mode:s=CRD",                                                                          TRUE },
    {"DepthToSpace CRD",               "x:2x12x3x5; y=DepthToSpace(x) blocksize:i=2 mode:s=CRD",                      TRUE },
    {"DepthToSpace DCR",               "x:2x18x3x5; y=DepthToSpace(x) blocksize:i=3",                                 TRUE },
    {"SpaceToDepth",                   "x:2x3x6x4; y=SpaceToDepth(x) blocksize:i=2",                                  TRUE },
    {"SpaceToDepth, rows of channels",
              "x:2x3x6x4; w:32x3x1x1; c=Conv(x,w); "
        "y=SpaceToDepth(c) blocksize:i=2",                                                                                     TRUE },
    {"SpaceToDepth, rows of pixels",
              "x:2x8x6x40; w:3x8x1x1; c=Conv(x,w); "
        "y=SpaceToDepth(c) blocksize:i=2",                                                                                     TRUE },
    {"PixelShuffle, rows of pixels",
              "x:1x8x3x20; w:12x8x1x1; y=Conv(x,w); "
        "z=DepthToSpace(y) blocksize:i=2 mode:s=CRD",                                                                          TRUE },
    {"SpaceToDepth and Conv",
              "x:1x3x8x6; w:16x12x3x3; y=SpaceToDepth(x) blocksize:i=2; "
        "z=Conv(y,w) pads:I=1,1,1,1; o=DepthToSpace(z) blocksize:i=2",                                                         TRUE },
    {"a picture that is refined",
              "x:1x8x4x5; w:48x8x1x1; wb:48; w2:12x12x3x3; d=Conv(x,w,wb); "
        "t=DepthToSpace(d) blocksize:i=4 mode:s=CRD; s=SpaceToDepth(t) blocksize:i=2; a=Conv(s,w2) "
        "pads:I=1,1,1,1; b=Relu(a); c=Conv(b,w2) pads:I=1,1,1,1; p=DepthToSpace(c) blocksize:i=2; "
        "y=Add(t,p)",                                                                                                          TRUE },
    {"Gemm",                           "x:5x20; w:20x7; wb:7; y=Gemm(x,w,wb)",                                        TRUE },
    {"Gemm transposed",                "x:20x5; w:7x20; wb:1x7; y=Gemm(x,w,wb) transA:i=1 transB:i=1; z=Relu(y)",
              TRUE                                                                                                                  },
    {"Gemm scaled",                    "x:5x20; w:20x7; wb:7; y=Gemm(x,w,wb) alpha:f=0.5 beta:f=2",                   FALSE},
    {"Gemm, bias by row",              "x:5x20; w:20x7; wb:5x1; y=Gemm(x,w,wb)",                                      FALSE},
    {"Gemm+BatchNormalization",
              "x:4x8; w:12x8; ws:12; wb:12; wm:12; v:12; wv=Exp(v); y=Gemm(x,w) transB:i=1; "
        "z=BatchNormalization(y,ws,wb,wm,wv)",                                                                                 FALSE},
    {"MatMul",                         "x:5x20; w:20x7; y=MatMul(x,w)",                                               TRUE },
    {"MatMul+Add",                     "x:2x5x20; w:20x7; wb:7; y=MatMul(x,w); z=Add(wb,y); g=Gelu(z)",               TRUE },
    {"MatMul+residual",                "x:2x5x20; w:20x20; y=MatMul(x,w); z=Add(x,y)",                                TRUE },
    {"MatMul batched",                 "x:2x3x5x20; y:2x3x20x7; z=MatMul(x,y)",                                       TRUE },
    {"MatMul broadcast",               "x:3x5x20; y:2x1x20x7; z=MatMul(x,y)",                                         TRUE },
    {"MatMul of vectors",              "x:20; y:20x7; z=MatMul(x,y)",                                                 TRUE },
    {"MatMul by a vector",             "x:3x5x20; y:20; z=MatMul(x,y)",                                               TRUE },
    {"attention",
              "x:2x6x16; w:16x16; w2:16x16; q=MatMul(x,w); k=MatMul(x,w2); t=Transpose(k) perm:I=0,2,1; "
        "s=MatMul(q,t); p=Softmax(s) axis:i=-1; o=MatMul(p,x)",                                                                TRUE },
    {"heads",
              "x:2x6x16; n#2,6,4,4; a=Reshape(x,n); b=Transpose(a) perm:I=0,2,1,3; c=Transpose(a) "
        "perm:I=0,2,3,1; "
        "d=MatMul(b,c); e=MatMul(d,b); f=Transpose(e) perm:I=0,2,1,3; m#2,6,16; o=Reshape(f,m)",                               TRUE },
    {"Add",                            "x:2x3x4x5; y:2x3x4x5; z=Add(x,y)",                                            TRUE },
    {"Add by channel",                 "x:2x3x4x5; y:3x1x1; z=Add(y,x)",                                              TRUE },
    {"Sub broadcast",                  "x:2x3x4x5; y:5; z=Sub(x,y)",                                                  TRUE },
    {"Sub, first broadcast",           "x:5; y:2x3x4x5; z=Sub(x,y)",                                                  FALSE},
    {"Add, both broadcast",            "x:2x1x4x1; y:3x1x5; z=Add(x,y)",                                              FALSE},
    {"Div",                            "x:2x3x4x5; y:2x3x4x5; a=Exp(y); z=Div(x,a)",                                  TRUE },
    {"Max",                            "x:2x30; y:2x30; z=Max(x,y)",                                                  TRUE },
    {"Min",                            "x:2x30; y:30; z=Min(x,y)",                                                    TRUE },
    {"square",                         "x:2x30; y#2; f=Cast(y) to:i=1; z=Pow(x,f)",                                   FALSE},
    {"x + x",                          "x:2x30; z=Add(x,x)",                                                          TRUE },
    {"MaxPool",                        "x:2x8x9x11; y=MaxPool(x) kernel_shape:I=3,3 strides:I=2,2 pads:I=1,1,1,1",    TRUE },
    {"MaxPool ceil",                   "x:2x8x9x12; y=MaxPool(x) kernel_shape:I=3,2 strides:I=2,3 ceil_mode:i=1",
              TRUE                                                                                                                  },
    {"AveragePool",                    "x:2x8x9x11; y=AveragePool(x) kernel_shape:I=3,3 pads:I=1,1,1,1",              TRUE },
    {"AveragePool, pads count",
              "x:2x8x9x11; y=AveragePool(x) kernel_shape:I=3,3 pads:I=1,1,1,1 count_include_pad:i=1",
              TRUE                                                                                                                  },
    {"AveragePool ceil",
              "x:2x8x9x12; y=AveragePool(x) kernel_shape:I=3,3 strides:I=2,2 ceil_mode:i=1",                                   TRUE },
    {"GlobalAveragePool",              "x:2x8x9x11; y=GlobalAveragePool(x)",                                          TRUE },
    {"GlobalMaxPool",                  "x:2x8x9x11; y=GlobalMaxPool(x)",                                              TRUE },
    {"Conv and pool",                  "x:1x8x9x11; w:16x8x3x3; a=Conv(x,w); y=MaxPool(a) kernel_shape:I=2,2",        TRUE },
    {"Resize nearest",
              "x:1x3x5x4; s#1,1,2,3; f=Cast(s) to:i=1; y=Resize(x,,f) "
        "coordinate_transformation_mode:s=asymmetric nearest_mode:s=floor",                                                    TRUE },
    {"Resize nearest, half pixel",     "x:1x3x5x4; s#1,1,2,4; f=Cast(s) to:i=1; y=Resize(x,,f)",                      TRUE },
    {"Resize nearest, rounded up",
              "x:1x3x5x4; s#1,1,2,2; f=Cast(s) to:i=1; y=Resize(x,,f) "
        "coordinate_transformation_mode:s=asymmetric nearest_mode:s=ceil",                                                     FALSE},
    {"Resize linear",                  "x:1x3x5x4; s#1,1,2,3; f=Cast(s) to:i=1; y=Resize(x,,f) mode:s=linear",        TRUE },
    {"Resize linear, smaller",         "x:1x3x8x9; s#1,3,4,3; y=Resize(x,,,s) mode:s=linear",                         TRUE },
    {"Resize linear, aligned corners",
              "x:1x3x5x4; s#1,3,9,7; y=Resize(x,,,s) mode:s=linear "
        "coordinate_transformation_mode:s=align_corners",                                                                      FALSE},
    {"Resize cubic",                   "x:1x3x5x4; s#1,3,9,7; y=Resize(x,,,s) mode:s=cubic",                          FALSE},
    {"Resize behind Conv",
              "x:1x8x5x4; w:16x8x3x3; c=Conv(x,w) pads:I=1,1,1,1; s#1,1,2,2; "
        "f=Cast(s) to:i=1; y=Resize(c,,f)",                                                                                    TRUE },
    {"Softmax",                        "x:3x4x5; y=Softmax(x) axis:i=1",                                              TRUE },
    {"LogSoftmax",                     "x:3x20; y=LogSoftmax(x) axis:i=1",                                            TRUE },
    {"LayerNormalization",             "x:3x4x32; w:32; wb:32; y=LayerNormalization(x,w,wb)",                         TRUE },
    {"LayerNormalization over two",    "x:3x4x8; w:4x8; y=LayerNormalization(x,w) axis:i=1",                          TRUE },
    {"ReduceMean",                     "x:2x3x4x5; y=ReduceMean(x) axes:I=2,3",                                       TRUE },
    {"ReduceSum of all",               "x:2x3x4x5; y=ReduceSum(x) keepdims:i=0",                                      TRUE },
    {"ReduceMax",                      "x:2x3x4x5; y=ReduceMax(x) axes:I=1 keepdims:i=0; z=Relu(y)",                  FALSE},
    {"ReduceL1",                       "x:2x3x4x5; y=ReduceL1(x) axes:I=3",                                           FALSE},
    {"ReduceL2",                       "x:2x3x4x5; y=ReduceL2(x) axes:I=0,3",                                         FALSE},
    {"ReduceSumSquare",                "x:2x3x4x5; y=ReduceSumSquare(x) axes:I=3",                                    FALSE},
    {"Concat",                         "x:2x3x4x5; y:2x6x4x5; z=Concat(x,y) axis:i=1",                                TRUE },
    {"Concat behind Convs",
              "x:1x8x9x9; w:16x8x1x1; w2:3x8x1x1; a=Conv(x,w); b=Conv(x,w2); "
        "c=Concat(a,b,x) axis:i=1",                                                                                            TRUE },
    {"Concat by rows",                 "x:1x8x9x9; w:8x8x1x1; a=Conv(x,w); c=Concat(a,x) axis:i=2",                   TRUE },
    {"Slice",                          "x:2x8x9x9; s#0,2; e#1,7; a#0,3; t#1,2; y=Slice(x,s,e,a,t); z=Relu(y)",        TRUE },
    {"Slice backwards",                "x:2x8; s#-1; e#-9; a#1; t#-1; y=Slice(x,s,e,a,t)",                            FALSE},
    {"Flatten behind Conv",
              "x:2x8x4x4; w:6x8x3x3; w2:24x5; y=Conv(x,w); f=Flatten(y); z=MatMul(f,w2)",                                      TRUE },
    {"Reshape of channels-last",       "x:1x4x6x6; w:16x4x1x1; y=Conv(x,w); n#1,4,4,36; z=Reshape(y,n)",
              TRUE                                                                                                                  },
    {"Transpose to NHWC and back",
              "x:1x4x6x6; w:16x4x1x1; y=Conv(x,w); t=Transpose(y) perm:I=0,2,3,1; r=Relu(t); "
        "z=Transpose(r) perm:I=0,3,1,2",                                                                                       TRUE },
};

GST_START_TEST (test_emitted_with_constant_weights)
{
  emit_case_check (&cases[__i__], TRUE, FALSE, 1);
}
GST_END_TEST

GST_START_TEST (test_emitted_with_weights_as_inputs)
{
  emit_case_check (&cases[__i__], FALSE, FALSE, 2);
}
GST_END_TEST

GST_START_TEST (test_emitted_with_variable_parameters)
{
  emit_case_check (&cases[__i__], TRUE, TRUE, 1);
}
GST_END_TEST

GST_START_TEST (test_emitted_in_bf16)
{
  emit_case_check_bf16 (&cases[__i__], TRUE, 1);
}
GST_END_TEST

GST_START_TEST (test_emitted_in_bf16_with_weights_as_inputs)
{
  emit_case_check_bf16 (&cases[__i__], FALSE, 2);
}
GST_END_TEST

static Suite *
emit_suite (void)
{
  Suite *suite = suite_create ("emit");
  TCase *tc = tcase_create ("emit");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, test_emitted_with_constant_weights, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tc, test_emitted_with_weights_as_inputs, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tc, test_emitted_with_variable_parameters, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tc, test_emitted_in_bf16, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tc, test_emitted_in_bf16_with_weights_as_inputs, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (emit)
