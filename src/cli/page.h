/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/chart.h"

/* One page of HTML that needs nothing else: no scripts, pictures inside, readable on small screens.
 * All text is escaped. */
typedef struct _LatentPage LatentPage;

LatentPage *latent_page_new (const char *title);
void latent_page_free (LatentPage *self);
void latent_page_add_heading (LatentPage *self, const char *text);
void latent_page_add_text (LatentPage *self, const char *text);
/* A table of two columns: begin, rows, end. */
void latent_page_begin_table (LatentPage *self);
void latent_page_add_row (LatentPage *self, const char *name, const char *value);
void latent_page_end_table (LatentPage *self);
/* caption: under the picture, and what is read where it cannot be seen. */
void latent_page_add_picture (
    LatentPage *self, GBytes *bytes, LatentChartFormat format, const char *caption);
gboolean latent_page_save (const LatentPage *self, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentPage, latent_page_free)
