/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>
#include <latent/session.h>

/* Media and latents as GstCaps. */

/* NNStreamer's type for one or more tensors; ours are one float32 tensor of a fixed shape. */
#define LATENT_GST_TENSORS "other/tensors"
/* First hex digits of the latent id that the field latent-model of latents' caps carries. */
#define LATENT_GST_SHORT_ID 16
/* Dimensions strings are fixated to (at least) so many: NNStreamer's "W:H:C:N". */
#define LATENT_GST_RANK 4

/* What pictures of a video model are decoded to by default. */
LatentPixelFormat latent_gst_get_preferred_format (const LatentModel *model);
gboolean latent_gst_format_from_video (GstVideoFormat video, LatentPixelFormat *format);

/* All that an autoencoder's pads can carry, whatever the model. Transfer full, as in all below. */
GstCaps *latent_gst_new_template_caps (void);
/* All raw media of that kind. */
GstCaps *latent_gst_new_raw_caps (LatentMediaKind kind);
/* What a model takes and gives as media. */
GstCaps *latent_gst_new_media_caps (const LatentModel *model);
/* Tensors, shape open. id: NULL, or the latent id whose first digits they carry. */
GstCaps *latent_gst_new_tensors_caps (const char *id);

/* A shape as NNStreamer writes it, innermost first: {1, 12, 16, 24} is "24:16:12:1". The string has
 * `rank` numbers: ones are added or dropped at the end (outermost); never dropped where they are
 * not one. */
char *latent_gst_dims_to_string (guint n, const gint64 *dims, guint rank);
/* Sets the field "dimensions" to the list of all spellings, LATENT_GST_RANK numbers first. */
void latent_gst_set_dims (GstStructure *structure, guint n, const gint64 *dims);
/* FALSE where text is no shape, or has more than LATENT_MAX_DIMS dimensions. Ones at the end
 * (outermost) are dropped. */
gboolean latent_gst_dims_from_string (const char *text, guint *n, gint64 dims[LATENT_MAX_DIMS]);
/* Whether two shapes differ in nothing but outermost ones. */
gboolean latent_gst_dims_equal (guint n_a, const gint64 *a, guint n_b, const gint64 *b);
