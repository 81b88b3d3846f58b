/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <signal.h>

/* Ctrl-C (and SIGTERM) for commands that write what they have so far: the first ends the work, the
 * second the process. */
void latent_interrupt_catch (void);
/* Whether it came. */
gboolean latent_interrupt_came (void);
/* Adds "interrupted" to what a command found, where it came. */
void latent_interrupt_put (GVariantBuilder *builder);
/* Whether it came, for those that look often. */
extern volatile sig_atomic_t latent_interrupt_flag;
