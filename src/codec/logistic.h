/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Probabilities and their logits, by tables that integers alone make: a logit is 256 ln (p / (1 -
 * p)). */

#define LATENT_LOGIT_LIMIT 2815 /* logits that squash takes: 11 either way */
#define LATENT_COST_SHIFT  4    /* costs are of p / 16 */

typedef struct {
  gint16 stretch[4096];                       /* logit of (i + 1/2) / 4096 */
  guint16 squash[2 * LATENT_LOGIT_LIMIT + 2]; /* of logit i - LIMIT: 65536 p, from 4 to 65532 */
  guint16 cost[4096];                         /* -256 log2 ((i + 1/2) / 4096) */
} LatentLogistic;

/* Made when it is first asked for. */
const LatentLogistic *latent_logistic_get (void);
