/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/autoencoder-private.h"

#include "src/gst/caps.h"

#define GST_CAT_DEFAULT latent_autoencoder_debug

/* What latents' caps say about the media that they came from. */
static const struct {
  const char *media;
  const char *latents;
} fields[] = {
    {"framerate",          "framerate"         }, /* the first: see only_framerate */
    {"width",              "media-width"       },
    {"height",             "media-height"      },
    {"pixel-aspect-ratio", "pixel-aspect-ratio"},
    {"colorimetry",        "colorimetry"       },
};

void
latent_autoencoder_copy_fields (
    GstStructure *dst, const GstStructure *src, gboolean to_latents, gboolean only_framerate)
{
  guint n = only_framerate ? 1 : G_N_ELEMENTS (fields);

  for (guint i = 0; i < n; i++) {
    const char *from = to_latents ? fields[i].media : fields[i].latents;
    const char *to = to_latents ? fields[i].latents : fields[i].media;
    const GValue *value = gst_structure_get_value (src, from);

    if (value)
      gst_structure_set_value (dst, to, value);
  }
}

static GstCaps *
get_offered_caps (const LatentModel *model, LatentMode mode, GstPadDirection direction)
{
  if (!model)
    return latent_gst_new_template_caps ();
  if (mode == LATENT_MODE_ENCODE && direction == GST_PAD_SRC)
    return latent_gst_new_tensors_caps (latent_model_get_id (model));
  if (mode == LATENT_MODE_DECODE && direction == GST_PAD_SINK)
    return latent_gst_new_tensors_caps (NULL);
  return latent_gst_new_media_caps (model);
}

GstCaps *
latent_autoencoder_get_offered_caps (LatentAutoencoder *self, GstPadDirection direction)
{
  g_autoptr (LatentModel) model = latent_autoencoder_ref_model (self);

  return get_offered_caps (model, self->settings.mode, direction);
}

/* Every structure of caps as it looks on the other side. */
static GstCaps *
map_caps (GstCaps *caps, const LatentModel *model, LatentMode mode, GstPadDirection direction)
{
  const LatentMediaInfo *info = latent_model_get_media_info (model);
  gboolean is_media = (mode == LATENT_MODE_ENCODE) == (direction == GST_PAD_SINK);
  /* decode asks nothing of its latents but a rate: their size is checked once it is known */
  gboolean only_framerate = mode == LATENT_MODE_DECODE && direction == GST_PAD_SRC;
  GstPadDirection opposite = direction == GST_PAD_SINK ? GST_PAD_SRC : GST_PAD_SINK;
  g_autoptr (GstCaps) offered = get_offered_caps (model, mode, opposite);
  g_autoptr (GstCaps) mapped = gst_caps_new_empty ();
  const char *name = gst_structure_get_name (gst_caps_get_structure (offered, 0));

  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *structure = gst_structure_new_empty (name);

    if (info->kind != LATENT_MEDIA_AUDIO)
      latent_autoencoder_copy_fields (
          structure, gst_caps_get_structure (caps, i), is_media, only_framerate);
    else if (mode == LATENT_MODE_ENCODE && direction == GST_PAD_SINK)
      gst_structure_set (
          structure, "framerate", GST_TYPE_FRACTION, (gint)info->rate, (gint)info->hop, NULL);
    mapped = gst_caps_merge_structure (mapped, structure);
  }
  return gst_caps_intersect_full (mapped, offered, GST_CAPS_INTERSECT_FIRST);
}

GstCaps *
latent_autoencoder_transform_caps (
    GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps, GstCaps *filter)
{
  LatentAutoencoder *self = LATENT_AUTOENCODER (trans);
  LatentMode mode = self->settings.mode;
  g_autoptr (LatentModel) model = latent_autoencoder_ref_model (self);
  g_autoptr (GstCaps) offered = get_offered_caps (model, mode, direction);
  g_autoptr (GstCaps) taken = gst_caps_intersect_full (caps, offered, GST_CAPS_INTERSECT_FIRST);
  g_autoptr (GstCaps) mapped = NULL;

  if (!model && mode != LATENT_MODE_RECONSTRUCT && mode != LATENT_MODE_EMBED)
    mapped = g_steal_pointer (&offered); /* anything, as long as the model is not known */
  else if (mode == LATENT_MODE_ENCODE || mode == LATENT_MODE_DECODE)
    mapped = map_caps (taken, model, mode, direction);
  else
    mapped = g_steal_pointer (&taken);
  return filter ? gst_caps_intersect_full (filter, mapped, GST_CAPS_INTERSECT_FIRST)
                : g_steal_pointer (&mapped);
}

/* Whether the pad is about to stream: what cannot be negotiated then ends in an error anyway. */
static gboolean
is_streaming (GstPad *pad)
{
  return GST_PAD_MODE (pad) != GST_PAD_MODE_NONE && gst_pad_is_linked (pad);
}

/* Caps of a pad, given what lies beyond the other one. */
static GstCaps *
get_caps (LatentAutoencoder *self, GstPadDirection direction, GstCaps *filter)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  GstPad *other = direction == GST_PAD_SINK ? trans->srcpad : trans->sinkpad;
  g_autoptr (GstCaps) offered = latent_autoencoder_get_offered_caps (self, direction);
  g_autoptr (LatentModel) model = latent_autoencoder_ref_model (self);
  g_autoptr (GstCaps) peer = NULL, back = NULL, sent = NULL;

  if (filter) {
    GstCaps *filtered = gst_caps_intersect_full (filter, offered, GST_CAPS_INTERSECT_FIRST);

    gst_caps_unref (offered);
    offered = filtered;
  }
  /* without a model nothing is known of how the sides depend on each other */
  if (!model || gst_caps_is_empty (offered) || !gst_pad_is_linked (other))
    return g_steal_pointer (&offered);
  sent = latent_autoencoder_transform_caps (trans, direction, offered, NULL);
  peer = gst_pad_peer_query_caps (other, sent);
  back = latent_autoencoder_transform_caps (
      trans, direction == GST_PAD_SINK ? GST_PAD_SRC : GST_PAD_SINK, peer, NULL);
  return gst_caps_intersect_full (offered, back, GST_CAPS_INTERSECT_FIRST);
}

gboolean
latent_autoencoder_query_caps (LatentAutoencoder *self, GstPadDirection direction, GstQuery *query)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *filter;

  gst_query_parse_caps (query, &filter);
  caps = get_caps (self, direction, filter);
  /* Upstream can give nothing that fits. Told so, it ends with a bare "not negotiated"; told that
   * we take what any model could, it sends its caps, and the refusal says what is wanted and what
   * was offered. */
  if (filter && direction == GST_PAD_SINK && gst_caps_is_empty (caps) &&
      is_streaming (trans->sinkpad)) {
    g_autoptr (GstCaps) any = latent_gst_new_template_caps ();

    GST_INFO_OBJECT (self, "cannot take any of %" GST_PTR_FORMAT, filter);
    gst_caps_unref (caps);
    caps = gst_caps_intersect_full (filter, any, GST_CAPS_INTERSECT_FIRST);
  }
  gst_query_set_caps_result (query, caps);
  return TRUE;
}

gboolean
latent_autoencoder_accept_caps (GstBaseTransform *trans, GstPadDirection direction, GstCaps *caps)
{
  g_autoptr (GstCaps) taken = NULL;

  if (direction == GST_PAD_SINK && is_streaming (trans->sinkpad))
    taken = latent_gst_new_template_caps (); /* the refusal comes with the caps, and says why */
  else
    taken = latent_autoencoder_get_offered_caps (LATENT_AUTOENCODER (trans), direction);
  return gst_caps_can_intersect (caps, taken);
}
