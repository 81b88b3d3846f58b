/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Six taps for what lies half-way between pixels c and d (ITU-T H.264, 8.4.2.2.1): 32 times the
 * value. */
static inline gint
latent_motion_filter (gint a, gint b, gint c, gint d, gint e, gint f)
{
  return 20 * (c + d) - 5 * (b + e) + a + f;
}

static inline guint8
latent_motion_clip (gint value)
{
  return (guint8)CLAMP (value, 0, 255);
}
