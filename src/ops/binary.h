/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/ops/broadcast.h"

/* A function of two elements, as loops over a row: of float, of double (which every other real type
 * goes through), of signed and of unsigned 64-bit integers. */
typedef struct {
  LatentRowFunc f32;
  LatentRowFunc f64;
  LatentRowFunc i64;
  LatentRowFunc u64;
  gboolean logical; /* gives bools */
} LatentBinary;

/* dst = self (a, b), which broadcast to dst's shape; dst may be a where the shapes are the same. */
void latent_binary_run (const LatentBinary *self, const LatentView *dst, const LatentView *a,
    const LatentView *b, guint threads);

extern const LatentBinary latent_binary_add;
extern const LatentBinary latent_binary_sub;
extern const LatentBinary latent_binary_mul;
extern const LatentBinary latent_binary_div;  /* truncates; integer divisors must not be 0 */
extern const LatentBinary latent_binary_fmod; /* the sign of a; likewise */
extern const LatentBinary latent_binary_mod;  /* the sign of b; likewise */
extern const LatentBinary latent_binary_pow;
extern const LatentBinary latent_binary_max;
extern const LatentBinary latent_binary_min;
extern const LatentBinary latent_binary_prelu;
extern const LatentBinary latent_binary_equal;
extern const LatentBinary latent_binary_greater;
extern const LatentBinary latent_binary_less;
extern const LatentBinary latent_binary_greater_or_equal;
extern const LatentBinary latent_binary_less_or_equal;
extern const LatentBinary latent_binary_and;
extern const LatentBinary latent_binary_or;
extern const LatentBinary latent_binary_xor;
