/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Rows of places turned: from a channel after the other, each a plane of so many elements, to a
 * place after the other with all of its channels, and back. */

/* Columns at which there is a byte that is not 0; returns how many. */
guint latent_row_find (const guint8 *src, guint width, guint *columns);

/* These columns of a row of planes, to places one behind the other; and back. */
void latent_row_gather (const gint16 *planes, gsize plane, guint channels, const guint *columns,
    guint n, gint16 *places);
void latent_row_scatter (const gint16 *places, guint channels, const guint *columns, guint n,
    gint16 *planes, gsize plane);

/* A whole row, and back. */
void latent_row_turn (const float *planes, gsize plane, guint channels, guint width, float *places);
void latent_row_turn_back (
    const float *places, guint channels, guint width, float *planes, gsize plane);
