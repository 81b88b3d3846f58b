/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* How elements that run nets share the cores. Twice as many threads as there are cores are given
 * out: two elements have them all, since an encoder and a decoder are seldom at work at the same
 * time and never as long; where there are twice as many elements as cores each has one. */

/* An element that will run, until it stops; again is as good as once. is_member: FALSE at birth. */
void latent_cores_join (gboolean *is_member);
void latent_cores_leave (gboolean *is_member);
/* Threads of a run. wanted: the property, 0 for a share. */
guint latent_cores_choose (guint wanted);
/* The share of each of n_elements (0 is as 1) of a machine's cores. */
guint latent_cores_share (guint n_cores, guint n_elements);
