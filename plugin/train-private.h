/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "plugin/train.h"
#include "src/train/live.h"

struct _LatentTrain {
  GstBaseTransform parent;

  /* properties; under the object lock */
  char *model;
  char *init;
  char *recipe;
  char *settings;

  LatentLive *live; /* under the object lock; from PAUSED on, kept for stats afterwards */
  GstCaps *offered; /* under the object lock; what can be learned from; NULL: not known yet */
  gint is_failed;   /* atomic: an error was posted */

  GMutex arrival;
  gboolean is_awaiting; /* PAUSED is reached with the first buffer; under `arrival` */
  guint32 end;          /* seqnum of the end that came; under `arrival` */

  /* the streaming thread's own */
  LatentSample like; /* kind, rate, channels, shape; by the caps */
  GstVideoInfo video;
  GstAudioInfo audio;
  gsize size; /* bytes of a buffer of vectors */
};

/* train-state.c */
void latent_train_init_state (LatentTrain *self);
/* Whether nothing is linked behind it. */
gboolean latent_train_is_sink (LatentTrain *self);
void latent_train_note_arrival (LatentTrain *self);
void latent_train_note_end (LatentTrain *self, guint32 number);
/* Around what the base class does. */
void latent_train_begin_change (LatentTrain *self, GstStateChange transition);
GstStateChangeReturn latent_train_end_change (
    LatentTrain *self, GstStateChange transition, GstStateChangeReturn ret);

/* train-recipe.c: what the properties say. */
LatentRecipe *latent_train_make_recipe (LatentTrain *self, GError **error);

/* train-caps.c */
/* What any recipe can learn from. Transfer full, as below. */
GstCaps *latent_train_new_template_caps (void);
/* init: the model that is learned further; NULL: a new one is. */
GstCaps *latent_train_new_caps (const LatentRecipe *recipe, const LatentModel *init);
/* Those of the recipe once it is known. */
GstCaps *latent_train_get_caps (LatentTrain *self);
/* What the base class answered to a query of caps for the sink pad. */
void latent_train_answer_caps (LatentTrain *self, GstQuery *query);
gboolean latent_train_accept_caps (
    GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps);
/* Whether caps that came are those of the recipe. */
gboolean latent_train_check_caps (LatentTrain *self, GstCaps *caps, GError **error);
gboolean latent_train_read_caps (LatentTrain *self, GstCaps *caps);
/* Maps the buffer as a sample and hands it on. FALSE: error is set. */
gboolean latent_train_put_buffer (
    LatentTrain *self, LatentLive *live, GstBuffer *buffer, GError **error);
