/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/coder.h"

/* A .lat file of one stream that is written. */
typedef struct _LatentCodeFile LatentCodeFile;

/* embedded: the model's decoder half as a header packet, or NULL. */
LatentCodeFile *latent_code_file_new (
    const char *path, LatentMediaKind kind, GBytes *embedded, GError **error);
/* Nothing stays of a file that was not finished. */
void latent_code_file_free (LatentCodeFile *self);
gboolean latent_code_file_put (
    LatentCodeFile *self, GBytes *header, const LatentCodedPacket *packet, GError **error);
/* bytes: of the file. */
gboolean latent_code_file_finish (LatentCodeFile *self, guint64 *bytes, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentCodeFile, latent_code_file_free)
