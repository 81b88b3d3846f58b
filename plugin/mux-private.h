/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include "plugin/mux-pad.h"
#include "plugin/mux.h"

/* latentmux: what goes into the file. */

#define LATENT_MUX_CAPS "application/x-latent"

struct _LatentMux {
  GstAggregator parent;

  guint64 block_duration; /* ns; under the object lock */
  guint n_video, n_audio; /* pads that were ever requested; under the object lock */
  gboolean has_begun;     /* likewise */

  /* the streaming thread's own */
  LatentFileWriter *writer;
  GstTagList *tags; /* of the whole, not written yet; or NULL */
  guint64 offset;   /* of the time after a flush, in ns */
  guint64 end;      /* of what was written, in ns */
};

/* Every pad that has caps by now becomes a stream. */
gboolean latent_mux_begin (LatentMux *self, GPtrArray *pads, GError **error);
/* Tags that came since. */
void latent_mux_add_tags (LatentMux *self, GPtrArray *pads);
gboolean latent_mux_add_buffer (
    LatentMux *self, LatentMuxPad *pad, GstBuffer *buffer, GError **error);
/* Pushes what the writer has; the caps before the first. */
GstFlowReturn latent_mux_push (LatentMux *self);
/* Ends the file and pushes the rest; EOS, or an error. */
GstFlowReturn latent_mux_finish (LatentMux *self);
