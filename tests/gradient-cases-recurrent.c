/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/gradient-cases.h"

const GradientCase gradient_cases_recurrent[] = {
    {0},
};
