/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/autoencoder-private.h"

#include <string.h>

#include "plugin/cores.h"
#include "src/gst/caps.h"
#include "src/gst/message.h"

#define GST_CAT_DEFAULT latent_autoencoder_debug

static void
refuse (LatentAutoencoder *self, const GError *error)
{
  if (!self->is_refused)
    latent_gst_post_error (GST_ELEMENT (self), error);
  self->is_refused = TRUE;
}

static void
refuse_caps (
    LatentAutoencoder *self, const char *verb, GstCaps *ours, const char *other, GstCaps *theirs)
{
  g_autofree char *our_text = gst_caps_to_string (ours);
  g_autofree char *their_text = gst_caps_to_string (theirs);
  g_autoptr (GError) error = g_error_new (LATENT_ERROR, LATENT_ERROR_TYPE,
      "caps do not fit: model '%s' %s %s; %s %s", self->settings.model, verb, our_text, other,
      their_text);

  refuse (self, error);
}

static void
refuse_output (LatentAutoencoder *self, GstCaps *given)
{
  g_autoptr (GstCaps) wanted = gst_pad_peer_query_caps (GST_BASE_TRANSFORM_SRC_PAD (self), NULL);

  refuse_caps (self, "gives", given, "downstream wants", wanted);
}

void
latent_autoencoder_post_refusal (LatentAutoencoder *self, GstCaps *offered)
{
  g_autoptr (GstCaps) wanted = NULL, given = NULL;

  if (self->is_refused)
    return;
  wanted = latent_autoencoder_get_offered_caps (self, GST_PAD_SINK);
  if (!gst_caps_can_intersect (wanted, offered)) {
    refuse_caps (self, "wants", wanted, "it was offered", offered);
    return;
  }
  given = latent_autoencoder_transform_caps (
      GST_BASE_TRANSFORM (self), GST_PAD_SINK, offered, NULL);
  refuse_output (self, given);
}

/* FALSE with the error unless the caps' dimensions are dims. */
static gboolean
check_dims (
    LatentAutoencoder *self, const GstStructure *caps, guint n, const gint64 *dims, GError **error)
{
  const char *text = gst_structure_get_string (caps, "dimensions");
  g_autofree char *wanted = NULL;
  guint n_offered;
  gint64 offered[LATENT_MAX_DIMS];

  if (text && latent_gst_dims_from_string (text, &n_offered, offered) &&
      latent_gst_dims_equal (n, dims, n_offered, offered))
    return TRUE;
  wanted = latent_gst_dims_to_string (n, dims, LATENT_GST_RANK);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "model '%s' wants dimensions %s, and was offered %s", self->settings.model, wanted,
      text ? text : "none");
  return FALSE;
}

static gboolean
check_latent_model (LatentAutoencoder *self, const GstStructure *caps, GError **error)
{
  const char *offered = gst_structure_get_string (caps, "latent-model");
  const char *wanted = latent_model_get_id (self->model);

  if (!offered || strncmp (offered, wanted, LATENT_GST_SHORT_ID) == 0)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
      "model '%s' wants latents of latent-model %.*s, and was offered those of %s",
      self->settings.model, LATENT_GST_SHORT_ID, wanted, offered);
  return FALSE;
}

static gboolean
set_video (LatentAutoencoder *self, GstVideoInfo *info, GstCaps *caps, GError **error)
{
  LatentPixelFormat format;

  if (!gst_video_info_from_caps (info, caps) ||
      !latent_gst_format_from_video (GST_VIDEO_INFO_FORMAT (info), &format)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "these video caps cannot be mapped");
    return FALSE;
  }
  return latent_session_set_video (self->session, format, (guint)GST_VIDEO_INFO_WIDTH (info),
      (guint)GST_VIDEO_INFO_HEIGHT (info), error);
}

static gboolean
set_audio (LatentAutoencoder *self, GstAudioInfo *info, GstCaps *caps, GError **error)
{
  LatentSampleFormat format;

  if (!gst_audio_info_from_caps (info, caps)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE, "these audio caps cannot be mapped");
    return FALSE;
  }
  format = GST_AUDIO_INFO_FORMAT (info) == GST_AUDIO_FORMAT_S16 ? LATENT_SAMPLE_FORMAT_S16
                                                                : LATENT_SAMPLE_FORMAT_F32;
  return latent_session_set_audio (self->session, format, error);
}

/* Shape of a vector, the batch being 1. */
static void
get_vector_dims (const LatentAutoencoder *self, guint *n, gint64 dims[LATENT_MAX_DIMS])
{
  LatentProgram *program = latent_session_get_program (self->session);
  const LatentPort *port = self->settings.mode == LATENT_MODE_DECODE
                               ? latent_program_get_output (program, 0)
                               : latent_program_get_input (program, 0);

  *n = port->n_dims;
  memcpy (dims, port->dims, port->n_dims * sizeof dims[0]);
  dims[0] /= self->settings.batch_size;
}

static gsize
count_bytes (guint n, const gint64 *dims)
{
  gsize size = sizeof (float);

  for (guint i = 0; i < n; i++)
    size *= (gsize)dims[i];
  return size;
}

static gboolean
compile_video (LatentAutoencoder *self, GstCaps *caps, GError **error)
{
  return set_video (self, &self->in_video, caps, error);
}

static gboolean
compile_audio (LatentAutoencoder *self, GstCaps *caps, GError **error)
{
  return set_audio (self, &self->in_audio, caps, error);
}

static gboolean
compile_vector (LatentAutoencoder *self, GstCaps *caps, GError **error)
{
  guint n;
  gint64 dims[LATENT_MAX_DIMS];

  if (!latent_session_set_vector (self->session, error))
    return FALSE;
  get_vector_dims (self, &n, dims);
  self->in_size = count_bytes (n, dims);
  return check_dims (self, gst_caps_get_structure (caps, 0), n, dims, error);
}

/* Pictures' size is what the caps say; else it follows from the latents. */
static gboolean
compile_pictures (LatentAutoencoder *self, const GstStructure *caps, GError **error)
{
  gint width, height;

  if (gst_structure_get_int (caps, "media-width", &width) &&
      gst_structure_get_int (caps, "media-height", &height)) {
    if (width < 1 || height < 1) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
          "media-width and media-height are %dx%d", width, height);
      return FALSE;
    }
    if (!latent_session_set_video (self->session, latent_gst_get_preferred_format (self->model),
            (guint)width, (guint)height, error))
      return FALSE;
  }
  latent_session_get_size (self->session, &self->net_width, &self->net_height);
  return TRUE;
}

static gboolean
compile_latents (LatentAutoencoder *self, GstCaps *caps, GError **error)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  const char *text = gst_structure_get_string (structure, "dimensions");
  gint64 dims[LATENT_MAX_DIMS];
  guint n;

  if (!check_latent_model (self, structure, error))
    return FALSE;
  if (!text || !latent_gst_dims_from_string (text, &n, dims)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "model '%s' wants dimensions, and was offered %s", self->settings.model,
        text ? text : "none");
    return FALSE;
  }
  if (!latent_session_set_latents (self->session, n, dims, error))
    return FALSE;
  self->in_size = latent_session_get_latent_size (self->session);
  return self->output != LATENT_PORT_VIDEO || compile_pictures (self, structure, error);
}

static gboolean (*const compile_port[LATENT_N_PORTS]) (
    LatentAutoencoder *self, GstCaps *caps, GError **error) = {
    [LATENT_PORT_VECTOR] = compile_vector,
    [LATENT_PORT_VIDEO] = compile_video,
    [LATENT_PORT_AUDIO] = compile_audio,
    [LATENT_PORT_LATENT] = compile_latents,
};

/* Makes the session ready for what the sink pad's caps say. */
static gboolean
compile (LatentAutoencoder *self, GstCaps *caps, GError **error)
{
  const LatentSettings *settings = &self->settings;

  if (self->compiled && gst_caps_is_equal (self->compiled, caps))
    return TRUE;
  gst_caps_replace (&self->compiled, NULL);
  if (!self->session) {
    self->session = latent_session_new (self->model, settings->mode, settings->precision,
        latent_cores_choose (settings->threads), settings->batch_size, error);
    if (!self->session)
      return FALSE;
  }
  if (!compile_port[self->input](self, caps, error)) {
    g_prefix_error (
        error, "cannot take %s: ", gst_structure_get_name (gst_caps_get_structure (caps, 0)));
    return FALSE;
  }
  gst_caps_replace (&self->compiled, caps);
  return TRUE;
}

/* A decoder's pictures: the size that the latents tell, or the net's own, or smaller by less than a
 * stride. */
static void
limit_size (const LatentAutoencoder *self, GstStructure *structure)
{
  guint stride = latent_model_get_media_info (self->model)->stride;
  const struct {
    const char *field;
    gint size;
  } sides[] = {
      {"width",  (gint)self->net_width },
      {"height", (gint)self->net_height},
  };

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++) {
    gint smallest = MAX (1, sides[i].size - MAX ((gint)stride, 1) + 1);

    if (sides[i].size == 0 || gst_structure_has_field_typed (structure, sides[i].field, G_TYPE_INT))
      continue;
    if (smallest < sides[i].size)
      gst_structure_set (
          structure, sides[i].field, GST_TYPE_INT_RANGE, smallest, sides[i].size, NULL);
    else
      gst_structure_set (structure, sides[i].field, G_TYPE_INT, sides[i].size, NULL);
  }
}

static void
describe_latents (LatentAutoencoder *self, GstStructure *structure)
{
  guint n;
  const gint64 *dims = latent_session_get_latent_dims (self->session, &n);
  g_autoptr (GstCaps) whole = NULL;

  if (self->input == LATENT_PORT_VIDEO) {
    whole = gst_video_info_to_caps (&self->in_video); /* defaults are spelt out */
    latent_autoencoder_copy_fields (structure, gst_caps_get_structure (whole, 0), TRUE, FALSE);
  }
  latent_gst_set_dims (structure, n, dims);
}

/* All caps that the source pad can have, now that the session knows. */
static GstCaps *
describe_output (LatentAutoencoder *self, GstCaps *incaps)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  GstCaps *caps = gst_caps_make_writable (
      latent_autoencoder_transform_caps (trans, GST_PAD_SINK, incaps, NULL));
  guint n;
  gint64 dims[LATENT_MAX_DIMS];

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *structure = gst_caps_get_structure (caps, i);

    if (self->settings.mode == LATENT_MODE_ENCODE) {
      describe_latents (self, structure);
    } else if (self->settings.mode == LATENT_MODE_DECODE && self->output == LATENT_PORT_VIDEO) {
      limit_size (self, structure);
    } else if (self->settings.mode == LATENT_MODE_DECODE && self->output == LATENT_PORT_VECTOR) {
      get_vector_dims (self, &n, dims);
      latent_gst_set_dims (structure, n, dims);
    }
  }
  return caps;
}

static GstCaps *
fixate (LatentAutoencoder *self, GstCaps *caps)
{
  GstStructure *structure;

  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  structure = gst_caps_get_structure (caps, 0);
  if (self->settings.mode == LATENT_MODE_DECODE && self->output == LATENT_PORT_VIDEO) {
    gst_structure_fixate_field_nearest_int (structure, "width", (gint)self->net_width);
    gst_structure_fixate_field_nearest_int (structure, "height", (gint)self->net_height);
  }
  return gst_caps_fixate (caps);
}

GstCaps *
latent_autoencoder_fixate_caps (
    GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps, GstCaps *othercaps)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (trans);
  g_autoptr (GstCaps) rough = othercaps;
  g_autoptr (GstCaps) possible = NULL, wanted = NULL, common = NULL;
  g_autoptr (GError) error = NULL;

  if (direction == GST_PAD_SRC)
    return gst_caps_fixate (g_steal_pointer (&rough));
  if (!compile (self, caps, &error)) {
    refuse (self, error);
    return gst_caps_new_empty ();
  }
  possible = describe_output (self, caps);
  if (!gst_pad_is_linked (trans->srcpad))
    return fixate (self, g_steal_pointer (&possible));
  /* the base class asked downstream before the dimensions were known, or not at all */
  wanted = gst_pad_peer_query_caps (trans->srcpad, possible);
  common = gst_caps_intersect_full (wanted, possible, GST_CAPS_INTERSECT_FIRST);
  if (!gst_caps_is_empty (common))
    return fixate (self, g_steal_pointer (&common));
  refuse_output (self, possible);
  return gst_caps_new_empty ();
}

/* Negotiation ends here for what only the other side could tell. */
static gboolean
set_output (LatentAutoencoder *self, GstCaps *outcaps, GError **error)
{
  gboolean decodes = self->settings.mode == LATENT_MODE_DECODE;

  if (self->output == LATENT_PORT_VIDEO) {
    if (decodes)
      return set_video (self, &self->out_video, outcaps, error);
    self->out_video = self->in_video;
  } else if (self->output == LATENT_PORT_AUDIO) {
    if (decodes)
      return set_audio (self, &self->out_audio, outcaps, error);
    self->out_audio = self->in_audio;
  }
  return TRUE;
}

static gsize
get_output_size (const LatentAutoencoder *self)
{
  guint n;
  gint64 dims[LATENT_MAX_DIMS];

  switch (self->output) {
  case LATENT_PORT_VIDEO:
    return GST_VIDEO_INFO_SIZE (&self->out_video);
  case LATENT_PORT_VECTOR:
    get_vector_dims (self, &n, dims);
    return count_bytes (n, dims);
  default:
    return latent_session_get_latent_size (self->session);
  }
}

gboolean
latent_autoencoder_set_caps (GstBaseTransform *trans, GstCaps *incaps, GstCaps *outcaps)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (trans);
  g_autoptr (GError) error = NULL;
  GstFlowReturn ret = latent_autoencoder_drain (self);

  if (ret != GST_FLOW_OK)
    GST_DEBUG_OBJECT (self, "draining: %s", gst_flow_get_name (ret));
  if (!compile (self, incaps, &error) || !set_output (self, outcaps, &error)) {
    refuse (self, error);
    return FALSE;
  }
  self->out_size = get_output_size (self);
  latent_autoencoder_forget (self);
  latent_stats_describe (&self->stats, self->session, self->settings.mode == LATENT_MODE_DECODE,
      self->settings.batch_size);
  latent_autoencoder_update_latency (self, incaps);
  return TRUE;
}
