/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-latenttestsrc
 * @title: latenttestsrc
 * @short_description: makes latents without media
 *
 * Makes latents of a model, as `other/tensors`, so that what the decoder makes of them can be
 * looked at: samples of a variational autoencoder, what one latent stands for, the way from one
 * sample to another, or latents that were written to a file.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 latenttestsrc model=vae.onnx num-buffers=20 \
 *   ! autoencoder model=vae.onnx mode=decode ! videoconvert ! jpegenc ! avimux \
 *   ! filesink location=digits.avi
 * ]| Twenty digits that nobody wrote.
 * |[
 * gst-launch-1.0 latenttestsrc model=vae.onnx pattern=traverse dimension=3 num-buffers=60 \
 *   ! other/tensors,framerate=30/1 ! autoencoder model=vae.onnx mode=decode ! videoconvert \
 *   ! fakesink
 * ]| What the fourth latent does.
 */

#include "plugin/testsrc.h"

#include <latent/session.h>

#include "plugin/properties.h"
#include "src/gst/caps.h"
#include "src/gst/enums.h"
#include "src/gst/message.h"
#include "src/media/pattern.h"

GST_DEBUG_CATEGORY_STATIC (latent_test_src_debug);
#define GST_CAT_DEFAULT latent_test_src_debug

/* What a frame rate is fixated to: new pictures slowly enough to be looked at. */
#define DEFAULT_FPS 5

enum {
  PROP_0,
  PROP_MODEL,
  PROP_PATTERN,
  PROP_SEED,
  PROP_DIMENSION,
  PROP_RANGE,
  PROP_PERIOD,
  PROP_LOCATION,
  PROP_LOOP,
  PROP_WIDTH,
  PROP_HEIGHT,
  PROP_IS_LIVE,
  N_PROPERTIES,
};

struct _LatentTestSrc {
  GstPushSrc parent;

  char *model_path;
  char *location;
  guint width, height; /* of the picture that nets of any size shall make */
  LatentPatternSettings settings;

  LatentModel *model; /* in PAUSED and PLAYING, as all below */
  guint n_dims;
  gint64 dims[LATENT_MAX_DIMS];
  LatentPattern *pattern;
  gint fps_n, fps_d;
  guint64 n_frames;
};

G_DEFINE_TYPE_WITH_CODE (LatentTestSrc, latent_test_src, GST_TYPE_PUSH_SRC,
    GST_DEBUG_CATEGORY_INIT (latent_test_src_debug, "latenttestsrc", 0, "latenttestsrc element"))

/* FALSE where the file does not tell. */
static gboolean
get_fixed_dims (LatentTestSrc *self, GVariant *facts)
{
  g_autoptr (GVariant)
      shape = g_variant_lookup_value (facts, "latent_shape", G_VARIANT_TYPE ("ax"));
  const gint64 *dims;
  gsize n = 0;

  if (!shape)
    return FALSE;
  dims = g_variant_get_fixed_array (shape, &n, sizeof (gint64));
  for (gsize i = 0; i < n; i++) {
    if (dims[i] < 1)
      return FALSE;
    self->dims[i] = dims[i];
  }
  self->n_dims = (guint)n;
  return n > 0;
}

static gboolean
get_dims_of_frame (LatentTestSrc *self, GError **error)
{
  g_autoptr (LatentSession) session = NULL;
  const gint64 *dims;

  if (!self->width || !self->height) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "model '%s' takes pictures of any size: properties width and height must say which",
        self->model_path);
    return FALSE;
  }
  session = latent_session_new (
      self->model, LATENT_MODE_ENCODE, LATENT_PRECISION_AUTO, 1, 1, error);
  if (!session || !latent_session_set_video (session, latent_gst_get_preferred_format (self->model),
                      self->width, self->height, error))
    return FALSE;
  dims = latent_session_get_latent_dims (session, &self->n_dims);
  memcpy (self->dims, dims, self->n_dims * sizeof dims[0]);
  return TRUE;
}

static gboolean
settle_dims (LatentTestSrc *self, GError **error)
{
  const LatentMediaInfo *info = latent_model_get_media_info (self->model);
  gboolean is_open = info->kind == LATENT_MEDIA_VIDEO && !info->fixed_width;
  g_autoptr (GVariant) facts = NULL;

  if (is_open)
    return get_dims_of_frame (self, error);
  facts = latent_model_describe (self->model, error);
  if (!facts)
    return FALSE;
  if (get_fixed_dims (self, facts))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "model '%s' does not tell the shape of its latents", self->model_path);
  return FALSE;
}

static gboolean
load (LatentTestSrc *self, GError **error)
{
  if (!self->model_path) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "property model must be set: the path of an .onnx file");
    return FALSE;
  }
  self->model = latent_model_load (self->model_path, error);
  if (!self->model || !settle_dims (self, error))
    return FALSE;
  self->settings.n = 1;
  for (guint i = 0; i < self->n_dims; i++)
    self->settings.n *= (gsize)self->dims[i];
  self->settings.path = self->location;
  self->pattern = latent_pattern_new (&self->settings, error);
  return self->pattern != NULL;
}

static void
forget (LatentTestSrc *self)
{
  g_clear_pointer (&self->pattern, latent_pattern_free);
  g_clear_pointer (&self->model, latent_model_unref);
}

/* Not in the base class's start(), behind whose failure another error follows. */
static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  LatentTestSrc *self = LATENT_TEST_SRC (element);
  g_autoptr (GError) error = NULL;
  GstStateChangeReturn result;

  self->n_frames = transition == GST_STATE_CHANGE_READY_TO_PAUSED ? 0 : self->n_frames;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !load (self, &error)) {
    forget (self);
    latent_gst_post_error (element, error);
    return GST_STATE_CHANGE_FAILURE;
  }
  result = GST_ELEMENT_CLASS (latent_test_src_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    forget (self);
  return result;
}

static GstCaps *
get_caps (GstBaseSrc *src, GstCaps *filter)
{
  LatentTestSrc *self = LATENT_TEST_SRC (src);
  g_autoptr (GstCaps) caps = NULL;

  if (!self->model) {
    caps = gst_pad_get_pad_template_caps (GST_BASE_SRC_PAD (src));
  } else {
    caps = latent_gst_new_tensors_caps (latent_model_get_id (self->model));
    latent_gst_set_dims (gst_caps_get_structure (caps, 0), self->n_dims, self->dims);
    if (self->width && self->height)
      gst_caps_set_simple (caps, "media-width", G_TYPE_INT, (gint)self->width, "media-height",
          G_TYPE_INT, (gint)self->height, NULL);
  }
  return filter ? gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST)
                : g_steal_pointer (&caps);
}

static GstCaps *
fixate (GstBaseSrc *src, GstCaps *caps)
{
  caps = gst_caps_make_writable (caps);
  gst_structure_fixate_field_nearest_fraction (
      gst_caps_get_structure (caps, 0), "framerate", DEFAULT_FPS, 1);
  return GST_BASE_SRC_CLASS (latent_test_src_parent_class)->fixate (src, caps);
}

static gboolean
set_caps (GstBaseSrc *src, GstCaps *caps)
{
  LatentTestSrc *self = LATENT_TEST_SRC (src);

  gst_structure_get_fraction (
      gst_caps_get_structure (caps, 0), "framerate", &self->fps_n, &self->fps_d);
  gst_base_src_set_blocksize (src, (guint)(self->settings.n * sizeof (float)));
  return TRUE;
}

/* When frame i begins; every frame at 0 where the rate is 0/1. */
static GstClockTime
get_time (const LatentTestSrc *self, guint64 i)
{
  if (self->fps_n <= 0)
    return 0;
  return gst_util_uint64_scale (i, GST_SECOND * (guint64)self->fps_d, (guint64)self->fps_n);
}

static void
get_times (GstBaseSrc *src, GstBuffer *buffer, GstClockTime *begin, GstClockTime *end)
{
  *begin = *end = GST_CLOCK_TIME_NONE;
  if (!gst_base_src_is_live (src))
    return;
  *begin = GST_BUFFER_PTS (buffer);
  *end = *begin + GST_BUFFER_DURATION (buffer);
}

static GstFlowReturn
fill (GstPushSrc *src, GstBuffer *buffer)
{
  LatentTestSrc *self = LATENT_TEST_SRC (src);
  g_autoptr (GError) error = NULL;
  LatentPatternResult result;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE))
    return GST_FLOW_ERROR;
  result = latent_pattern_next (self->pattern, (float *)map.data, &error);
  gst_buffer_unmap (buffer, &map);
  if (result == LATENT_PATTERN_END)
    return GST_FLOW_EOS;
  if (result == LATENT_PATTERN_ERROR) {
    latent_gst_post_error (GST_ELEMENT (self), error);
    return GST_FLOW_ERROR;
  }
  GST_BUFFER_PTS (buffer) = get_time (self, self->n_frames);
  GST_BUFFER_DURATION (buffer) = get_time (self, self->n_frames + 1) - GST_BUFFER_PTS (buffer);
  GST_BUFFER_OFFSET (buffer) = self->n_frames++;
  GST_BUFFER_OFFSET_END (buffer) = self->n_frames;
  return GST_FLOW_OK;
}

static gboolean
is_seekable (GstBaseSrc *src)
{
  return FALSE;
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  LatentTestSrc *self = LATENT_TEST_SRC (object);

  switch (id) {
  case PROP_MODEL:
    g_free (self->model_path);
    self->model_path = g_value_dup_string (value);
    break;
  case PROP_PATTERN:
    self->settings.kind = (LatentPatternKind)g_value_get_enum (value);
    break;
  case PROP_SEED:
    self->settings.seed = g_value_get_uint64 (value);
    break;
  case PROP_DIMENSION:
    self->settings.dimension = g_value_get_uint (value);
    break;
  case PROP_RANGE:
    self->settings.range = g_value_get_double (value);
    break;
  case PROP_PERIOD:
    self->settings.period = g_value_get_uint (value);
    break;
  case PROP_LOCATION:
    g_free (self->location);
    self->location = g_value_dup_string (value);
    break;
  case PROP_LOOP:
    self->settings.loop = g_value_get_boolean (value);
    break;
  case PROP_WIDTH:
    self->width = g_value_get_uint (value);
    break;
  case PROP_HEIGHT:
    self->height = g_value_get_uint (value);
    break;
  case PROP_IS_LIVE:
    gst_base_src_set_live (GST_BASE_SRC (self), g_value_get_boolean (value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    break;
  }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  LatentTestSrc *self = LATENT_TEST_SRC (object);

  switch (id) {
  case PROP_MODEL:
    g_value_set_string (value, self->model_path);
    break;
  case PROP_PATTERN:
    g_value_set_enum (value, (gint)self->settings.kind);
    break;
  case PROP_SEED:
    g_value_set_uint64 (value, self->settings.seed);
    break;
  case PROP_DIMENSION:
    g_value_set_uint (value, (guint)self->settings.dimension);
    break;
  case PROP_RANGE:
    g_value_set_double (value, self->settings.range);
    break;
  case PROP_PERIOD:
    g_value_set_uint (value, self->settings.period);
    break;
  case PROP_LOCATION:
    g_value_set_string (value, self->location);
    break;
  case PROP_LOOP:
    g_value_set_boolean (value, self->settings.loop);
    break;
  case PROP_WIDTH:
    g_value_set_uint (value, self->width);
    break;
  case PROP_HEIGHT:
    g_value_set_uint (value, self->height);
    break;
  case PROP_IS_LIVE:
    g_value_set_boolean (value, gst_base_src_is_live (GST_BASE_SRC (self)));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    break;
  }
}

static void
finalize (GObject *object)
{
  LatentTestSrc *self = LATENT_TEST_SRC (object);

  g_free (self->model_path);
  g_free (self->location);
  G_OBJECT_CLASS (latent_test_src_parent_class)->finalize (object);
}

static void
latent_test_src_init (LatentTestSrc *self)
{
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  latent_element_set_defaults (GST_ELEMENT (self));
}

static void
install_properties (GObjectClass *klass)
{
  const GParamFlags early = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;
  const GParamFlags preset = early | G_PARAM_CONSTRUCT; /* the default stands here alone */
  GParamSpec *properties[N_PROPERTIES] = {NULL};

  properties[PROP_MODEL] = g_param_spec_string (
      "model", "Model", "Path of the .onnx file whose latents are made", NULL, early);
  properties[PROP_PATTERN] = g_param_spec_enum ("pattern", "Pattern", "What the latents are",
      LATENT_GST_TYPE_PATTERN, LATENT_PATTERN_SAMPLES, preset);
  properties[PROP_SEED] = g_param_spec_uint64 (
      "seed", "Seed", "Of what is drawn", 0, G_MAXUINT64, 1, preset);
  properties[PROP_DIMENSION] = g_param_spec_uint ("dimension", "Dimension",
      "Traverse: which latent swings, counted from 0", 0, G_MAXUINT, 0, preset);
  properties[PROP_RANGE] = g_param_spec_double (
      "range", "Range", "Traverse: how far it swings each way", -1e6, 1e6, 3, preset);
  properties[PROP_PERIOD] = g_param_spec_uint ("period", "Period",
      "Frames of a swing there and back, or from one sample to the next", 1, G_MAXUINT, 30, preset);
  properties[PROP_LOCATION] = g_param_spec_string ("location", "Location",
      "A .npy file of latents: those of replay, or what traverse and interpolate start from", NULL,
      early);
  properties[PROP_LOOP] = g_param_spec_boolean (
      "loop", "Loop", "Begin the file again at its end", FALSE, preset);
  properties[PROP_WIDTH] = g_param_spec_uint ("width", "Width",
      "Of the pictures to be made, where the model makes them of any size", 0, G_MAXINT, 0, preset);
  properties[PROP_HEIGHT] = g_param_spec_uint ("height", "Height",
      "Of the pictures to be made, where the model makes them of any size", 0, G_MAXINT, 0, preset);
  properties[PROP_IS_LIVE] = g_param_spec_boolean (
      "is-live", "Is live", "Give each frame at its time", FALSE, preset);
  g_object_class_install_properties (klass, N_PROPERTIES, properties);
}

static void
latent_test_src_class_init (LatentTestSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);
  g_autoptr (GstCaps) caps = latent_gst_new_tensors_caps (NULL);

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties (object_class);

  gst_element_class_add_pad_template (
      element_class, gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_element_class_set_static_metadata (element_class, "Latent test source", "Source",
      "Makes latents of a model: samples, traversals, interpolations, replay", "gst-latent");

  element_class->change_state = change_state;
  src_class->get_caps = get_caps;
  src_class->fixate = fixate;
  src_class->set_caps = set_caps;
  src_class->get_times = get_times;
  src_class->is_seekable = is_seekable;
  GST_PUSH_SRC_CLASS (klass)->fill = fill;

  gst_type_mark_as_plugin_api (LATENT_GST_TYPE_PATTERN, 0);
}
