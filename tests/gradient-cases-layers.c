/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/gradient-cases.h"

/* clang-format off */
const GradientCase gradient_cases_layers[] = {
    {"Conv", "x:1x2x4x5; w:3x2x3x3; wb:3; y=Conv(x,w,wb) pads:I=1,1,1,1"},
    {"ConvTranspose", "x:1x2x3x2; w:2x3x2x2; wb:3; y=ConvTranspose(x,w,wb) strides:I=2,2"},
    {0},
};
/* clang-format on */
