/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <limits.h> /* says whether the C library is glibc */

/* For functions whose loops want wider vectors, or shuffles, than plain x86-64 has: they are
 * compiled for more than one CPU, and the dynamic linker takes the best. Products and sums are not
 * contracted (-ffp-contract=off): the results are the same on each. */
#if defined(__x86_64__) && defined(__GLIBC__)
#define LATENT_FOR_EACH_CPU __attribute__ ((target_clones ("avx2", "default")))
#else
#define LATENT_FOR_EACH_CPU
#endif
