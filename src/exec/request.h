/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/exec/exec.h"

/* Whether the first input may be of 8-bit integers that stand for reals, where a quantised part
 * begins with such: latent_program_get_input_quantization() then says how they do. */
void latent_request_set_takes_integers (LatentRequest *self, gboolean takes);
/* The only output may be of uint8 that stand for reals, real = scale (integer - zero_point), where
 * a quantised product makes it: latent_program_get_output_quantization() then is not NULL. */
void latent_request_set_gives_integers (LatentRequest *self, float scale, guint8 zero_point);
/* Whether the only output may be left as the DepthToSpace that makes it would read it, where that
 * is channels-last: latent_program_get_output_block() then says so. */
void latent_request_set_leaves_depth (LatentRequest *self, gboolean leaves);

/* All of a request but its mode and cut as a string: equal for requests that give the same program.
 */
char *latent_request_get_key (const LatentRequest *self);
