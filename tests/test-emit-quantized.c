/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "src/dnn/engine.h"
#include "src/exec/exec.h"
#include "tests/emit-case.h"

/* QDQ nets: what a program computes, in integers where the CPU has VNNI, against the plain loops,
 * which compute in reals. Both round to nearest even, but a program scales a sum once, by a product
 * that was rounded, where the loops scale its terms: what lies in the middle between two integers
 * may go to either side. */
#define SEED 20261129

typedef struct {
  const char *name;
  const char *net;  /* as in net-text.h; its first output is compared */
  guint quantizers; /* steps of QuantizeLinear and DequantizeLinear that are left */
  double step;      /* of the result's integers; 0 where it is a sum of reals */
  double share;     /* of elements that may be a step off */
} QuantizedCase;

/* x to xd by way of the integers xq. */
#define Q(x, scale, zero)   x "q=QuantizeLinear(" x "," scale "," zero "); "
#define QDQ(x, scale, zero) Q (x, scale, zero) x "d=DequantizeLinear(" x "q," scale "," zero "); "
/* Weights by channel: w to wd. */
#define CHANNELS(w, scale, zero, axis)                                                             \
  w "q=QuantizeLinear(" w "," scale "," zero ") axis:i=" axis "; " w "d=DequantizeLinear(" w       \
    "q," scale "," zero ") axis:i=" axis "; "

/* Scales and zero points. A signed and an unsigned 0, and others; scales of two and of 16 and 24
 * channels. Numbers between -1.28 and 1.27 fill 8 bits at 0.01. */
#define SETUP                                                                                      \
  "ks:1 0.01..0.01; kt:1 0.005..0.005; ku:1 0.05..0.05; kv:1 0.37..0.37; "                         \
  "k16:16 0.008..0.02; k24:24 0.008..0.02; k4:4 0.008..0.02; kz4:4 0..0; c4=Cast(kz4) to:i=3; "    \
  "kz16:16 0..0; kz24:24 0..0; n0#0; n1#131; n2#-7; "                                              \
  "u0=Cast(n0) to:i=2; s0=Cast(n0) to:i=3; u1=Cast(n1) to:i=2; s1=Cast(n2) to:i=3; "               \
  "c16=Cast(kz16) to:i=3; c24=Cast(kz24) to:i=3; "

#define X   "x:1x16x9x11 0..2.55; "
#define XS  "x:1x16x9x11 -1.28..1.27; "
#define W   "w:24x16x3x3 -1.28..1.27; wb:24; " QDQ ("w", "ks", "s0")
#define WC  "w:24x16x3x3 -1.28..1.27; wb:24; " CHANNELS ("w", "k24", "c24", "0")
#define W16 "wv:16x16x3x3 -1.28..1.27; wvb:16; " QDQ ("wv", "ks", "s0")
#define NUMBERS                                                                                    \
  "k2:1 0.7..0.7; k3:1 3..3; k4n:1 -1.5..-1.5; n#0; c2=Squeeze(k2); c3=Squeeze(k3); "              \
  "c4n=Squeeze(k4n); "
#define CONV  "y=Conv(xd,wd,wb) pads:I=1,1,1,1; "
#define CONV2 "y=Conv(xd,wvd,wvb) pads:I=1,1,1,1; "

/* 16 channels y of which pixels d are made, which are quantised and added. */
#define PIXELS                                                                                     \
  "x:1x8x4x5; w:64x8x1x1; wv:16x16x3x3 -1.28..1.27; wvb:16; " QDQ ("wv", "ks", "s0") "y=Conv(x,w)" \
                                                                                     "; "
#define READ_TWICE QDQ ("d", "ku", "u1") "c=Conv(dd,wvd,wvb) pads:I=1,1,1,1; a=Add(c,d)"

/* clang-format off */
static const QuantizedCase cases[] = {
    {"u8 to f32", SETUP X W QDQ ("x", "ks", "u0") CONV, 1, 0, 0},
    {"u8 to f32 by channel", SETUP X WC QDQ ("x", "ks", "u0") CONV, 1, 0, 0},
    {"s8 to f32", SETUP XS W QDQ ("x", "ks", "s0") CONV, 1, 0, 0},
    {"u8 with zero point to f32", SETUP XS W QDQ ("x", "ks", "u1") CONV, 1, 0, 0},
    {"s8 with zero point to f32", SETUP XS WC QDQ ("x", "ks", "s1") CONV, 1, 0, 0},
    {"no bias", SETUP X WC QDQ ("x", "ks", "u0") "y=Conv(xd,wd)", 1, 0, 0},
    {"stride", SETUP XS WC QDQ ("x", "ks", "u1") "y=Conv(xd,wd,wb) strides:I=2,2 pads:I=1,1,1,1", 1, 0, 0},
    {"uneven pads", SETUP XS WC QDQ ("x", "ks", "s1") "y=Conv(xd,wd,wb) pads:I=2,0,1,1", 1, 0, 0},
    {"dilated", SETUP XS WC QDQ ("x", "ks", "u1") "y=Conv(xd,wd,wb) dilations:I=2,3 pads:I=1,1,1,1", 1, 0, 0},
    {"groups", SETUP "x:2x16x9x11 -1.28..1.27; w:16x4x3x3 -1.28..1.27; wb:16; " CHANNELS ("w", "k16", "c16", "0")
     QDQ ("x", "ks", "u1") "y=Conv(xd,wd,wb) group:i=4 pads:I=1,1,1,1", 1, 0, 0},
    {"depthwise", SETUP "x:1x16x9x11 0..2.55; w:16x1x3x3 -1.28..1.27; wb:16; " CHANNELS ("w", "k16", "c16", "0")
     QDQ ("x", "ks", "u0") "y=Conv(xd,wd,wb) group:i=16 pads:I=1,1,1,1", 1, 0, 0},
    {"three channels", SETUP "x:1x3x17x13 0..2.55; w:24x3x3x3 -1.28..1.27; wb:24; " CHANNELS ("w", "k24", "c24", "0")
     QDQ ("x", "ks", "u0") "y=Conv(xd,wd,wb) strides:I=2,2 pads:I=1,1,1,1", 1, 0, 0},
    {"1x1", SETUP "x:2x16x9x11 0..2.55; w:24x16x1x1 -1.28..1.27; wb:24; " CHANNELS ("w", "k24", "c24", "0")
     QDQ ("x", "ks", "u0") "y=Conv(xd,wd,wb)", 1, 0, 0},
    {"1-D", SETUP "x:2x16x50 0..2.55; w:24x16x9 -1.28..1.27; wb:24; " CHANNELS ("w", "k24", "c24", "0")
     QDQ ("x", "ks", "u0") "y=Conv(xd,wd,wb) strides:I=4 pads:I=4,4", 1, 0, 0},
    {"17 to 33 channels", SETUP "x:1x17x9x12 0..1.27; w:33x17x3x3 -1.28..1.27; wb:33; " QDQ ("w", "ks", "s0") QDQ ("x", "ks", "u1")
     "y=Conv(xd,wd,wb) pads:I=1,1,1,1", 1, 0, 0},
    {"5 to 7 channels", SETUP "x:1x5x9x12 0..1.27; w:7x5x3x3 -1.28..1.27; wb:7; " QDQ ("w", "ks", "s0") QDQ ("x", "ks", "s1")
     "y=Conv(xd,wd,wb) pads:I=1,1,1,1", 1, 0, 0},
    {"48 to 24 channels", SETUP "x:1x48x9x12 0..1.27; w:24x48x3x3 -1.28..1.27; wb:24; " QDQ ("w", "ks", "s0") QDQ ("x", "ks", "u0")
     "y=Conv(xd,wd,wb) pads:I=1,1,1,1", 1, 0, 0},
    {"24 to 48 channels", SETUP "x:1x24x9x12 0..1.27; w:48x24x3x3 -1.28..1.27; wb:48; " QDQ ("w", "ks", "s0") QDQ ("x", "ks", "s0")
     "y=Conv(xd,wd,wb) pads:I=1,1,1,1", 1, 0, 0},
    {"70 to 130 channels", SETUP "x:1x70x9x12 0..1.27; w:130x70x1x1 -1.28..1.27; wb:130; " QDQ ("w", "ks", "s0") QDQ ("x", "ks", "u1")
     "y=Conv(xd,wd,wb) pads:I=1,1,1,1", 1, 0, 0},
    {"3 to 160 channels", SETUP "x:1x3x9x12 0..1.27; w:160x3x8x8 -1.28..1.27; wb:160; " QDQ ("w", "ks", "s0") QDQ ("x", "ks", "u0")
     "y=Conv(xd,wd,wb) pads:I=1,1,1,1", 1, 0, 0},
    {"u8 weights", SETUP X "w:24x16x3x3 -1.27..1.24; wb:24; " QDQ ("w", "ks", "u1") QDQ ("x", "ks", "u0") CONV, 1, 0, 0},
    {"u8 weights that do not fit", SETUP X "w:24x16x3x3 0..2.55; wb:24; " QDQ ("w", "ks", "u0") QDQ ("x", "ks", "u0") CONV, 2, 0, 0},
    {"weights by input channel", SETUP X "w:24x16x3x3 -1.28..1.27; wb:24; " CHANNELS ("w", "k16", "c16", "1")
     QDQ ("x", "ks", "u0") CONV, 2, 0, 0},
    {"weights in f32", SETUP X "wd:24x16x3x3 -1.28..1.27; wb:24; " QDQ ("x", "ks", "u0") CONV, 2, 0, 0},

    {"u8 to u8", SETUP X WC QDQ ("x", "ks", "u0") CONV QDQ ("y", "kv", "u1"), 2, 0.37, 0.01},
    {"u8 to u8, Relu", SETUP X WC QDQ ("x", "ks", "u0") CONV "r=Relu(y); " QDQ ("r", "kv", "u0"), 2, 0.37, 0.01},
    {"u8 to u8 with zero point, Relu", SETUP X WC QDQ ("x", "ks", "u0") CONV "r=Relu(y); " QDQ ("r", "kv", "u1"), 2, 0.37, 0.01},
    {"u8 to s8", SETUP X WC QDQ ("x", "ks", "u0") CONV QDQ ("y", "kv", "s0"), 2, 0.37, 0.01},
    {"s8 to s8 with zero points", SETUP XS WC QDQ ("x", "ks", "s1") CONV QDQ ("y", "kv", "s1"), 2, 0.37, 0.01},
    {"saturating", SETUP X WC QDQ ("x", "ks", "u0") CONV QDQ ("y", "ks", "u0"), 2, 0.01, 0.01},
    {"Clip", SETUP X WC "k0:1 -1..-1; k6:1 6..6; n#0; c0=Squeeze(k0); c6=Squeeze(k6); " QDQ ("x", "ks", "u0") CONV
     "r=Clip(y,c0,c6); " QDQ ("r", "ku", "u1"), 2, 0.05, 0.01},
    {"LeakyRelu", SETUP X WC QDQ ("x", "ks", "u0") CONV "r=LeakyRelu(y) alpha:f=0.25; " QDQ ("r", "kv", "u1"), 2, 0.37, 0.01},
    {"Tanh", SETUP X WC QDQ ("x", "ks", "u0") CONV "r=Tanh(y); " QDQ ("r", "ks", "s0"), 2, 0.01, 0.01},
    {"numbers into weights: no integers", SETUP X WC NUMBERS QDQ ("x", "ks", "u0") CONV "m=Mul(y,c2); r=Add(m,c3); " QDQ ("r", "kv", "u1"), 4, 0.37, 0.01},
    {"Relu and numbers", SETUP X WC NUMBERS QDQ ("x", "ks", "u0") CONV "m=Relu(y); r=Mul(m,c2); t=Add(r,c3); " QDQ ("t", "kv", "u1"), 2, 0.37, 0.01},
    {"Sigmoid and numbers", SETUP X WC NUMBERS QDQ ("x", "ks", "u0") CONV "m=Sigmoid(y); r=Mul(m,c2); " QDQ ("r", "kt", "u0"), 2, 0.005, 0.01},
    {"two of Clip: in reals", SETUP X WC NUMBERS QDQ ("x", "ks", "u0") CONV "m=Clip(y,c4n,c3); r=Clip(m,c2,c3); " QDQ ("r", "ku", "u1"), 4, 0.05, 0.01},
    {"Sigmoid", SETUP X WC QDQ ("x", "ks", "u0") CONV "r=Sigmoid(y); " QDQ ("r", "kt", "u0"), 2, 0.005, 0.01},
    {"HardSwish to f32", SETUP X WC QDQ ("x", "ks", "u0") CONV "r=HardSwish(y)", 1, 0, 0},

    {"residual", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 "a=Add(y,xd); " QDQ ("a", "kv", "u1"), 2, 0.37, 0.01},
    {"residual, Relu", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 "a=Add(xd,y); r=Relu(a); " QDQ ("r", "kv", "u0"), 2, 0.37, 0.01},
    {"Relu, residual", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 "r=Relu(y); a=Add(r,xd); " QDQ ("a", "kv", "u0"), 2, 0.37, 0.01},
    {"residual with zero point", SETUP XS W16 QDQ ("x", "ks", "u1") CONV2 "a=Add(y,xd); " QDQ ("a", "kv", "u1"), 2, 0.37, 0.01},
    {"signed residual with zero point", SETUP XS W16 QDQ ("x", "ks", "s1") CONV2 "a=Add(y,xd); " QDQ ("a", "kv", "s1"), 2, 0.37, 0.01},
    {"residual and Tanh", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 "a=Add(y,xd); r=Tanh(a); " QDQ ("r", "kt", "u1"), 2, 0.005, 0.01},
    {"sum of pairs", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 QDQ ("y", "kv", "u1") "a=Add(xd,yd); " QDQ ("a", "ku", "u1"), 2, 0.37, 0.01},
    {"sum of pairs, Relu", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 QDQ ("y", "kv", "u1") "a=Add(yd,xd); r=Relu(a); " QDQ ("r", "kv", "u0"), 2, 0.37, 0.01},
    {"sum of pairs, Relu that does not saturate", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 QDQ ("y", "kv", "u1")
     "a=Add(yd,xd); r=Relu(a); " QDQ ("r", "kv", "u1"), 5, 0.37, 0.01},
    {"sum of signed and unsigned", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 QDQ ("y", "kv", "s1") "a=Add(yd,xd); " QDQ ("a", "kv", "s0"), 2, 0.37, 0.01},
    {"residual of another type", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 "a=Add(y,xd); " QDQ ("a", "kv", "s0"), 4, 0.37, 0.01},
    {"residual that lives on", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 "a=Add(y,xd); " QDQ ("a", "kv", "u1")
     "z=Concat(xd,ad) axis:i=1", 3, 0.37, 0.01},
    {"residual in f32", SETUP X "b:1x16x9x11; " W16 QDQ ("x", "ks", "u0") CONV2 "a=Add(y,b)", 1, 0, 0},
    {"residual in f32, quantised after", SETUP X "b:1x16x9x11; " W16 QDQ ("x", "ks", "u0") CONV2 "a=Add(y,b); " QDQ ("a", "kv", "u1"), 2, 0.37, 0.01},
    {"residual in f32, Relu, zero points", SETUP XS "b:1x16x9x11; " W16 QDQ ("x", "ks", "s1") CONV2 "a=Add(y,b); r=Relu(a); " QDQ ("r", "kv", "s1"), 2, 0.37, 0.01},
    {"Relu, residual in f32", SETUP X "b:1x16x9x11; " W16 QDQ ("x", "ks", "u1") CONV2 "r=Relu(y); a=Add(b,r); " QDQ ("a", "kv", "u0"), 2, 0.37, 0.01},
    {"residual in f32 and Tanh", SETUP X "b:1x16x9x11; " W16 QDQ ("x", "ks", "u0") CONV2 "a=Add(y,b); r=Tanh(a); " QDQ ("r", "kt", "u1"), 2, 0.005, 0.01},
    {"read as reals too", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 "r=Relu(y); " QDQ ("r", "kv", "u0") "a=Add(r,rd)", 3, 0.37, 0.01},

    {"two layers", SETUP X W16 "wu:24x16x3x3 -0.5..0.5; " CHANNELS ("wu", "k24", "c24", "0") QDQ ("x", "ks", "u0") CONV2 "r=Relu(y); "
     QDQ ("r", "kv", "u0") "z=Conv(rd,wud) pads:I=1,1,1,1; " QDQ ("z", "kv", "u1"), 2, 0.37, 0.02},
    {"residual block", SETUP X W16 "wu:16x16x3x3 -0.1..0.1; " CHANNELS ("wu", "k16", "c16", "0") QDQ ("x", "ks", "u0") CONV2 "r=Relu(y); "
     QDQ ("r", "kv", "u0") "z=Conv(rd,wud) pads:I=1,1,1,1; a=Add(xd,z); t=Relu(a); " QDQ ("t", "ku", "u0"), 2, 0.05, 0.03},

    {"DepthToSpace", SETUP X W16 QDQ ("x", "ks", "u0") CONV2 QDQ ("y", "kv", "u1") "z=DepthToSpace(yd) blocksize:i=2", 2, 0.37, 0.01},
    {"DepthToSpace CRD, Relu", SETUP X "wv:16x16x3x3 -1.28..1.27; wvb:16; " CHANNELS ("wv", "k16", "c16", "0") QDQ ("x", "ks", "u0") CONV2
     "z=DepthToSpace(y) blocksize:i=2 mode:s=CRD; r=Relu(z); " QDQ ("r", "kv", "u0"), 2, 0.37, 0.01},
    {"DepthToSpace CRD behind a pair", SETUP X "wv:16x16x3x3 -1.28..1.27; wvb:16; " CHANNELS ("wv", "k16", "c16", "0") QDQ ("x", "ks", "u0") CONV2
     QDQ ("y", "kv", "u1") "z=DepthToSpace(yd) blocksize:i=2 mode:s=CRD; ", 2, 0.37, 0.01},
    {"pixels that are added as reals too", SETUP PIXELS "d=DepthToSpace(y) blocksize:i=2; " READ_TWICE, 0, 0, 0},
    {"pixels in CRD order, signed, read twice", SETUP PIXELS "d=DepthToSpace(y) blocksize:i=2 mode:s=CRD; " QDQ ("d", "kt", "s1")
     "c=Conv(dd,wvd,wvb) pads:I=1,1,1,1; a=Add(c,d)", 0, 0, 0},
    {"depth that is added as reals too", SETUP "x:1x4x8x6; wv:16x16x3x3 -1.28..1.27; wvb:16; " QDQ ("wv", "ks", "s0")
     "d=SpaceToDepth(x) blocksize:i=2; " READ_TWICE, 0, 0, 0},
    {"ConvTranspose", SETUP X "wv:16x16x2x2 -1.28..1.27; wvb:16; " CHANNELS ("wv", "k16", "c16", "1") QDQ ("x", "ks", "u0")
     "y=ConvTranspose(xd,wvd,wvb) strides:I=2,2; " QDQ ("y", "kv", "u1"), 2, 0.37, 0.01},
    {"pixels, quantised and added", SETUP "x:1x16x9x11 -1..1; wa:16x16x1x1 -0.3..0.3; wv:4x16x3x3 -0.2..0.2; "
     CHANNELS ("wv", "k4", "c4", "0") "a=Conv(x,wa); "
     "t=DepthToSpace(a) blocksize:i=4; " QDQ ("t", "ks", "u1") "h=SpaceToDepth(td) blocksize:i=2; " QDQ ("h", "ks", "u1")
     "wi:16x4x3x3 -0.5..0.5; " CHANNELS ("wi", "k16", "c16", "0") "b=Conv(hd,wid) pads:I=1,1,1,1; r=Relu(b); " QDQ ("r", "ku", "u0")
     "y=Conv(rd,wvd) pads:I=1,1,1,1; s=DepthToSpace(y) blocksize:i=2; z=Add(t,s)", 0, 0.012, 0.05},
    {"SpaceToDepth before", SETUP "x:1x4x18x22 0..2.55; " W QDQ ("x", "ks", "u0") "h=SpaceToDepth(xd) blocksize:i=2; "
     QDQ ("h", "ks", "u0") "y=Conv(hd,wd,wb) pads:I=1,1,1,1", 1, 0, 0},
    {"SpaceToDepth in f32 before", SETUP "x:1x4x18x22 0..2.55; " W "x1=SpaceToDepth(x) blocksize:i=2; " QDQ ("x1", "ks", "u0")
     "y=Conv(x1d,wd,wb) pads:I=1,1,1,1", 1, 0, 0},
    {"Concat", SETUP "x:1x8x9x11 0..2.55; b:1x8x9x11 0..2.55; " W QDQ ("x", "ks", "u0") QDQ ("b", "ks", "u0")
     "c=Concat(xd,bd) axis:i=1; " QDQ ("c", "ks", "u0") "y=Conv(cd,wd,wb) pads:I=1,1,1,1", 2, 0, 0},
    {"Concat of two scales", SETUP "x:1x8x9x11 0..2.55; b:1x8x9x11 0..1.27; " W QDQ ("x", "ks", "u0") QDQ ("b", "kt", "u0")
     "c=Concat(xd,bd) axis:i=1; " QDQ ("c", "ks", "u0") "y=Conv(cd,wd,wb) pads:I=1,1,1,1", 5, 0, 0},
    {"MaxPool", SETUP XS W QDQ ("x", "ks", "s1") "m=MaxPool(xd) kernel_shape:I=3,3 strides:I=2,2 pads:I=1,1,1,1; " QDQ ("m", "ks", "s1")
     "y=Conv(md,wd,wb) pads:I=1,1,1,1", 1, 0, 0},
    {"Transpose and Reshape", SETUP XS W QDQ ("x", "ks", "s1") "n#1,16,11,9; h=Reshape(xd,n); t=Transpose(h) perm:I=0,1,3,2; "
     QDQ ("t", "ks", "s1") "y=Conv(td,wd,wb) pads:I=1,1,1,1", 1, 0, 0},
    {"batch norm", SETUP X WC "wg:24 0.5..2; wh:24; we:24; wf:24 0.5..1; " QDQ ("x", "ks", "u0") "y=Conv(xd,wd,wb) pads:I=1,1,1,1; "
     "z=BatchNormalization(y,wg,wh,we,wf)", 2, 0, 0},

    {"QLinearConv", SETUP X "w:24x16x3x3 -1.28..1.27; wb:24 -900..900; wi=Cast(wb) to:i=6; wq=QuantizeLinear(w,k24,c24) axis:i=0; " Q ("x", "ks", "u0")
     "yq=QLinearConv(xq,ks,u0,wq,k24,c24,kv,u1,wi) pads:I=1,1,1,1; y=DequantizeLinear(yq,kv,u1)", 2, 0.37, 0.01},
    {"QLinearConv, one scale, signed", SETUP XS "w:24x16x3x3 -1.28..1.27; wq=QuantizeLinear(w,ks,s0); " Q ("x", "ks", "s1")
     "yq=QLinearConv(xq,ks,s1,wq,ks,s0,kv,s1) strides:I=2,2 pads:I=1,1,1,1; y=DequantizeLinear(yq,kv,s1)", 2, 0.37, 0.01},
    {"QLinearConv, u8 weights with a zero point", SETUP X "w:24x16x3x3 -1.28..1.24; wq=QuantizeLinear(w,ks,u1); " Q ("x", "ks", "u0")
     "yq=QLinearConv(xq,ks,u0,wq,ks,u1,kv,u1); y=DequantizeLinear(yq,kv,u1)", 2, 0.37, 0.01},
    {"QLinearConv of weights that change", SETUP X "w:24x16x3x3 -1.28..1.27; k#1; wc=Cast(k) to:i=1; wm=ReduceMax(x) keepdims:i=0; wz=Mul(wm,wc); wx=Mul(w,wz); "
     "wq=QuantizeLinear(wx,ks,s0); " Q ("x", "ks", "u0") "yq=QLinearConv(xq,ks,u0,wq,ks,s0,kv,u1); y=DequantizeLinear(yq,kv,u1)", 3, 0.37, 0},
    {"two of QLinearConv", SETUP X "w:16x16x3x3 -1.28..1.27; wq=QuantizeLinear(w,k16,c16) axis:i=0; wv:24x16x1x1 -0.5..0.5; vq=QuantizeLinear(wv,k24,c24) axis:i=0; "
     Q ("x", "ks", "u0") "aq=QLinearConv(xq,ks,u0,wq,k16,c16,kv,u0); yq=QLinearConv(aq,kv,u0,vq,k24,c24,ku,u1); y=DequantizeLinear(yq,ku,u1)", 2, 0.05, 0.06},
    {"QLinearMatMul", SETUP "x:40x16 0..2.55; w:16x24 -1.28..1.27; wq=QuantizeLinear(w,k24,c24) axis:i=1; " Q ("x", "ks", "u1")
     "yq=QLinearMatMul(xq,ks,u1,wq,k24,c24,ku,s1); y=DequantizeLinear(yq,ku,s1)", 2, 0.05, 0.01},
    {"QLinearMatMul of three dimensions", SETUP "x:2x20x16 0..2.55; w:16x24 -1.28..1.27; wq=QuantizeLinear(w,ks,s0); " Q ("x", "ks", "u0")
     "yq=QLinearMatMul(xq,ks,u0,wq,ks,s0,ku,u1); y=DequantizeLinear(yq,ku,u1)", 2, 0.05, 0.01},
    {"MatMul", SETUP "x:40x16 0..2.55; w:16x24 -1.28..1.27; " CHANNELS ("w", "k24", "c24", "1") QDQ ("x", "ks", "u0") "y=MatMul(xd,wd)", 1, 0, 0},
    {"MatMul of three dimensions, bias", SETUP "x:2x20x16 -1.28..1.27; w:16x24 -1.28..1.27; kb:24; " CHANNELS ("w", "k24", "c24", "1")
     QDQ ("x", "ks", "u1") "y=MatMul(xd,wd); z=Add(y,kb); r=Relu(z); " QDQ ("r", "ku", "u0"), 2, 0.05, 0.01},
    {"MatMul signed", SETUP "x:40x16 -1.28..1.27; w:16x24 -1.28..1.27; " QDQ ("w", "ks", "s0") QDQ ("x", "ks", "s1") "y=MatMul(xd,wd); "
     QDQ ("y", "ku", "s1"), 2, 0.05, 0.01},
    {"Gemm", SETUP "x:40x16 0..2.55; w:24x16 -1.28..1.27; wb:24; " CHANNELS ("w", "k24", "c24", "0") QDQ ("x", "ks", "u0")
     "y=Gemm(xd,wd,wb) transB:i=1; r=Relu(y); " QDQ ("r", "ku", "u0"), 2, 0.05, 0.01},
    {"Gemm to f32", SETUP "x:40x16 0..2.55; w:16x24 -1.28..1.27; wb:24; " CHANNELS ("w", "k24", "c24", "1") QDQ ("x", "ks", "u1")
     "y=Gemm(xd,wd,wb)", 1, 0, 0},
};
/* clang-format on */

static void
assert_close (const QuantizedCase *c, const LatentTensor *got, const LatentTensor *wanted)
{
  const float *a = got->data, *b = wanted->data;
  double most = 0, off = 0;

  fail_unless (latent_shape_equal (&got->shape, &wanted->shape), "%s: shape", c->name);
  for (gsize i = 0; i < wanted->n_elements; i++)
    most = fmax (most, fabs (b[i]));
  fail_unless (most > 0, "%s: all is 0", c->name);
  for (gsize i = 0; i < wanted->n_elements; i++) {
    double difference = fabs (a[i] - b[i]);
    fail_unless (difference <= 1.001 * c->step + 2e-6 * most,
        "%s: element %zu is %g, not %g (seed %d)", c->name, i, a[i], b[i], SEED);
    off += difference > c->step / 2 + 2e-6 * most;
  }
  fail_unless (off <= c->share * (double)wanted->n_elements, "%s: %g of %zu are off (seed %d)",
      c->name, off, wanted->n_elements, SEED);
}

static guint
count (const char *text, const char *what)
{
  guint n = 0;

  for (const char *at = strstr (text, what); at != NULL; at = strstr (at + 1, what))
    n++;
  return n;
}

static void
check (const QuantizedCase *c, LatentPrecision precision, guint threads)
{
  g_autoptr (NetText) net = net_text_parse (c->net, TRUE, SEED);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentTensor) got = NULL;
  g_autoptr (LatentTensor) wanted = NULL;
  g_autofree char *kernels = NULL;
  guint quantizers;

  latent_request_set_threads (request, threads);
  latent_request_set_precision (request, precision);
  got = emit_case_run (net, request, &kernels);
  wanted = emit_case_run_plain (net);
  assert_close (c, got, wanted);
  quantizers = count (kernels, "\tQuantizeLinear") + count (kernels, "\tDequantizeLinear");
  if (precision == LATENT_PRECISION_AUTO && latent_engine_has_int8 ())
    fail_unless (quantizers == c->quantizers, "%s: %u quantisers are left, not %u:\n%s", c->name,
        quantizers, c->quantizers, kernels);
  fail_unless ((strstr (kernels, "\tnote\tthe model is quantised, but computes in f32") != NULL) ==
                   (precision == LATENT_PRECISION_AUTO && !latent_engine_has_int8 ()),
      "%s: a note too many or too few:\n%s", c->name, kernels);
  if (precision == LATENT_PRECISION_F32 || !latent_engine_has_int8 ())
    fail_unless (strstr (kernels, "vnni") == NULL, "%s: in integers:\n%s", c->name, kernels);
}

GST_START_TEST (auto_takes_integers_where_the_cpu_has_them)
{
  check (&cases[__i__], LATENT_PRECISION_AUTO, 1);
}
GST_END_TEST

GST_START_TEST (two_threads_give_the_same)
{
  check (&cases[__i__], LATENT_PRECISION_AUTO, 2);
}
GST_END_TEST

GST_START_TEST (f32_runs_the_pairs_as_they_stand)
{
  check (&cases[__i__], LATENT_PRECISION_F32, 1);
}
GST_END_TEST

GST_START_TEST (int8_wants_vnni)
{
  g_autoptr (NetText) net = net_text_parse (cases[0].net, TRUE, SEED);
  g_autoptr (LatentRequest) request = latent_request_new (LATENT_MODE_ENCODE);
  g_autoptr (LatentProgram) program = NULL;
  g_autoptr (GError) error = NULL;

  latent_request_set_precision (request, LATENT_PRECISION_INT8);
  program = latent_exec_compile (net->graph, "int8", NULL, NULL, NULL, 0, request, &error);
  fail_unless ((program != NULL) == latent_engine_has_int8 ());
  fail_unless (program != NULL || strstr (error->message, "wants a CPU with VNNI") != NULL, "%s",
      error != NULL ? error->message : "");
}
GST_END_TEST

static Suite *
emit_quantized_suite (void)
{
  Suite *suite = suite_create ("emit quantized");
  TCase *tcase = tcase_create ("all");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, auto_takes_integers_where_the_cpu_has_them, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tcase, two_threads_give_the_same, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tcase, int8_wants_vnni);
  tcase_add_loop_test (tcase, f32_runs_the_pairs_as_they_stand, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (emit_quantized)
