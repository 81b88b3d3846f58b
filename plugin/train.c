/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-latenttrain
 * @title: latenttrain
 * @short_description: learns an autoencoder from what flows through
 *
 * Learns an autoencoder from video, audio or vectors while they flow, on a thread of its own. With
 * its source pad linked it hands on what comes, untouched; without, it is a sink. The stream never
 * waits for it: samples go to a buffer of bounded size, where old ones are replaced, and the thread
 * learns from that as often as there is time, on half of the processors unless the key threads says
 * otherwise, with a low priority.
 *
 * What is learned says a recipe, as for `latent train`: #LatentTrain:recipe is a file or the name
 * of a shipped one, #LatentTrain:settings sets keys of it ("arch=conv latent=16 lr=0.003"; what has
 * spaces is quoted). Where steps or minutes are set, so much is learned: what the stream's time
 * does not suffice for follows at its end. Else learning ends with the stream. The key shuffle is
 * how many samples the buffer holds. Keys about files (input, test, labels, checkpoint, curve) have
 * no effect.
 *
 * The model is written at the end of the stream, once all steps are done, on the signal
 * #LatentTrain::save, and when the element stops.
 *
 * Each second, and when learning has ended, the element posts a message "latent-training" with step
 * (uint64), loss, rate (the learning rate) and, where the recipe has them, distortion, kl, bits
 * (doubles). Learning that diverges ends with an error, or a warning where the stream flows on; the
 * file then has the last good weights.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m videotestsrc pattern=ball num-buffers=60 ! video/x-raw,width=64,height=64 \
 *   ! latenttrain model=ball.onnx settings="arch=conv conv-channels=8,16 latent=8 batch=8 steps=50"
 * ]| Learns a small net from sixty pictures.
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball is-live=true num-buffers=30 ! videoconvert \
 *   ! latenttrain model=live.onnx settings="arch=conv crop=64x64 conv-channels=8,16 batch=8" \
 *   ! videoconvert ! fakesink
 * ]| Learns while a live stream is shown, for as long as it flows.
 */

#include "plugin/train.h"

#include "plugin/train-private.h"
#include "src/gst/caps.h"
#include "src/gst/message.h"

GST_DEBUG_CATEGORY_STATIC (latent_train_debug);
#define GST_CAT_DEFAULT latent_train_debug

enum {
  PROP_0,
  PROP_MODEL,
  PROP_INIT,
  PROP_RECIPE,
  PROP_SETTINGS,
  PROP_STATS,
  N_PROPERTIES,
};

enum {
  SIGNAL_SAVE,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPERTIES];
static guint signals[N_SIGNALS];

G_DEFINE_TYPE_WITH_CODE (LatentTrain, latent_train, GST_TYPE_BASE_TRANSFORM,
    GST_DEBUG_CATEGORY_INIT (latent_train_debug, "latenttrain", 0, "latenttrain element"))

static LatentLive *
ref_live (LatentTrain *self)
{
  GST_OBJECT_LOCK (self);
  LatentLive *live = self->live ? latent_live_ref (self->live) : NULL;
  GST_OBJECT_UNLOCK (self);
  return live;
}

static void
post_error (LatentTrain *self, const GError *error)
{
  g_atomic_int_set (&self->is_failed, 1);
  latent_gst_post_error (GST_ELEMENT (self), error);
}

/* A LatentLiveFuncs.progress. */
static void
post_progress (const LatentTrainResult *result, gpointer data)
{
  GstStructure *structure = gst_structure_new ("latent-training", "step", G_TYPE_UINT64,
      result->step, "loss", G_TYPE_DOUBLE, result->loss, "rate", G_TYPE_DOUBLE, result->rate, NULL);
  const struct {
    const char *name;
    double value;
  } terms[] = {
      {"distortion", result->distortion},
      {"kl",         result->kl        },
      {"bits",       result->bits      },
  };
  for (guint i = 0; i < G_N_ELEMENTS (terms); i++)
    if (terms[i].value == terms[i].value) /* else there is no such term */
      gst_structure_set (structure, terms[i].name, G_TYPE_DOUBLE, terms[i].value, NULL);
  gst_element_post_message (GST_ELEMENT (data), gst_message_new_element (data, structure));
}

/* A LatentLiveFuncs.failed. */
static void
post_failure (const GError *error, gboolean diverged, gpointer data)
{
  LatentTrain *self = data;
  if (diverged && !latent_train_is_sink (self)) {
    g_atomic_int_set (&self->is_failed, 1);
    GST_ELEMENT_WARNING (self, STREAM, FAILED, ("%s", error->message), (NULL));
  } else {
    post_error (self, error);
  }
}

static void
take_live (LatentTrain *self, LatentLive *live, GstCaps *offered)
{
  GST_OBJECT_LOCK (self);
  LatentLive *old = self->live;
  self->live = live;
  gst_caps_replace (&self->offered, offered);
  GST_OBJECT_UNLOCK (self);
  latent_live_unref (old);
}

static gboolean
start (GstBaseTransform *trans)
{
  static const LatentLiveFuncs funcs = {post_progress, post_failure};
  LatentTrain *self = LATENT_TRAIN (trans);
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentRecipe) recipe = latent_train_make_recipe (self, &error);
  LatentLive *live = recipe ? latent_live_new (recipe, &funcs, self, &error) : NULL;
  g_atomic_int_set (&self->is_failed, 0);
  if (!live) {
    post_error (self, error);
    return FALSE;
  }
  g_autoptr (GstCaps) offered = latent_train_new_caps (recipe, latent_live_get_init (live));
  take_live (self, live, offered);
  return TRUE;
}

static gboolean
stop (GstBaseTransform *trans)
{
  LatentTrain *self = LATENT_TRAIN (trans);
  g_autoptr (LatentLive) live = ref_live (self);
  if (live)
    latent_live_stop (live);
  GST_OBJECT_LOCK (self);
  gst_caps_replace (&self->offered, NULL);
  GST_OBJECT_UNLOCK (self);
  return TRUE;
}

static void
set_hurried (LatentTrain *self, gboolean hurried)
{
  g_autoptr (LatentLive) live = ref_live (self);
  if (live)
    latent_live_set_hurried (live, hurried);
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  LatentTrain *self = LATENT_TRAIN (element);
  GstStateChangeReturn ret;
  /* before pads are deactivated, which waits for the streaming thread */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    set_hurried (self, TRUE);
  latent_train_begin_change (self, transition);
  ret = GST_ELEMENT_CLASS (latent_train_parent_class)->change_state (element, transition);
  return latent_train_end_change (self, transition, ret);
}

static GstCaps *
transform_caps (GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  g_autoptr (GstCaps) offered = latent_train_get_caps (LATENT_TRAIN (trans));
  g_autoptr (GstCaps) taken = gst_caps_intersect_full (offered, caps, GST_CAPS_INTERSECT_FIRST);
  return filter ? gst_caps_intersect_full (taken, filter, GST_CAPS_INTERSECT_FIRST)
                : g_steal_pointer (&taken);
}

static gboolean
query (GstBaseTransform *trans, GstPadDirection direction, GstQuery *query)
{
  if (!GST_BASE_TRANSFORM_CLASS (latent_train_parent_class)->query (trans, direction, query))
    return FALSE;
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS && direction == GST_PAD_SINK)
    latent_train_answer_caps (LATENT_TRAIN (trans), query);
  return TRUE;
}

/* FALSE: an error was posted. */
static gboolean
check_event (LatentTrain *self, GstEvent *event)
{
  g_autoptr (GError) error = NULL;
  GstCaps *caps = NULL;
  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return TRUE;
  gst_event_parse_caps (event, &caps);
  if (latent_train_check_caps (self, caps, &error))
    return TRUE;
  if (!g_atomic_int_get (&self->is_failed)) /* upstream may try again */
    post_error (self, error);
  return FALSE;
}

static gboolean
set_caps (GstBaseTransform *trans, GstCaps *caps, GstCaps *out_caps)
{
  LatentTrain *self = LATENT_TRAIN (trans);
  if (latent_train_read_caps (self, caps))
    return TRUE;
  GST_ELEMENT_ERROR (self, STREAM, FORMAT,
      ("wanted video/x-raw, audio/x-raw or " LATENT_GST_TENSORS " with dimensions"),
      ("offered %" GST_PTR_FORMAT, caps));
  return FALSE;
}

static GstFlowReturn
transform_ip (GstBaseTransform *trans, GstBuffer *buffer)
{
  LatentTrain *self = LATENT_TRAIN (trans);
  g_autoptr (LatentLive) live = ref_live (self);
  g_autoptr (GError) error = NULL;
  latent_train_note_arrival (self);
  if (GST_BUFFER_IS_DISCONT (buffer))
    latent_live_note_gap (live);
  if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP) &&
      !latent_train_put_buffer (self, live, buffer, &error)) {
    post_error (self, error);
    return GST_FLOW_ERROR;
  }
  return latent_train_is_sink (self) ? GST_BASE_TRANSFORM_FLOW_DROPPED : GST_FLOW_OK;
}

/* Writes the model; the end goes on when that is done, so that who sees it finds the file. */
static void
finish (LatentTrain *self)
{
  g_autoptr (LatentLive) live = ref_live (self);
  g_autoptr (GError) error = NULL;
  if (live && !latent_live_finish (live, &error) && !g_atomic_int_get (&self->is_failed))
    post_error (self, error);
}

static gboolean
sink_event (GstBaseTransform *trans, GstEvent *event)
{
  LatentTrain *self = LATENT_TRAIN (trans);
  guint32 number = gst_event_get_seqnum (event);
  gboolean ended = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
  if (!check_event (self, event)) {
    gst_event_unref (event);
    return FALSE;
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START)
    set_hurried (self, TRUE);
  if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP)
    set_hurried (self, FALSE);
  if (ended || GST_EVENT_TYPE (event) == GST_EVENT_GAP)
    latent_train_note_arrival (self);
  if (ended)
    finish (self);
  gboolean done = GST_BASE_TRANSFORM_CLASS (latent_train_parent_class)->sink_event (trans, event);
  if (ended)
    latent_train_note_end (self, number);
  return done || latent_train_is_sink (self);
}

static gboolean
save (LatentTrain *self)
{
  g_autoptr (LatentLive) live = ref_live (self);
  g_autoptr (GError) error = NULL;
  if (live && latent_live_save (live, &error))
    return TRUE;
  GST_WARNING_OBJECT (self, "not saved: %s", error ? error->message : "the element is not started");
  return FALSE;
}

static GstStructure *
get_stats (LatentTrain *self)
{
  g_autoptr (LatentLive) live = ref_live (self);
  LatentLiveStatus status = {0};
  if (live)
    latent_live_get_status (live, &status);
  return gst_structure_new ("latent-training-stats", "step", G_TYPE_UINT64, status.last.step,
      "loss", G_TYPE_DOUBLE, status.last.loss, "rate", G_TYPE_DOUBLE, status.last.rate, "samples",
      G_TYPE_UINT64, status.samples, "dropped", G_TYPE_UINT64, status.dropped, "buffered",
      G_TYPE_UINT64, status.items, "capacity", G_TYPE_UINT64, status.capacity, NULL);
}

/* Where a property of that number is kept. */
static char **
get_text (LatentTrain *self, guint id)
{
  char **const texts[] = {
      [PROP_MODEL] = &self->model,
      [PROP_INIT] = &self->init,
      [PROP_RECIPE] = &self->recipe,
      [PROP_SETTINGS] = &self->settings,
  };
  return id < G_N_ELEMENTS (texts) ? texts[id] : NULL;
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  LatentTrain *self = LATENT_TRAIN (object);
  char **text = get_text (self, id);
  if (!text) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
  } else if (GST_STATE (self) > GST_STATE_READY) {
    GST_WARNING_OBJECT (self, "property %s can be set below PAUSED only", spec->name);
  } else {
    GST_OBJECT_LOCK (self);
    g_free (*text);
    *text = g_value_dup_string (value);
    GST_OBJECT_UNLOCK (self);
  }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  LatentTrain *self = LATENT_TRAIN (object);
  char **text = get_text (self, id);
  if (id == PROP_STATS) {
    g_value_take_boxed (value, get_stats (self));
  } else if (text) {
    GST_OBJECT_LOCK (self);
    g_value_set_string (value, *text);
    GST_OBJECT_UNLOCK (self);
  } else {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
  }
}

static void
finalize (GObject *object)
{
  LatentTrain *self = LATENT_TRAIN (object);
  for (guint id = PROP_MODEL; id <= PROP_SETTINGS; id++)
    g_free (*get_text (self, id));
  gst_caps_replace (&self->offered, NULL);
  latent_live_unref (self->live);
  g_mutex_clear (&self->arrival);
  G_OBJECT_CLASS (latent_train_parent_class)->finalize (object);
}

static void
latent_train_init (LatentTrain *self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  gst_base_transform_set_passthrough (trans, TRUE);
  latent_train_init_state (self);
}

static void
install_properties (GObjectClass *klass)
{
  const GParamFlags early = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
  properties[PROP_MODEL] = g_param_spec_string (
      "model", "Model", "Path of the .onnx file to write (the recipe's key output)", NULL, early);
  properties[PROP_INIT] = g_param_spec_string (
      "init", "Init", "Path of a model to learn further; unset: a new one", NULL, early);
  properties[PROP_RECIPE] = g_param_spec_string ("recipe", "Recipe",
      "Path of a recipe, or the name of a shipped one; unset: defaults", NULL, early);
  properties[PROP_SETTINGS] = g_param_spec_string ("settings", "Settings",
      "Keys of the recipe that are set over it: \"arch=conv latent=16 lr=0.003\"; `latent train "
      "--help` lists them",
      NULL, early);
  properties[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "step, loss, rate; samples that came, pieces that were dropped as the stream does not wait, "
      "those that are buffered, capacity of the buffer",
      GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (klass, N_PROPERTIES, properties);
}

static void
latent_train_class_init (LatentTrainClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);
  g_autoptr (GstCaps) caps = latent_train_new_template_caps ();

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties (object_class);

  /**
   * LatentTrain::save:
   *
   * Writes the model as learned so far, and waits for that: a step at most.
   *
   * Returns: whether it was written
   */
  signals[SIGNAL_SAVE] = g_signal_new_class_handler ("save", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (save), NULL, NULL, NULL, G_TYPE_BOOLEAN, 0);

  gst_element_class_add_pad_template (
      element_class, gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps));
  gst_element_class_add_pad_template (
      element_class, gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_element_class_set_static_metadata (element_class, "Autoencoder trainer",
      "Sink/Filter/Video/Audio", "Learns an autoencoder (ONNX) from what flows through",
      "gst-latent");
  element_class->change_state = change_state;

  transform_class->start = start;
  transform_class->stop = stop;
  transform_class->transform_caps = transform_caps;
  transform_class->query = query;
  transform_class->accept_caps = latent_train_accept_caps;
  transform_class->set_caps = set_caps;
  transform_class->transform_ip = transform_ip;
  transform_class->sink_event = sink_event;
}
