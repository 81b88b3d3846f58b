/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/autoencoder-private.h"

#include "plugin/picture.h"
#include "src/gst/message.h"

#define GST_CAT_DEFAULT latent_autoencoder_debug

/* The way of a buffer: submit_input_buffer() puts it into the next slot of the batch (samples: into
 * the session's queue) and holds what must come out with it; generate_output() runs the batch once
 * it is full, or the stream pauses, and gives one buffer a call. */

static gboolean (*const put[LATENT_N_PORTS]) (
    LatentAutoencoder *self, guint slot, GstBuffer *src) = {
    [LATENT_PORT_VECTOR] = latent_autoencoder_put_floats,
    [LATENT_PORT_VIDEO] = latent_autoencoder_put_picture,
    [LATENT_PORT_LATENT] = latent_autoencoder_put_floats,
};

static GstFlowReturn (*const get[LATENT_N_PORTS]) (
    LatentAutoencoder *self, LatentHeld *held, GstBuffer **dst) = {
    [LATENT_PORT_VECTOR] = latent_autoencoder_get_floats,
    [LATENT_PORT_VIDEO] = latent_autoencoder_get_picture,
    [LATENT_PORT_LATENT] = latent_autoencoder_get_floats,
};

static GstBaseTransformClass *
get_base_class (void)
{
  return GST_BASE_TRANSFORM_CLASS (g_type_class_peek (GST_TYPE_BASE_TRANSFORM));
}

void
latent_autoencoder_post_bad_buffer (LatentAutoencoder *self, const char *what)
{
  g_autoptr (GError) error = g_error_new (LATENT_ERROR, LATENT_ERROR_FORMAT, "a buffer %s", what);

  latent_gst_post_error (GST_ELEMENT (self), error);
}

GstFlowReturn
latent_autoencoder_allocate (LatentAutoencoder *self, GstBuffer *src, GstBuffer **dst)
{
  return get_base_class ()->prepare_output_buffer (GST_BASE_TRANSFORM (self), src, dst);
}

void
latent_autoencoder_hold (LatentAutoencoder *self, GstBuffer *buffer, gint slot, guint n_samples)
{
  LatentHeld held = {.buffer = buffer, .slot = slot, .n_samples = n_samples};

  g_array_append_val (self->held, held);
}

static GstFlowReturn
push_frame (LatentAutoencoder *self, gboolean is_discont, GstBuffer *buffer)
{
  gboolean embeds = self->settings.mode == LATENT_MODE_EMBED;
  guint n_samples = 0;

  if (self->output == LATENT_PORT_AUDIO) {
    GstFlowReturn ret;

    n_samples = latent_autoencoder_count_samples (self, buffer);
    ret = latent_autoencoder_follow (self, is_discont, buffer, n_samples);
    if (ret != GST_FLOW_OK) {
      gst_buffer_unref (buffer);
      return ret;
    }
  }
  if (embeds && self->n_seen++ % self->settings.inference_interval != 0) {
    latent_autoencoder_hold (self, buffer, -1, 0);
    return GST_FLOW_OK;
  }
  if (!put[self->input](self, self->n_filled, buffer)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  latent_autoencoder_hold (
      self, embeds ? buffer : latent_picture_strip (buffer), (gint)self->n_filled++, n_samples);
  return GST_FLOW_OK;
}

GstFlowReturn
latent_autoencoder_submit_input_buffer (
    GstBaseTransform *trans, gboolean is_discont, GstBuffer *buffer)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (trans);
  GstFlowReturn ret;

  self->is_refused = FALSE;
  /* renegotiates where downstream asked for it; drops what is late */
  ret = get_base_class ()->submit_input_buffer (trans, is_discont, buffer);
  if (ret == GST_BASE_TRANSFORM_FLOW_DROPPED)
    latent_stats_add_dropped (&self->stats);
  if (ret == GST_FLOW_NOT_NEGOTIATED && self->compiled)
    latent_autoencoder_post_refusal (self, self->compiled);
  if (ret != GST_FLOW_OK)
    return ret;

  buffer = g_steal_pointer (&trans->queued_buf);
  if (!self->compiled) {
    gst_buffer_unref (buffer); /* in mode embed the base class lets pass what comes without caps */
    return GST_FLOW_NOT_NEGOTIATED;
  }
  if (self->input == LATENT_PORT_AUDIO)
    return latent_autoencoder_push_samples (self, is_discont, buffer);
  if (is_discont && self->has_state)
    ret = latent_autoencoder_drain (self);
  if (ret != GST_FLOW_OK) {
    gst_buffer_unref (buffer);
    return ret;
  }
  return push_frame (self, is_discont, buffer);
}

/* Whether there is something to run or to hand on. */
static gboolean
is_batch_due (LatentAutoencoder *self, gboolean drain)
{
  if (self->input == LATENT_PORT_AUDIO)
    latent_autoencoder_take_windows (self, drain);
  if (self->held->len == 0)
    return FALSE;
  /* frames that pass without a latent wait for nothing but those before them */
  return drain || self->n_filled == 0 || self->n_filled == self->settings.batch_size;
}

static gboolean
run_batch (LatentAutoencoder *self)
{
  if (self->n_filled > 0 && !latent_stats_run (&self->stats, self->session, self->n_filled))
    return FALSE;
  if (self->output == LATENT_PORT_AUDIO) {
    latent_autoencoder_add_windows (self);
    return TRUE;
  }
  self->is_ready = TRUE;
  self->next = 0;
  return TRUE;
}

static void
begin_batch (LatentAutoencoder *self)
{
  g_array_set_size (self->held, 0);
  self->n_filled = 0;
  self->next = 0;
  self->is_ready = FALSE;
}

static GstFlowReturn
give (LatentAutoencoder *self, gboolean drain, GstBuffer **buffer)
{
  gboolean embeds = self->settings.mode == LATENT_MODE_EMBED;

  *buffer = NULL;
  if (embeds && self->input == LATENT_PORT_AUDIO)
    return latent_autoencoder_embed_samples (self, buffer);
  if (self->is_ready && self->next == self->held->len)
    begin_batch (self);
  while (!self->is_ready && is_batch_due (self, drain)) {
    if (!run_batch (self))
      return GST_FLOW_ERROR;
    if (!self->is_ready)
      begin_batch (self);
  }
  if (self->is_ready) {
    LatentHeld *held = &g_array_index (self->held, LatentHeld, self->next++);

    return embeds ? latent_autoencoder_embed (self, held, buffer)
                  : get[self->output](self, held, buffer);
  }
  if (self->output == LATENT_PORT_AUDIO)
    return latent_autoencoder_pop_samples (self, drain, buffer);
  return GST_FLOW_OK;
}

GstFlowReturn
latent_autoencoder_generate_output (GstBaseTransform *trans, GstBuffer **buffer)
{
  return give (LATENT_AUTOENCODER (trans), FALSE, buffer);
}

void
latent_autoencoder_forget (LatentAutoencoder *self)
{
  begin_batch (self);
  self->timeline.is_begun = FALSE;
  if (self->compiled)
    latent_session_reset (self->session);
}

GstFlowReturn
latent_autoencoder_drain (LatentAutoencoder *self)
{
  GstFlowReturn ret = GST_FLOW_OK;
  GstBuffer *buffer = NULL;

  if (!self->compiled || !gst_pad_has_current_caps (GST_BASE_TRANSFORM_SRC_PAD (self)))
    return ret;
  do {
    ret = give (self, TRUE, &buffer);
    if (ret == GST_FLOW_OK && buffer)
      ret = gst_pad_push (GST_BASE_TRANSFORM_SRC_PAD (self), buffer);
  } while (ret == GST_FLOW_OK && buffer);
  latent_autoencoder_forget (self);
  return ret;
}

static gboolean
renegotiate (LatentAutoencoder *self, GstEvent *event)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *parsed;

  gst_event_parse_caps (event, &parsed);
  caps = gst_caps_ref (parsed);
  /* upstream sends refused caps again with whatever comes next: once is enough to be told */
  self->is_refused = self->refused && gst_caps_is_equal (self->refused, caps);
  gst_caps_replace (&self->refused, NULL);
  if (get_base_class ()->sink_event (trans, event))
    return TRUE;
  gst_caps_replace (&self->compiled, NULL); /* no buffer passes before other caps came */
  if (!GST_PAD_IS_FLUSHING (trans->srcpad)) {
    latent_autoencoder_post_refusal (self, caps);
    gst_caps_replace (&self->refused, caps);
  }
  return FALSE;
}

gboolean
latent_autoencoder_sink_event (GstBaseTransform *trans, GstEvent *event)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (trans);

  switch (GST_EVENT_TYPE (event)) {
  case GST_EVENT_CAPS:
    latent_autoencoder_drain (self);
    return renegotiate (self, event);
  case GST_EVENT_STREAM_START:
  case GST_EVENT_SEGMENT:
  case GST_EVENT_GAP:
    latent_autoencoder_drain (self);
    break;
  case GST_EVENT_EOS:
    latent_autoencoder_drain (self);
    latent_stats_post (&self->stats, latent_stats_get (&self->stats));
    break;
  case GST_EVENT_FLUSH_STOP:
    latent_autoencoder_forget (self);
    break;
  default:
    break;
  }
  return get_base_class ()->sink_event (trans, event);
}

gboolean
latent_autoencoder_src_event (GstBaseTransform *trans, GstEvent *event)
{
  /* late sound is played, not dropped: the base class shall not hear of it */
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS &&
      LATENT_AUTOENCODER (trans)->input == LATENT_PORT_AUDIO)
    return gst_pad_push_event (trans->sinkpad, event);
  return get_base_class ()->src_event (trans, event);
}
