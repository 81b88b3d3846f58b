/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/cores.h"

/* Elements between READY and PAUSED or above. */
static gint n_members;

void
latent_cores_join (gboolean *is_member)
{
  if (!*is_member)
    g_atomic_int_inc (&n_members);
  *is_member = TRUE;
}

void
latent_cores_leave (gboolean *is_member)
{
  if (*is_member)
    g_atomic_int_add (&n_members, -1);
  *is_member = FALSE;
}

guint
latent_cores_share (guint n_cores, guint n_elements)
{
  return CLAMP (2 * n_cores / MAX (n_elements, 1), 1, MAX (n_cores, 1));
}

guint
latent_cores_choose (guint wanted)
{
  guint share = latent_cores_share (g_get_num_processors (), (guint)g_atomic_int_get (&n_members));

  return wanted ? wanted : share;
}
