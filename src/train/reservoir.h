/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The last items of a stream without an end, mixed: one thread puts them and never waits, another
 * draws any of them, as often as it likes. A full buffer loses one at random for each that comes;
 * so an item stays for `capacity` further ones on the average. */
typedef struct _LatentReservoir LatentReservoir;

/* size: bytes of an item; NULL with LATENT_ERROR_LIMIT where memory is short. */
LatentReservoir *latent_reservoir_new (gsize size, guint64 capacity, guint64 seed, GError **error);
void latent_reservoir_free (LatentReservoir *self);
/* FALSE: it was left out, because an item is being drawn right now. */
gboolean latent_reservoir_put (LatentReservoir *self, gconstpointer item);
/* A copy of any item. FALSE: there is none. */
gboolean latent_reservoir_draw (LatentReservoir *self, gpointer item);
guint64 latent_reservoir_get_n (LatentReservoir *self);
guint64 latent_reservoir_get_capacity (const LatentReservoir *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentReservoir, latent_reservoir_free)
