/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* oneDNN's CPU engine, one for the process. A stream is what primitives are executed on; each
 * context has its own. */
gpointer latent_engine_new_stream (GError **error);
void latent_engine_free_stream (gpointer stream);

/* Whether the CPU, as far as ONEDNN_MAX_CPU_ISA lets oneDNN use it, adds products of 8 bits without
 * saturating in between (VNNI). */
gboolean latent_engine_has_int8 (void);

/* Whether the CPU multiplies bfloat16 by itself. Where it does not, oneDNN widens each number first
 * and is slower than in float32. */
gboolean latent_engine_has_bf16 (void);

/* How many of oneDNN's primitives the process has made so far: what shows whether a program that
 * is there already was compiled again. */
guint latent_engine_count_primitives (void);
