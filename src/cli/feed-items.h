/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/cli/feed.h"
#include "src/cli/labels.h"
#include "src/cli/source.h"
#include "src/media/format.h"
#include "src/base/random.h"
#include "src/train/shuffle.h"

/* Items of the shuffle buffer, made of a source's samples and made to a net's samples. Kinds differ
 * in what a sample of the source gives: a row of the table at the end of feed-items.c. */

/* Samples are counted in units, as labels are: vectors, frames, windows of sound, sequences. */

typedef struct _LatentFeedKind LatentFeedKind;
typedef struct _LatentFeedItems LatentFeedItems;

/* What holds for all samples, of training and of tests. */
typedef struct {
  const LatentRecipe *recipe;
  const LatentFeedKind *kind;
  LatentSourceSettings settings;
  LatentSampleSpec spec;
  gsize d;         /* elements of the net's sample */
  gsize payload;   /* bytes of an item before its label */
  guint n_samples; /* of an item: 2 for pairs */
  gboolean packed; /* vectors of 8-bit elements, which items hold as bytes */
  float table[256];
  float scale[LATENT_MAX_LANES]; /* of media: value = level * scale + offset */
  float offset[LATENT_MAX_LANES];

  /* Pictures: what an item keeps is larger than what the net sees, so that it can be cut anew each
   * time. In pixels. */
  guint width, height;
  guint piece_width, piece_height;
  gboolean whole;   /* frames as they are, of one size */
  guint n_pictures; /* of an item: frames, then their weights */
  gsize picture_size;
} LatentFeedPlan;

/* Which units of which inputs. */
typedef struct {
  char **inputs;              /* borrowed */
  const LatentLabels *labels; /* borrowed; NULL: none */
  const guint8 *picked;       /* borrowed; a flag for each unit that has a label; NULL: all */
  guint64 begin, end;         /* G_MAXUINT64: to the last */
  gboolean test;              /* nothing is random */
} LatentFeedPart;

struct _LatentFeedItems {
  LatentItems base;
  const LatentFeedPlan *plan;
  LatentFeedPart part;
  LatentSource *source;
  guint64 epoch;
  guint64 unit;  /* of what is put next; after the end, how many there are */
  guint64 taken; /* unit of the item that was taken last */
  guint64 given; /* items */
  gboolean ended;
  char *origin;   /* of the current sample, for messages */
  gpointer state; /* the kind's */
};

struct _LatentFeedKind {
  /* Fills the plan from the first sample. */
  gboolean (*measure) (LatentFeedPlan *plan, const LatentSample *sample, GError **error);
  void (*start) (LatentFeedItems *self); /* of an epoch */
  gboolean (*put) (LatentFeedItems *self, const LatentSample *sample, GError **error);
  /* The next item of what was put, if there is one. */
  gboolean (*take) (LatentFeedItems *self, guint8 *item);
  void (*clear) (LatentFeedItems *self);
  /* Sample `which` of an item. random: NULL for tests. weights: NULL, or ones. */
  void (*unpack) (const LatentFeedPlan *plan, const guint8 *item, guint which, LatentRandom *random,
      float *src, float *weights);
};

extern const LatentFeedKind latent_feed_vectors;
extern const LatentFeedKind latent_feed_pictures;
extern const LatentFeedKind latent_feed_sound;
extern const LatentFeedKind latent_feed_sequences;

LatentFeedItems *latent_feed_items_new (const LatentFeedPlan *plan, const LatentFeedPart *part);
/* Bytes of an item, label included. */
gsize latent_feed_items_get_size (const LatentFeedPlan *plan, const LatentFeedPart *part);
/* Whether a unit is one of the part. */
gboolean latent_feed_items_want (const LatentFeedItems *self, guint64 unit);
/* Goes through all inputs and counts their units. */
gboolean latent_feed_count_units (
    const LatentFeedPlan *plan, char **inputs, guint64 *n, GError **error);
/* For kinds: whether the sample is of another file than the last, after which things begin anew. */
gboolean latent_feed_items_note_origin (LatentFeedItems *self, const char *origin);
/* The `unpack` of kinds whose items are a sample as it is. */
void latent_feed_unpack_floats (const LatentFeedPlan *plan, const guint8 *item, guint which,
    LatentRandom *random, float *src, float *weights);

/* A feed of a part's items, mixed unless it is a test. The plan outlives it. */
LatentFeed *latent_data_feed_new (
    const LatentFeedPlan *plan, const LatentFeedPart *part, GError **error);
