/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

/* What the command's nets compute in: what --precision says, else auto. */
void latent_precision_set (LatentPrecision precision);
LatentPrecision latent_precision_get (void);
