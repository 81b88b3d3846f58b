/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-autoencoder
 * @title: autoencoder
 * @short_description: runs an autoencoder on video, audio or vectors
 *
 * Runs an autoencoder from an ONNX file, or a part of it. The property #LatentAutoencoder:mode says
 * which:
 *
 * - reconstruct: media in, what the net makes of them out, with the same caps and timestamps.
 * - encode: media in, latents out. Latents are `other/tensors` as NNStreamer has them: one float32
 *   tensor a buffer, one buffer a frame (or a hop of sound).
 * - decode: latents in, media out, cropped to the size that the caps' media-width and media-height
 *   tell. Latents of another model, as far as their caps say, are refused.
 * - embed: media pass untouched; the latent travels beside them as a #GstCustomMeta called
 *   "latent", which survives conversion, scaling and encoding. latent_gst_buffer_get_latent() reads
 *   it.
 *
 * The model settles the caps: what it cannot take is not offered, so that videoconvert, videoscale,
 * audioconvert and audioresample before the element do what is needed. Frames of any size fit a
 * fully convolutional net.
 *
 * At the end of the stream the element posts a message "latent-stats" with the structure of the
 * property #LatentAutoencoder:stats.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! videoconvert ! autoencoder model=camera.onnx \
 *   ! videoconvert ! jpegenc ! avimux ! filesink location=seen.avi
 * ]| What the net makes of a test picture.
 * |[
 * gst-launch-1.0 videotestsrc num-buffers=50 ! videoconvert \
 *   ! autoencoder model=camera.onnx mode=encode ! queue \
 *   ! autoencoder model=camera.onnx mode=decode ! videoconvert ! fakesink
 * ]| The same in two halves, each in a thread of its own; between them flow the latents.
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=50 ! videoconvert \
 *   ! autoencoder mode=embed inference-interval=5 model=camera.onnx ! fakesink
 * ]| Every fifth frame gets its latent as meta; the message latent-stats says how long it took.
 */

#include "plugin/autoencoder.h"

#include "plugin/autoencoder-private.h"
#include "plugin/cores.h"
#include "plugin/loading.h"
#include "plugin/properties.h"
#include "src/gst/caps.h"
#include "src/gst/enums.h"
#include "src/gst/message.h"

GST_DEBUG_CATEGORY (latent_autoencoder_debug);
#define GST_CAT_DEFAULT latent_autoencoder_debug

enum {
  PROP_0,
  PROP_MODEL,
  PROP_MODE,
  PROP_PRECISION,
  PROP_THREADS,
  PROP_BATCH_SIZE,
  PROP_INFERENCE_INTERVAL,
  PROP_STATS,
  N_PROPERTIES,
};

static GParamSpec *properties[N_PROPERTIES];

G_DEFINE_TYPE_WITH_CODE (LatentAutoencoder, latent_autoencoder, GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (latent_autoencoder_debug, "autoencoder", 0, "autoencoder element"))

LatentModel *
latent_autoencoder_ref_model (LatentAutoencoder *self)
{
  LatentModel *model;

  GST_OBJECT_LOCK (self);
  model = self->model ? latent_model_ref (self->model) : NULL;
  GST_OBJECT_UNLOCK (self);
  return model;
}

static void
take_model (LatentAutoencoder *self, LatentModel *model)
{
  LatentModel *old;

  GST_OBJECT_LOCK (self);
  old = self->model;
  self->model = model;
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&old, latent_model_unref);
}

static gboolean
load (LatentAutoencoder *self, GError **error)
{
  LatentModel *model;

  if (self->model)
    return TRUE;
  model = latent_load_model (self->settings.model, self->settings.mode, error);
  if (!model)
    return FALSE;
  take_model (self, model);
  return TRUE;
}

static gboolean
load_or_post (LatentAutoencoder *self)
{
  g_autoptr (GError) error = NULL;

  if (load (self, &error))
    return TRUE;
  latent_gst_post_error (GST_ELEMENT (self), error);
  return FALSE;
}

static gboolean
start (GstBaseTransform *trans)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (trans);
  LatentMode mode = self->settings.mode;
  const LatentMediaInfo *info;

  if (!load_or_post (self))
    return FALSE;
  info = latent_model_get_media_info (self->model);
  self->input = mode == LATENT_MODE_DECODE ? LATENT_PORT_LATENT : (LatentPortKind)info->kind;
  self->output = mode == LATENT_MODE_ENCODE || mode == LATENT_MODE_EMBED
                     ? LATENT_PORT_LATENT
                     : (LatentPortKind)info->kind;
  self->has_state = latent_model_get_metadata (self->model, "latent.state") != NULL;
  self->n_seen = 0;
  self->latency = 0;
  if (info->kind == LATENT_MEDIA_AUDIO)
    latent_timeline_init (&self->timeline, info->rate);
  latent_stats_reset (&self->stats, self->model);
  latent_cores_join (&self->is_live);
  gst_base_transform_set_passthrough (trans, mode == LATENT_MODE_EMBED);
  return TRUE;
}

static gboolean
stop (GstBaseTransform *trans)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (trans);

  latent_cores_leave (&self->is_live);
  gst_caps_replace (&self->compiled, NULL);
  gst_caps_replace (&self->refused, NULL);
  latent_autoencoder_forget (self);
  latent_timeline_clear (&self->timeline);
  g_clear_pointer (&self->session, latent_session_unref);
  return TRUE;
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (element);
  GstStateChangeReturn ret;

  /* early, so that the caps that are offered follow the model from the first link on */
  if (transition == GST_STATE_CHANGE_NULL_TO_READY && self->settings.model && !load_or_post (self))
    return GST_STATE_CHANGE_FAILURE;
  ret = GST_ELEMENT_CLASS (latent_autoencoder_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_NULL)
    take_model (self, NULL);
  return ret;
}

/* Never called, as generate_output is our own; the base class allocates output for those alone that
 * have it. */
static GstFlowReturn
transform (GstBaseTransform *trans, GstBuffer *inbuf, GstBuffer *outbuf)
{
  return GST_FLOW_NOT_SUPPORTED;
}

static gboolean
transform_size (GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps, gsize size,
    GstCaps *othercaps, gsize *othersize)
{
  *othersize = LATENT_AUTOENCODER (trans)->out_size;
  return TRUE;
}

/* Frames keep their size and place: whatever does not describe memory still holds. */
static gboolean
transform_meta (GstBaseTransform *trans, GstBuffer *outbuf, GstMeta *meta, GstBuffer *inbuf)
{
  return TRUE;
}

#define SETTING(id, field)                                                                         \
  {                                                                                                \
    PROP_##id, G_STRUCT_OFFSET (LatentSettings, field)                                             \
  }

static const LatentSetting settings[] = {
    SETTING (MODEL, model),
    SETTING (MODE, mode),
    SETTING (PRECISION, precision),
    SETTING (THREADS, threads),
    SETTING (BATCH_SIZE, batch_size),
    SETTING (INFERENCE_INTERVAL, inference_interval),
};

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (object);

  if (latent_settings_set (GST_ELEMENT (self), &self->settings, settings, G_N_ELEMENTS (settings),
          value, spec, id) &&
      (id == PROP_MODEL || id == PROP_MODE))
    take_model (self, NULL); /* loaded, and checked for the mode, on the way to PAUSED */
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (object);

  if (id == PROP_STATS)
    g_value_take_boxed (value, latent_stats_get (&self->stats));
  else
    latent_settings_get (
        GST_ELEMENT (self), &self->settings, settings, G_N_ELEMENTS (settings), value, id);
}

static void
clear_held (gpointer data)
{
  LatentHeld *held = data;

  gst_clear_buffer (&held->buffer);
}

static void
finalize (GObject *object)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (object);

  g_clear_pointer (&self->held, g_array_unref);
  latent_stats_clear (&self->stats);
  g_clear_pointer (&self->model, latent_model_unref);
  g_free (self->settings.model);
  G_OBJECT_CLASS (latent_autoencoder_parent_class)->finalize (object);
}

static void
latent_autoencoder_init (LatentAutoencoder *self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  latent_stats_init (&self->stats, GST_ELEMENT (self));
  self->held = g_array_new (FALSE, FALSE, sizeof (LatentHeld));
  g_array_set_clear_func (self->held, clear_held);
  gst_base_transform_set_gap_aware (trans, TRUE); /* the flag is kept */
  gst_base_transform_set_qos_enabled (trans, TRUE);
  latent_element_set_defaults (GST_ELEMENT (self));
}

static void
install_properties (GObjectClass *klass)
{
  properties[PROP_MODEL] = latent_property_new_model ();
  properties[PROP_MODE] = g_param_spec_enum ("mode", "Mode", "Which part of the model runs",
      LATENT_GST_TYPE_MODE, LATENT_MODE_RECONSTRUCT, LATENT_PROPERTY_EARLY);
  properties[PROP_PRECISION] = latent_property_new_precision ();
  properties[PROP_THREADS] = latent_property_new_threads ();
  properties[PROP_BATCH_SIZE] = latent_property_new_batch_size ();
  properties[PROP_INFERENCE_INTERVAL] = g_param_spec_uint ("inference-interval",
      "Inference interval", "Mode embed: every n-th frame gets its latent", 1, G_MAXUINT, 1,
      LATENT_PROPERTY_EARLY);
  properties[PROP_STATS] = latent_property_new_stats ("");
  g_object_class_install_properties (klass, N_PROPERTIES, properties);
}

static void
latent_autoencoder_class_init (LatentAutoencoderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);
  g_autoptr (GstCaps) caps = latent_gst_new_template_caps ();

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties (object_class);

  latent_element_add_pads (element_class, caps, caps);
  gst_element_class_set_static_metadata (element_class, "Autoencoder",
      "Filter/Converter/Video/Audio", "Runs an autoencoder (ONNX) on video, audio or vectors",
      "gst-latent");
  element_class->change_state = change_state;

  transform_class->start = start;
  transform_class->stop = stop;
  transform_class->transform_caps = latent_autoencoder_transform_caps;
  transform_class->fixate_caps = latent_autoencoder_fixate_caps;
  transform_class->accept_caps = latent_autoencoder_accept_caps;
  transform_class->set_caps = latent_autoencoder_set_caps;
  transform_class->query = latent_autoencoder_query;
  transform_class->decide_allocation = latent_autoencoder_decide_allocation;
  transform_class->propose_allocation = latent_autoencoder_propose_allocation;
  transform_class->transform = transform;
  transform_class->transform_size = transform_size;
  transform_class->transform_meta = transform_meta;
  transform_class->sink_event = latent_autoencoder_sink_event;
  transform_class->src_event = latent_autoencoder_src_event;
  transform_class->submit_input_buffer = latent_autoencoder_submit_input_buffer;
  transform_class->generate_output = latent_autoencoder_generate_output;

  gst_type_mark_as_plugin_api (LATENT_GST_TYPE_MODE, 0);
  gst_type_mark_as_plugin_api (LATENT_GST_TYPE_PRECISION, 0);
}
