/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Calls func (begin, end, data) on parts of [0, n) on at most `threads` threads of the pool that
 * oneDNN uses too (libgomp), so that the two never fight for cores; on the caller's thread alone
 * where n is below 2 * grain. Parts are the same for the same n, threads and grain: sums do not
 * depend on timing. */
typedef void (*LatentParallelFunc) (gsize begin, gsize end, gpointer data);
void latent_parallel (guint threads, gsize n, gsize grain, LatentParallelFunc func, gpointer data);

/* Calls func (i, data) for each i in [0, n), in turn for whoever of `threads` threads is free: for
 * items that take unequal time and have nothing to do with one another. */
typedef void (*LatentItemFunc) (gsize item, gpointer data);
void latent_parallel_each (guint threads, gsize n, LatentItemFunc func, gpointer data);

/* Sets how many threads oneDNN uses in what this thread creates or runs next. */
void latent_parallel_set_threads (guint threads);
guint latent_parallel_get_threads (void); /* likewise */
