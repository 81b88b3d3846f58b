/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/schedule.h"

/* Least time in seconds, of `runs`, of what a step's multiply-adds take at best: its primitive with
 * nothing fused into it, alone, on memory of its own. 0 for a step that has no such primitive. The
 * threads are those set last. */
gboolean latent_roof_measure (const LatentStep *step, guint runs, double *time, GError **error);
