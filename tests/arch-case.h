/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

#include "src/train/arch.h"

/* What tests of architectures share. */

/* "arch=dense hidden=40": settings as KEY=VALUE, apart by blanks. */
LatentRecipe *arch_case_new_recipe (const char *settings);
/* The first output of a mode for a tensor; fails the test where the model does not run. */
LatentTensor *arch_case_run (LatentModel *model, LatentMode mode, const LatentTensor *src);
/* Fails the test where two nodes have the same name, which ONNX Runtime refuses. */
void arch_case_check_names (LatentModel *model);
