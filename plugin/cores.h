/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Elements that run nets share the cores: libgomp's threads spin, so that two elements with two
 * threads each on two cores can be slower than with one each. */

/* An element that will run, until it stops; again is as good as once. is_member: FALSE at birth. */
void latent_cores_join (gboolean *is_member);
void latent_cores_leave (gboolean *is_member);
/* Threads of a run. wanted: the property, 0 for a fair share. */
guint latent_cores_choose (guint wanted);
