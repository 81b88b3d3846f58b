/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/chart.h"
#include "src/cli/peer.h"

/* Rate-distortion curves of a model, by the codec, and of its peers on the same media. */
typedef struct {
  const char *codec; /* "latent", or a peer's name */
  int quality;
  guint64 bytes; /* of all packets, headers included */
  double rate;   /* bits a pixel, or kbit/s */
  double scores[LATENT_N_SCORES];
} LatentRateRow;

typedef struct {
  LatentMediaKind kind;
  GPtrArray *codecs; /* names, borrowed: "latent", then the peers */
  GArray *rows;      /* LatentRateRow, by codec, from bad to good */
} LatentRates;

/* names: "x264,jpeg". */
LatentRates *latent_rates_measure (LatentModel *model, char **inputs, const char *names,
    guint every, guint64 max, guint threads, GError **error);
void latent_rates_free (LatentRates *self);
/* By how many percent the model's rate is above a codec's at equal scores; NaN where they have no
 * scores in common. */
double latent_rates_compare (const LatentRates *self, guint codec, guint which);
/* a{sv}: points and bd_rate, tables. */
GVariant *latent_rates_describe (const LatentRates *self);
/* A panel for each score. */
GBytes *latent_rates_draw (
    const LatentRates *self, const char *title, LatentChartFormat format, GError **error);
/* One page of HTML: the panels, and numbers. */
gboolean latent_rates_write_page (
    const LatentRates *self, const char *title, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentRates, latent_rates_free)
