/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/videodec-private.h"

#include "plugin/picture.h"
#include "src/gst/message.h"

#define GST_CAT_DEFAULT latent_video_dec_debug

/* Writes the picture of a slot. */
static GstFlowReturn
fill (LatentVideoDec *self, GstVideoCodecFrame *codec_frame, guint slot)
{
  GstVideoFrame frame;
  LatentPicture picture = {0};
  guint64 n_nonfinite;
  GstFlowReturn ret = gst_video_decoder_allocate_output_frame (
      GST_VIDEO_DECODER (self), codec_frame);

  if (ret != GST_FLOW_OK)
    return ret;
  if (!latent_picture_map (
          &self->info, codec_frame->output_buffer, GST_MAP_WRITE, &frame, &picture)) {
    GST_ELEMENT_ERROR (
        self, RESOURCE, WRITE, ("a buffer of the pool cannot be written to"), (NULL));
    return GST_FLOW_ERROR;
  }
  n_nonfinite = latent_session_get_picture (self->core.session, slot, &picture);
  gst_video_frame_unmap (&frame);
  latent_stats_add_nonfinite (
      &self->core.stats, latent_model_get_id (self->core.model), n_nonfinite);
  return GST_FLOW_OK;
}

static GstFlowReturn
show (LatentVideoDec *self, const LatentVideoHeld *held)
{
  GstVideoDecoder *decoder = GST_VIDEO_DECODER (self);
  GstFlowReturn ret = fill (self, held->frame, held->slot);

  if (ret != GST_FLOW_OK) {
    gst_video_decoder_release_frame (decoder, held->frame);
    return ret;
  }
  if (held->is_concealed) {
    GST_VIDEO_CODEC_FRAME_FLAG_SET (held->frame, GST_VIDEO_CODEC_FRAME_FLAG_CORRUPTED);
    GST_BUFFER_FLAG_SET (held->frame->output_buffer, GST_BUFFER_FLAG_CORRUPTED);
    latent_dec_core_count_concealed (&self->core, 1);
  }
  return gst_video_decoder_finish_frame (decoder, held->frame);
}

void
latent_video_dec_forget (LatentVideoDec *self)
{
  for (guint i = 0; i < self->held->len; i++)
    gst_video_codec_frame_unref (g_array_index (self->held, LatentVideoHeld, i).frame);
  g_array_set_size (self->held, 0);
  self->n_filled = 0;
}

GstFlowReturn
latent_video_dec_run (LatentVideoDec *self)
{
  g_autoptr (GArray) held = self->held;
  GstFlowReturn ret = GST_FLOW_OK;
  guint n = self->n_filled;

  self->held = g_array_new (FALSE, FALSE, sizeof (LatentVideoHeld));
  self->n_filled = 0;
  if (n > 0 && !latent_stats_run (&self->core.stats, self->core.session, n))
    ret = GST_FLOW_ERROR;
  if (n > 0) {
    self->has_shown = ret == GST_FLOW_OK;
    self->shown = n - 1;
  }
  for (guint i = 0; i < held->len; i++) {
    const LatentVideoHeld *one = &g_array_index (held, LatentVideoHeld, i);

    if (ret == GST_FLOW_OK)
      ret = show (self, one);
    else
      gst_video_decoder_release_frame (GST_VIDEO_DECODER (self), one->frame);
  }
  return ret;
}

static GstFlowReturn
hold (LatentVideoDec *self, LatentVideoHeld held)
{
  g_array_append_val (self->held, held);
  /* what shows a picture that is there waits for nothing but those before it */
  return self->n_filled == 0 || self->n_filled == self->core.settings.batch_size
             ? latent_video_dec_run (self)
             : GST_FLOW_OK;
}

/* Whether the net may rest: nobody will see the frame. */
static gboolean
is_late (LatentVideoDec *self, GstVideoCodecFrame *frame)
{
  return !self->core.has_state &&
         gst_video_decoder_get_max_decode_time (GST_VIDEO_DECODER (self), frame) < 0;
}

/* A frame that cannot be decoded; info: what its packet says, NULL where that is not known. */
static GstFlowReturn
conceal (LatentVideoDec *self, GstVideoCodecFrame *frame, const LatentPacketInfo *info)
{
  gboolean has_picture = self->n_filled > 0 || self->has_shown;
  const float *expected = info ? latent_dec_core_predict (&self->core, info->number) : NULL;
  LatentVideoHeld held = {.frame = frame, .is_concealed = TRUE};

  if (latent_dec_core_lose (&self->core, frame->pts))
    gst_video_decoder_request_sync_point (GST_VIDEO_DECODER (self), frame, 0);
  if (self->core.settings.conceal == LATENT_GST_CONCEAL_NONE || !has_picture)
    return gst_video_decoder_drop_frame (GST_VIDEO_DECODER (self), frame);
  if (expected && !is_late (self, frame))
    latent_session_put_latent (self->core.session, self->n_filled++, expected);
  held.slot = self->n_filled > 0 ? self->n_filled - 1 : self->shown;
  return hold (self, held);
}

static GstFlowReturn
take_latents (LatentVideoDec *self, GstVideoCodecFrame *frame, gboolean is_key)
{
  LatentVideoHeld held = {.frame = frame, .slot = self->n_filled};

  self->core.n_lost = 0;
  if (is_key && self->core.has_state)
    latent_session_reset (self->core.session); /* nothing is held: such nets have a batch of 1 */
  if (is_late (self, frame)) {
    latent_stats_add_dropped (&self->core.stats);
    return gst_video_decoder_drop_frame (GST_VIDEO_DECODER (self), frame);
  }
  latent_session_put_latent (self->core.session, self->n_filled++, self->core.latents);
  return hold (self, held);
}

GstFlowReturn
latent_video_dec_take_packet (
    LatentVideoDec *self, GstVideoCodecFrame *frame, const guint8 *packet, gsize size)
{
  g_autoptr (GError) error = NULL;
  LatentPacketInfo info;
  GstFlowReturn ret = GST_FLOW_OK;
  LatentDecodeResult result;

  if (!latent_dec_core_is_ready (&self->core, packet, size, &error)) {
    if (!error)
      return conceal (self, frame, NULL);
    gst_video_decoder_release_frame (GST_VIDEO_DECODER (self), frame);
    latent_gst_post_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  if (!self->is_negotiated) {
    gst_video_decoder_release_frame (GST_VIDEO_DECODER (self), frame);
    return GST_FLOW_NOT_NEGOTIATED;
  }
  result = latent_dec_core_decode (&self->core, packet, size, &info, &error);
  switch (result) {
  case LATENT_DECODE_OK:
    return take_latents (self, frame, info.key);
  case LATENT_DECODE_BAD:
    GST_VIDEO_DECODER_ERROR (self, 1, STREAM, DECODE, ("%s", error->message), (NULL), ret);
    break;
  default:
    GST_DEBUG_OBJECT (self, "%s", error->message);
    break;
  }
  if (ret == GST_FLOW_OK)
    return conceal (self, frame, result == LATENT_DECODE_LOST ? &info : NULL);
  gst_video_decoder_release_frame (GST_VIDEO_DECODER (self), frame);
  return ret;
}
