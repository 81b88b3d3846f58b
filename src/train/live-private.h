/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "src/train/feed-units.h"
#include "src/train/live.h"
#include "src/train/reservoir.h"

struct _LatentLive {
  LatentRecipe *recipe;
  LatentModel *init; /* NULL: none */
  LatentLiveFuncs funcs;
  gpointer data;

  /* The putting thread's own. */
  LatentFeedUnits units;
  guint8 *item;

  /* Set before the thread begins. */
  LatentFeedPlan plan;
  LatentReservoir *reservoir;
  guint64 enough; /* items for a batch, as many as there can be */
  GThread *thread;

  /* The learning thread's own. */
  LatentTrainer *trainer;
  guint8 *drawn;
  guint64 n_drawn; /* items */
  gint64 begun;    /* when the first step began, microseconds; 0: none did */
  gint64 told;     /* when progress was last told */
  guint64 told_step;
  guint64 written; /* step that the file has */

  GMutex lock;
  GCond changed;
  gboolean flowing;   /* samples came since the last end */
  gboolean finishing; /* the end came, and is waited for */
  gboolean hurried;
  gboolean saving; /* save() waits */
  gboolean quit;
  gboolean over;  /* no more is to be learned: all steps are done, or it failed */
  GError *result; /* of the last saving or finishing */
  LatentLiveStatus status;
};

/* live-learn.c: the learning thread; data is the LatentLive. */
gpointer latent_live_learn (gpointer data);
