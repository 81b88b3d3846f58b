/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/program.h>

/* Runs step i alone, on what the steps before it left. */
gboolean latent_context_run_step (LatentContext *self, guint i, GError **error);
