/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/feed.h"
#include "src/cli/labels.h"
#include "src/cli/source.h"
#include "src/train/feed-units.h"
#include "src/train/shuffle.h"

/* Items of the shuffle buffer, made of a source's samples. */
typedef struct _LatentFeedItems LatentFeedItems;

struct _LatentFeedItems {
  LatentItems base;
  LatentFeedUnits units;
  LatentSource *source;
  guint64 given; /* items */
  gboolean ended;
};

LatentFeedItems *latent_feed_items_new (const LatentFeedPlan *plan, const LatentFeedPart *part);
/* Bytes of an item, label included. */
gsize latent_feed_items_get_size (const LatentFeedPlan *plan, const LatentFeedPart *part);
/* Goes through all inputs and counts their units. */
gboolean latent_feed_count_units (
    const LatentFeedPlan *plan, char **inputs, guint64 *n, GError **error);
/* A feed of a part's items, mixed unless it is a test. The plan outlives it. */
LatentFeed *latent_data_feed_new (
    const LatentFeedPlan *plan, const LatentFeedPart *part, GError **error);
