/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* Tags as text: a key, which is GStreamer's name of the tag, and a value. */

typedef void (*LatentGstTagFunc) (const char *key, const char *value, gpointer data);

/* Calls func for every value of every tag that has a text: not for pictures, nor for the name of a
 * container, which is another one's. */
void latent_gst_tags_put (const GstTagList *tags, LatentGstTagFunc func, gpointer data);
/* Adds a tag. What GStreamer has no name for becomes an extended comment. */
void latent_gst_tags_get (GstTagList *tags, const char *key, const char *value);
