/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/exec/exec.h"

/* All of a request but its mode and cut as a string: equal for requests that give the same program.
 */
char *latent_request_get_key (const LatentRequest *self);
