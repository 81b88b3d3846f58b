/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <latent/tensor.h>

G_BEGIN_DECLS

/**
 * LATENT_GST_META_NAME:
 *
 * Name of the #GstCustomMeta that carries a latent beside its frame. Its structure has the fields
 * id (string, the latent id), model (string, the model's base name), dims (string, row-major, as in
 * "1,12,16,24"), type (string, "float32") and data (#GBytes): gst_buffer_get_custom_meta() reads it
 * without this library too. It has no tags, so that conversion, scaling and encoding keep it.
 */
#define LATENT_GST_META_NAME "latent"

/**
 * latent_gst_register_meta:
 *
 * Makes the "latent" meta known to GStreamer. The elements and the functions below do so
 * themselves; an application calls it where it looks for the meta by name before any of them ran.
 */
LATENT_API
void latent_gst_register_meta (void);

/**
 * latent_gst_buffer_add_latent:
 * @buffer: a writable buffer
 * @id: the latent id
 * @model: base name of the model
 * @latent: float32
 *
 * Attaches a latent. From GStreamer 1.26, where the library was built with its analytics library, a
 * #GstTensorMeta with the id "latent-<latent id>" is attached too.
 */
LATENT_API
void latent_gst_buffer_add_latent (
    GstBuffer *buffer, const char *id, const char *model, LatentTensor *latent);

/**
 * latent_gst_buffer_get_latent:
 * @buffer: a buffer
 *
 * Returns: (transfer full) (nullable): the latent that is attached to @buffer, without a copy;
 * %NULL where there is none, or where its fields contradict each other
 */
LATENT_API
LatentTensor *latent_gst_buffer_get_latent (GstBuffer *buffer);

/**
 * latent_gst_buffer_get_latent_id:
 * @buffer: a buffer
 *
 * Latents can be compared with each other where their ids are the same.
 *
 * Returns: (transfer none) (nullable): the identity of the latent space, as long as @buffer is not
 *   written to; %NULL where there is no latent
 */
LATENT_API
const char *latent_gst_buffer_get_latent_id (GstBuffer *buffer);

/**
 * latent_gst_buffer_get_model_name:
 * @buffer: a buffer
 *
 * Returns: (transfer none) (nullable): the base name of the model that made the latent, as long as
 *   @buffer is not written to; %NULL where there is no latent
 */
LATENT_API
const char *latent_gst_buffer_get_model_name (GstBuffer *buffer);

G_END_DECLS
