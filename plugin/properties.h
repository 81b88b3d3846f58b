/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* What classes of elements share. Properties: names, ranges and defaults stand here alone. */

/* Of what is read when a stream begins, with a default. */
#define LATENT_PROPERTY_EARLY                                                                      \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY | G_PARAM_CONSTRUCT)
/* Of what may change at any time. */
#define LATENT_PROPERTY_LATE                                                                       \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING | G_PARAM_CONSTRUCT)

GParamSpec *latent_property_new_model (void);
GParamSpec *latent_property_new_precision (void);
GParamSpec *latent_property_new_threads (void);
GParamSpec *latent_property_new_batch_size (void);
/* more: what the structure has beside what all have, as text. */
GParamSpec *latent_property_new_stats (const char *more);

/* Sets all that have a default (G_PARAM_CONSTRUCT) to it, when an element is made: one that is made
 * with a value out of range, as gst-launch-1.0 does it, gets neither the value nor the default. */
void latent_element_set_defaults (GstElement *element);

/* Where the value of a property lies: so many bytes into a struct, as a char *, gint, guint,
 * gboolean or enum, by the property's type. */
typedef struct {
  guint id;
  gsize offset;
} LatentSetting;

/* Sets a value under the element's lock, one that is read when a stream begins below PAUSED alone,
 * else with a warning in the log. FALSE: it was not set. */
gboolean latent_settings_set (GstElement *element, gpointer base, const LatentSetting *settings,
    guint n, const GValue *value, GParamSpec *spec, guint id);
/* Gets a value under the lock. */
void latent_settings_get (GstElement *element, gconstpointer base, const LatentSetting *settings,
    guint n, GValue *value, guint id);

/* A class whose instances have a core so many bytes in: it finds it by the instance. */
void latent_core_set_offset (gpointer klass, gsize offset);
gpointer latent_core_get (gpointer instance);

/* The templates of pads that are always there, "sink" and "src". */
void latent_element_add_pads (GstElementClass *klass, GstCaps *sink, GstCaps *src);
