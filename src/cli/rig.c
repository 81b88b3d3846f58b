/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/rig.h"

#include <gst/app/gstappsink.h>
#include <latent/error.h>

typedef struct {
  GstElement *bin;
  GstBus *bus;
  GstPad *out; /* pushes into the bin */
  GstPad *in;  /* takes what comes out */
  LatentTake *take;
  GMutex lock;
  GCond ended;
  gboolean has_ended;
  double first; /* when the first buffer came; 0 until then */
} Rig;

static double
get_time (void)
{
  return 1e-6 * (double)g_get_monotonic_time ();
}

LatentTake *
latent_take_new (void)
{
  LatentTake *self = g_new0 (LatentTake, 1);

  self->buffers = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
  return self;
}

void
latent_take_free (LatentTake *self)
{
  if (self == NULL)
    return;
  gst_clear_caps (&self->caps);
  g_ptr_array_unref (self->buffers);
  g_free (self);
}

/* The bus's error, or that there is none. */
static void
set_error (GstBus *bus, GError **error)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);

  if (message != NULL)
    gst_message_parse_error (message, error, NULL);
  else
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FAILED, "the elements gave no reason");
}

LatentTake *
latent_take_new_source (const char *text, GError **error)
{
  g_autofree char *full = g_strdup_printf ("%s ! appsink name=sink sync=false", text);
  g_autoptr (LatentTake) self = latent_take_new ();
  g_autoptr (GstElement) pipeline = gst_parse_launch (full, error);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  GstSample *sample;

  if (pipeline == NULL)
    return NULL;
  gst_object_ref_sink (pipeline);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((sample = gst_app_sink_pull_sample (GST_APP_SINK (sink))) != NULL) {
    gst_caps_replace (&self->caps, gst_sample_get_caps (sample));
    g_ptr_array_add (self->buffers, gst_buffer_ref (gst_sample_get_buffer (sample)));
    gst_sample_unref (sample);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (self->caps != NULL)
    return g_steal_pointer (&self);
  set_error (bus, error);
  return NULL;
}

static GstFlowReturn
take_buffer (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Rig *self = gst_pad_get_element_private (pad);

  if (self->first == 0)
    self->first = get_time ();
  if (self->take != NULL)
    g_ptr_array_add (self->take->buffers, buffer);
  else
    gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static gboolean
take_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  Rig *self = gst_pad_get_element_private (pad);
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS && self->take != NULL) {
    gst_event_parse_caps (event, &caps);
    gst_caps_replace (&self->take->caps, caps);
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    g_mutex_lock (&self->lock);
    self->has_ended = TRUE;
    g_cond_signal (&self->ended);
    g_mutex_unlock (&self->lock);
  }
  gst_event_unref (event);
  return TRUE;
}

static void
clear_rig (Rig *self)
{
  if (self->bin != NULL)
    gst_element_set_state (self->bin, GST_STATE_NULL);
  if (self->out != NULL)
    gst_pad_set_active (self->out, FALSE);
  if (self->in != NULL)
    gst_pad_set_active (self->in, FALSE);
  gst_clear_object (&self->bin);
  gst_clear_object (&self->bus);
  gst_clear_object (&self->out);
  gst_clear_object (&self->in);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->ended);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rig, clear_rig)

static gboolean
has_property (GObject *object, const char *name)
{
  return g_object_class_find_property (G_OBJECT_GET_CLASS (object), name) != NULL;
}

static void
set_properties (const GValue *item, gpointer data)
{
  const LatentRigSettings *settings = data;
  GObject *element = g_value_get_object (item);

  if (has_property (element, "model"))
    g_object_set (element, "model", settings->model, NULL);
  if (has_property (element, "threads"))
    g_object_set (element, "threads", settings->threads, NULL);
  if (has_property (element, "batch-size"))
    g_object_set (element, "batch-size", settings->batch, NULL);
  if (has_property (element, "precision") && settings->precision != NULL)
    gst_util_set_object_arg (element, "precision", settings->precision);
}

static gboolean
build (Rig *self, const char *text, const LatentRigSettings *settings, GError **error)
{
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstPad) src = NULL;
  GstIterator *elements;

  self->bin = gst_parse_bin_from_description (text, TRUE, error);
  if (self->bin == NULL)
    return FALSE;
  gst_object_ref_sink (self->bin);
  elements = gst_bin_iterate_elements (GST_BIN (self->bin));
  gst_iterator_foreach (elements, set_properties, (gpointer)settings);
  gst_iterator_free (elements);
  self->bus = gst_bus_new ();
  gst_element_set_bus (self->bin, self->bus);
  self->out = gst_object_ref_sink (gst_pad_new ("out", GST_PAD_SRC));
  self->in = gst_object_ref_sink (gst_pad_new ("in", GST_PAD_SINK));
  gst_pad_set_element_private (self->in, self);
  gst_pad_set_chain_function (self->in, take_buffer);
  gst_pad_set_event_function (self->in, take_event);
  sink = gst_element_get_static_pad (self->bin, "sink");
  src = gst_element_get_static_pad (self->bin, "src");
  gst_pad_set_active (self->in, TRUE);
  gst_pad_set_active (self->out, TRUE);
  return gst_pad_link (self->out, sink) == GST_PAD_LINK_OK &&
         gst_pad_link (src, self->in) == GST_PAD_LINK_OK;
}

static gboolean
start (Rig *self, const LatentTake *src)
{
  GstSegment segment;

  if (gst_element_set_state (self->bin, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
    return FALSE;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->out, gst_event_new_stream_start ("latent-bench"));
  return gst_pad_push_event (self->out, gst_event_new_caps (src->caps)) &&
         gst_pad_push_event (self->out, gst_event_new_segment (&segment));
}

static gboolean
end (Rig *self)
{
  if (!gst_pad_push_event (self->out, gst_event_new_eos ()))
    return FALSE;
  g_mutex_lock (&self->lock);
  while (!self->has_ended)
    g_cond_wait (&self->ended, &self->lock);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* The first buffer finds things to be made yet: it is no part of the mean. */
static gboolean
push (Rig *self, const LatentTake *src, LatentRigTime *time)
{
  double from = 0;

  for (guint i = 0; i < src->buffers->len; i++) {
    double before = get_time (), took;
    if (gst_pad_push (self->out, gst_buffer_ref (src->buffers->pdata[i])) != GST_FLOW_OK)
      return FALSE;
    took = get_time () - before;
    if (i <= 1)
      from = i == 0 ? before + took : from;
    time->min = i <= 1 ? took : MIN (time->min, took);
  }
  if (!end (self))
    return FALSE;
  time->mean = (get_time () - from) / MAX (src->buffers->len - 1, 1);
  return TRUE;
}

gboolean
latent_rig_run (const char *text, const LatentRigSettings *settings, const LatentTake *src,
    LatentTake *dst, LatentRigTime *time, GError **error)
{
  g_auto (Rig) self = {.take = dst};
  double before;

  *time = (LatentRigTime){.frames = src->buffers->len};
  g_mutex_init (&self.lock);
  g_cond_init (&self.ended);
  if (!build (&self, text, settings, error))
    return FALSE;
  before = get_time ();
  if (start (&self, src) && push (&self, src, time)) {
    time->start = self.first > 0 ? self.first - before : 0;
    return TRUE;
  }
  set_error (self.bus, error);
  return FALSE;
}
