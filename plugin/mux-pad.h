/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstaggregator.h>
#include <latent/file.h>

G_BEGIN_DECLS

/* A sink pad of latentmux: a stream of the file. */
struct _LatentMuxPad {
  GstAggregatorPad parent;

  /* the streaming thread's own */
  GBytes *header;   /* sequence header of the caps, or NULL */
  GstTagList *tags; /* of the stream, not written yet; or NULL */
  guint64 duration; /* of most packets, in ns; 0: not known */
  guint stream;     /* number in the file, LATENT_FILE_WHOLE before there is one */
  guint64 end;      /* time in the file of the end of the last packet, in ns */
  guint64 pts;      /* of its begin */
};

#define LATENT_TYPE_MUX_PAD (latent_mux_pad_get_type ())
G_DECLARE_FINAL_TYPE (LatentMuxPad, latent_mux_pad, LATENT, MUX_PAD, GstAggregatorPad)

LatentMediaKind latent_mux_pad_get_kind (const LatentMuxPad *self);
/* Takes the stream's sequence header from caps. FALSE: they have none that can be read, or the file
 * has begun with another. */
gboolean latent_mux_pad_take_caps (LatentMuxPad *self, GstCaps *caps, GError **error);
/* Takes tags; those that are like the last ones are not written again. */
void latent_mux_pad_take_tags (LatentMuxPad *self, GstTagList *tags);
/* What the file says of a buffer; offset: added to its running time, in ns. */
LatentFilePacket latent_mux_pad_describe (
    const LatentMuxPad *self, GstBuffer *buffer, guint64 offset);

G_END_DECLS
