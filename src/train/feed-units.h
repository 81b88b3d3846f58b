/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/base/random.h"
#include "src/media/format.h"
#include "src/train/arch.h"
#include "src/train/feed.h"
#include "src/train/sample.h"

/* What a net's samples are made of: a source's samples become items, which a buffer mixes, and
 * items become samples. Kinds differ in what a sample of the source gives: a row of the table in
 * feed-plan.c.
 *
 * Samples are counted in units, as labels are: vectors, frames, windows of sound, sequences. */

typedef struct _LatentFeedKind LatentFeedKind;
typedef struct _LatentFeedUnits LatentFeedUnits;
struct _LatentLabels;

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
  char **inputs;                      /* borrowed */
  const struct _LatentLabels *labels; /* borrowed; NULL: none */
  const guint8 *picked; /* borrowed; a flag for each of the first n_picked; NULL: all */
  guint64 n_picked;
  guint64 begin, end; /* G_MAXUINT64: to the last */
  gboolean test;      /* nothing is random */
} LatentFeedPart;

/* What was put so far; made by zeroing it and setting plan and part. */
struct _LatentFeedUnits {
  const LatentFeedPlan *plan;
  LatentFeedPart part;
  guint64 epoch;
  guint64 unit;   /* of what is put next; after the end, how many there are */
  guint64 taken;  /* unit of the item that was taken last */
  char *origin;   /* of the current sample, for messages */
  gpointer state; /* the kind's */
};

struct _LatentFeedKind {
  /* Fills the plan from the first sample. */
  gboolean (*measure) (LatentFeedPlan *plan, const LatentSample *sample, GError **error);
  void (*start) (LatentFeedUnits *self); /* of an epoch */
  gboolean (*put) (LatentFeedUnits *self, const LatentSample *sample, GError **error);
  /* The next item of what was put, if there is one. */
  gboolean (*take) (LatentFeedUnits *self, guint8 *item);
  void (*clear) (LatentFeedUnits *self);
  /* Sample `which` of an item. random: NULL for tests. weights: NULL, or ones. */
  void (*unpack) (const LatentFeedPlan *plan, const guint8 *item, guint which, LatentRandom *random,
      float *src, float *weights);
};

extern const LatentFeedKind latent_feed_vectors;
extern const LatentFeedKind latent_feed_pictures;
extern const LatentFeedKind latent_feed_sound;
extern const LatentFeedKind latent_feed_sequences;

/* Begins an epoch; what is random about an item goes by its number. */
void latent_feed_units_start (LatentFeedUnits *self, guint64 epoch);
void latent_feed_units_clear (LatentFeedUnits *self);
/* Whether a unit is one of the part. */
gboolean latent_feed_units_want (const LatentFeedUnits *self, guint64 unit);
/* For kinds: whether the sample is of another file than the last, after which things begin anew. */
gboolean latent_feed_units_note_origin (LatentFeedUnits *self, const char *origin);
/* The `unpack` of kinds whose items are a sample as it is. */
void latent_feed_unpack_floats (const LatentFeedPlan *plan, const guint8 *item, guint which,
    LatentRandom *random, float *src, float *weights);

/* The plan's part that a model says, or, without one, the recipe for media of that kind and color.
 * Then the kind's `measure` fills the rest. */
void latent_feed_plan_take_model (LatentFeedPlan *plan, LatentModel *model);
void latent_feed_plan_take_media (LatentFeedPlan *plan, LatentMediaKind kind, LatentColor color);
void latent_feed_plan_choose_kind (LatentFeedPlan *plan);
/* After `measure`: whether the samples are what the model takes; vectors get its shape. */
gboolean latent_feed_plan_fit_model (LatentFeedPlan *plan, LatentModel *model, GError **error);
/* The next sample to its room, from an item whose payload is at `item`: numbers of the draw decide
 * what is random; NULL: nothing is. */
void latent_feed_plan_unpack (const LatentFeedPlan *plan, const guint8 *item, guint which,
    LatentRandom *random, const LatentSampleRoom *room);
