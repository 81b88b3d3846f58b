/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/train-private.h"

/* What makes a sink of a filter with nothing behind it: the flag, the state that is reached with
 * the first buffer, the message at the end. Unlike other sinks it stops nothing in PAUSED. */

gboolean
latent_train_is_sink (LatentTrain *self)
{
  return !gst_pad_is_linked (GST_BASE_TRANSFORM_SRC_PAD (self));
}

static gboolean
has_sink (GstBin *bin)
{
  gboolean found = FALSE;
  GST_OBJECT_LOCK (bin);
  for (GList *child = bin->children; child && !found; child = child->next)
    found = GST_OBJECT_FLAG_IS_SET (child->data, GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_UNLOCK (bin);
  return found;
}

static void
set_sink_flag (GstObject *object, gboolean sink)
{
  GST_OBJECT_LOCK (object);
  if (sink)
    GST_OBJECT_FLAG_SET (object, GST_ELEMENT_FLAG_SINK);
  else
    GST_OBJECT_FLAG_UNSET (object, GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_UNLOCK (object);
}

/* A bin waits for the end of those of its children that are sinks, which a flag tells. It looks at
 * the flag of what is added to it; here the flag comes and goes later. */
static void
note_link (GstPad *pad, GstPad *peer, LatentTrain *self)
{
  set_sink_flag (GST_OBJECT (self), !gst_pad_is_linked (pad));
  GstObject *object = gst_object_get_parent (GST_OBJECT (self));
  while (object) {
    GstObject *parent = gst_object_get_parent (object);
    if (GST_IS_BIN (object) &&
        !(gst_bin_get_suppressed_flags (GST_BIN (object)) & GST_ELEMENT_FLAG_SINK))
      set_sink_flag (object, has_sink (GST_BIN (object)));
    gst_object_unref (object);
    object = parent;
  }
}

void
latent_train_init_state (LatentTrain *self)
{
  GstPad *pad = GST_BASE_TRANSFORM_SRC_PAD (self);
  g_mutex_init (&self->arrival);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
  g_signal_connect_object (pad, "linked", G_CALLBACK (note_link), self, 0);
  g_signal_connect_object (pad, "unlinked", G_CALLBACK (note_link), self, 0);
}

/* To the state that was asked for, as GstBaseSink does it: gst_element_continue_state() wants the
 * state lock, which a streaming thread must not wait for. */
static void
commit_state (GstElement *element)
{
  GST_OBJECT_LOCK (element);
  GstState current = GST_STATE (element), pending = GST_STATE_PENDING (element);
  gboolean plays = pending == GST_STATE_PLAYING;
  if (!plays && pending != GST_STATE_PAUSED) { /* on the way down */
    GST_OBJECT_UNLOCK (element);
    return;
  }
  GST_STATE (element) = pending;
  GST_STATE_NEXT (element) = GST_STATE_PENDING (element) = GST_STATE_VOID_PENDING;
  GST_STATE_RETURN (element) = GST_STATE_CHANGE_SUCCESS;
  GST_OBJECT_UNLOCK (element);
  gst_element_post_message (
      element, gst_message_new_state_changed (GST_OBJECT (element), current, GST_STATE_PAUSED,
                   plays ? GST_STATE_PLAYING : GST_STATE_VOID_PENDING));
  gst_element_post_message (
      element, gst_message_new_async_done (GST_OBJECT (element), GST_CLOCK_TIME_NONE));
  if (plays)
    gst_element_post_message (element, gst_message_new_state_changed (GST_OBJECT (element),
                                           GST_STATE_PAUSED, pending, GST_STATE_VOID_PENDING));
  GST_STATE_BROADCAST (element);
}

void
latent_train_note_arrival (LatentTrain *self)
{
  g_mutex_lock (&self->arrival);
  if (self->is_awaiting)
    commit_state (GST_ELEMENT (self));
  self->is_awaiting = FALSE;
  self->end = GST_SEQNUM_INVALID;
  g_mutex_unlock (&self->arrival);
}

static void
post_end (LatentTrain *self)
{
  GstMessage *message = gst_message_new_eos (GST_OBJECT (self));
  gst_message_set_seqnum (message, self->end);
  gst_element_post_message (GST_ELEMENT (self), message);
}

void
latent_train_note_end (LatentTrain *self, guint32 number)
{
  g_mutex_lock (&self->arrival);
  self->end = latent_train_is_sink (self) ? number : GST_SEQNUM_INVALID;
  if (self->end != GST_SEQNUM_INVALID)
    post_end (self);
  g_mutex_unlock (&self->arrival);
}

void
latent_train_begin_change (LatentTrain *self, GstStateChange transition)
{
  /* The streaming thread is done with all that its first buffer brought about: a bin that is told
   * late of a state forgets that it plays, and then never ends. */
  g_mutex_lock (&self->arrival);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    self->end = GST_SEQNUM_INVALID;
    self->is_awaiting = latent_train_is_sink (self);
    if (self->is_awaiting)
      gst_element_post_message (
          GST_ELEMENT (self), gst_message_new_async_start (GST_OBJECT (self)));
  }
  g_mutex_unlock (&self->arrival);
}

GstStateChangeReturn
latent_train_end_change (LatentTrain *self, GstStateChange transition, GstStateChangeReturn ret)
{
  gboolean up = transition == GST_STATE_CHANGE_READY_TO_PAUSED;
  g_mutex_lock (&self->arrival);
  if (up && self->is_awaiting && ret == GST_STATE_CHANGE_SUCCESS)
    ret = GST_STATE_CHANGE_ASYNC;
  else if (self->is_awaiting && (up || transition == GST_STATE_CHANGE_PAUSED_TO_READY)) {
    self->is_awaiting = FALSE;
    gst_element_post_message (
        GST_ELEMENT (self), gst_message_new_async_done (GST_OBJECT (self), GST_CLOCK_TIME_NONE));
  }
  /* bins forget ends on the way to PAUSED */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING && self->end != GST_SEQNUM_INVALID)
    post_end (self);
  g_mutex_unlock (&self->arrival);
  return ret;
}
