/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A file that is written beside its place and moved there once it is whole: what was there stays
 * until then, and nothing is left of what fails. What is there and no regular file (a device, a
 * pipe) is written as it is. Errors are LATENT_ERROR_WRITE and name the file. */
typedef struct _LatentOutput LatentOutput;

LatentOutput *latent_output_new (const char *path, GError **error);
/* Removes what was not finished. */
void latent_output_free (LatentOutput *self);
/* Its name until it is finished, for those who open files themselves. */
const char *latent_output_get_name (const LatentOutput *self);
gboolean latent_output_write (LatentOutput *self, gconstpointer data, gsize size, GError **error);
/* Back to the first byte, to write it again. */
gboolean latent_output_rewind (LatentOutput *self, GError **error);
/* Whether all is written and at its place. */
gboolean latent_output_finish (LatentOutput *self, GError **error);

/* Whether there could be a file of that name: before hours of work whose result goes there. */
gboolean latent_output_check (const char *path, GError **error);
/* A whole file, which is on the disk before it is at its place. */
gboolean latent_output_put (const char *path, gconstpointer data, gsize size, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentOutput, latent_output_free)
