/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How long the pool's threads (libgomp's) look for work before they sleep: some 10 ms, which is
 * fast on a machine that does nothing else, and where others want the processors takes them from
 * the very thread that is waited for; or microseconds. An environment that has OMP_WAIT_POLICY or
 * GOMP_SPINCOUNT is left to say it. */

/* To be called now and then by a thread that works with others: waits are short while it is
 * preempted often, and for a while after. Costs a look at the clock. */
void latent_waits_watch (void);

void latent_waits_set_short (gboolean is_short);
gboolean latent_waits_are_short (void);
