/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/dnn/schedule.h"

/* Gives every buffer that is no constant its place in one arena: buffers whose lives do not overlap
 * share memory, and a step that may work in place does where its source dies there.
 * LATENT_ERROR_LIMIT where the arena would exceed LATENT_LIMIT_ARENA_BYTES. */
gboolean latent_plan_memory (LatentSchedule *schedule, GError **error);
