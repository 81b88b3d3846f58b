/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/gradient-cases.h"

#define L "y=latent.training."

/* clang-format off */
const GradientCase gradient_cases_losses[] = {
    {"squared error", "x:2x3; kt:2x3; " L "SquaredError(x,kt) scale:f=0.5"},
    {"squared error of a range", "x:2x5; kt:2x5; " L "SquaredError(x,kt) begin:i=1 end:i=3 shift:i=2"},
    {"squared error of another width", "x:2x2; kt:2x5; " L "SquaredError(x,kt) shift:i=2"},
    {"weighted squared error", "x:2x3; kt:2x3; kw:2x3 0..2; " L "SquaredError(x,kt,kw)"},
    {"absolute error", "x:2x3; kt:2x3 2..3; " L "AbsoluteError(x,kt)"},
    {"weighted absolute error", "x:2x3; kt:2x3 -3..-2; kw:2x3 0..2; " L "AbsoluteError(x,kt,kw)"},
    {"binary cross-entropy", "x:2x3 0.2..0.8; kt:2x3 0..1; " L "BinaryCrossEntropy(x,kt)"},
    {"weighted binary cross-entropy",
        "x:2x3 0.2..0.8; kt:2x3 0..1; kw:2x3 0..2; " L "BinaryCrossEntropy(x,kt,kw)"},
    {"binary cross-entropy of logits",
        "x:2x3 -3..3; kt:2x3 0..1; " L "BinaryCrossEntropyLogits(x,kt) begin:i=1"},
    {"cross-entropy", "x:2x3 0.2..0.8; kt:2x3 0..1; " L "CrossEntropy(x,kt)"},
    {"cross-entropy of several", "x:2x5 0.2..0.8; kt:2x5 0..1; " L "CrossEntropy(x,kt) begin:i=1 classes:i=2"},
    {"cross-entropy of labels", "x:2x3 0.2..0.8; t#2,0; " L "CrossEntropy(x,t)"},
    {"weighted cross-entropy", "x:2x3 0.2..0.8; kt:2x3 0..1; kw:2x3 0..2; " L "CrossEntropy(x,kt,kw)"},
    {"cross-entropy of logits", "x:2x3 -2..2; kt:2x3 0..1; " L "CrossEntropyLogits(x,kt)"},
    {"cross-entropy of logits of labels", "x:2x3 -2..2; t#1,2; " L "CrossEntropyLogits(x,t)"},
    {"cross-entropy of logits of several",
        "x:2x6 -2..2; kt:2x6 0..1; kw:2x6 0..2; " L "CrossEntropyLogits(x,kt,kw) classes:i=3"},
    {"overlapping windows", "x:6x2x8; kf:6x2x4; s=latent.training.OverlapAdd(x) hop:i=4 sequence:i=3; y=Mul(s,kf)"},
    {"windows that overlap by more than half", "x:4x1x7; kf:4x1x3; s=latent.training.OverlapAdd(x) hop:i=3 sequence:i=4; y=Mul(s,kf)"},
    {"spectral error", "x:4x1x8; kt:4x1x8 2..3; " L "SpectralError(x,kt) size:i=16 hop:i=8 sequence:i=4 floor:f=0.5"},
    {"spectral error of channels", "x:2x2x16; kt:2x2x16 2..3; " L "SpectralError(x,kt) size:i=16 hop:i=3 sequence:i=1 floor:f=0.5"},
    {"shaped error", "x:4x1x8; kt:4x1x8 2..3; " L "ShapedError(x,kt) size:i=16 hop:i=8 sequence:i=4 floor:f=0.5 shape:f=0.5 ref:f=2"},
    {"shaped error of channels", "x:2x2x32; kt:2x2x32 2..3; " L "ShapedError(x,kt) size:i=16 hop:i=3 sequence:i=1 floor:f=0.1 shape:f=0.25"},
    {"weighted sum", "x:2; z:2; kw:1; " L "WeightedSum(x,kw,z) factors:F=2,-3"},
    {"KL of normals", "x:2x3; v:2x3; " L "KlNormal(x,v)"},
    {"sample of normals", "x:2x3; v:2x3; ke:2x3; " L "SampleNormal(x,v,ke)"},
    {"Quantise with noise, in steps", "x:2x3; kn:2x3; kr:1 0..0; a,q=latent.training.Quantise(x,kn,kr) step:f=0.5; y=Add(a,q)"},
    {"Quantise by a step of its own", "x:2x3; kn:2x3; kr:1 0..0; ks:1 0.5..0.5; a,q=latent.training.Quantise(x,kn,kr,ks); y=Add(a,q)"},
    {"bits", "q:2x3 -3..3; m:3; s:3 -0.5..1.5; " L "LogisticBits(q,m,s)"},
    {"bits of pictures", "q:2x2x3 -5..5; m:2; s:2 -0.5..1.5; " L "LogisticBits(q,m,s)"},
    {"bits of tokens", "q:2x2x3 -5..5; m:3; s:3 -0.5..1.5; " L "LogisticBits(q,m,s) axis:i=2"},
    {"bits of pairs", "q:4x2x2 -3..3; m:2; s:2 -0.5..1.5; c:4x4x2; " L "LogisticBits(q,m,s,c)"},
    {"bits of pairs of tokens", "q:2x2x3 -3..3; m:3; s:3 -0.5..1.5; c:2x2x6; " L "LogisticBits(q,m,s,c) axis:i=2"},
    {"bits in steps", "q:2x2x3 -5..5; m:2; s:2 -0.5..1.5; ks:1 0.5..0.5; " L "LogisticBits(q,m,s,,,ks)"},
    {"bits of pairs in steps", "q:4x2x2 -3..3; m:2; s:2 -0.5..1.5; c:4x4x2; ks:1 3..3; " L "LogisticBits(q,m,s,c,,ks)"},
    {"bits of scales for each symbol", "q:2x2x3 -5..5; m:2; s:2x2x3 -0.5..1.5; " L "LogisticBits(q,m,s)"},
    {"bits of pairs and scales for each symbol", "q:4x2x2 -3..3; m:2; s:4x2x2 -0.5..1.5; c:4x4x2; " L "LogisticBits(q,m,s,c)"},
    {0},
};
/* clang-format on */
