/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/enc-core.h"

/* Media that arrive and are not what the model takes. */

/* What stands before the element where the media are others. */
static const char *const converters[] = {
    [LATENT_MEDIA_VIDEO] = "videoconvert and videoscale",
    [LATENT_MEDIA_AUDIO] = "audioconvert and audioresample",
};

static GstPadProbeReturn
check_caps (GstPad *sink, GstPadProbeInfo *info, gpointer data)
{
  LatentEncCore *self = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  g_autoptr (GstCaps) any = NULL;
  g_autoptr (GstCaps) wanted = NULL;
  g_autofree char *wanted_text = NULL;
  g_autofree char *offered_text = NULL;
  GstCaps *offered;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &offered);
  any = gst_pad_get_pad_template_caps (sink);
  wanted = latent_enc_core_get_caps (self, any);
  if (gst_caps_can_intersect (offered, wanted))
    return GST_PAD_PROBE_OK;
  wanted_text = gst_caps_to_string (wanted);
  offered_text = gst_caps_to_string (offered);
  GST_ELEMENT_ERROR (self->element, STREAM, WRONG_TYPE,
      ("model '%s' takes %s; offered is %s: %s before the element make one of the other",
          self->settings.model ? self->settings.model : "(none)", wanted_text, offered_text,
          converters[self->kind]),
      (NULL));
  return GST_PAD_PROBE_OK;
}

void
latent_enc_core_watch_caps (LatentEncCore *self, GstPad *sink)
{
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, check_caps, self, NULL);
}
