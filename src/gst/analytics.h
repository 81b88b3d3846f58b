/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <latent/tensor.h>

/* Attaches a GstTensorMeta with the id "latent-<id>"; does nothing where GStreamer has none
 * (before 1.26). */
void latent_gst_buffer_add_tensor_meta (GstBuffer *buffer, const char *id, LatentTensor *latent);
