/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Probabilities and their logits, by tables that integers alone make: a logit is 256 ln (p / (1 -
 * p)). */

#define LATENT_LOGIT_LIMIT 2815 /* logits that squash takes: 11 either way */
#define LATENT_RATE_MASK   4095 /* of a slot */
#define LATENT_COST_SHIFT  4    /* costs are of p / 16 */

typedef struct {
  gint16 stretch[4096];                       /* logit of (i + 1/2) / 4096 */
  guint16 squash[2 * LATENT_LOGIT_LIMIT + 2]; /* of logit i - LIMIT: 65536 p, from 4 to 65532 */
  /* For each bit: half of what its probability lacks of 1, or has above 0, as squash has it:
   * (65535 bit - squash) / 2, rounded down. A power of two makes rows quick to find. */
  gint16 errors[2][8192];
  guint16 cost[4096]; /* -256 log2 ((i + 1/2) / 4096) */
  /* Of slots (src/codec/mixer.h), four at a time: what each bit is, and the bits of a rate. */
  gint32 targets[2][4] __attribute__ ((aligned (16)));
  guint32 rate_mask[4] __attribute__ ((aligned (16)));
} LatentLogistic;

/* Made when it is first asked for. */
const LatentLogistic *latent_logistic_get (void);
