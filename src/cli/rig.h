/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* Elements at work between two pads that are ours, so that they can be timed alone. */

/* A stream that was kept. */
typedef struct {
  GstCaps *caps;
  GPtrArray *buffers; /* GstBuffer * */
} LatentTake;

LatentTake *latent_take_new (void);
void latent_take_free (LatentTake *self);
/* What the source that gst-launch text describes gives until it ends. */
LatentTake *latent_take_new_source (const char *text, GError **error);

/* What the elements were like, in seconds. */
typedef struct {
  guint frames;
  double start; /* from state NULL until the first buffer came out */
  double mean;  /* of a buffer, from the second to the end of the stream */
  double min;   /* least time of pushing one */
} LatentRigTime;

/* What is set where an element has a property of that name. */
typedef struct {
  const char *model;
  const char *precision;
  guint threads;
  guint batch; /* batch-size */
} LatentRigSettings;

/* Pushes a stream through the elements that gst-launch text describes. dst (NULL: not kept) gets
 * what comes out. */
gboolean latent_rig_run (const char *text, const LatentRigSettings *settings, const LatentTake *src,
    LatentTake *dst, LatentRigTime *time, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentTake, latent_take_free)
