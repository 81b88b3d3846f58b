/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/enc-core.h"
#include "plugin/properties.h"

#define DEFAULT_KEY_INT_MAX 250
#define MAX_BITRATE         (G_MAXUINT / 1000) /* tags have it in bit/s */

void
latent_enc_core_install_properties (GObjectClass *klass)
{
  GParamSpec *specs[LATENT_ENC_N_PROPS] = {NULL};

  specs[LATENT_ENC_PROP_MODEL] = latent_property_new_model ();
  specs[LATENT_ENC_PROP_QUALITY] = g_param_spec_int ("quality", "Quality",
      "0 (smallest) to 63 (best); where it is set beside a bitrate, the best that is used", 0,
      LATENT_QUALITY_MAX, LATENT_ENC_DEFAULT_QUALITY,
      LATENT_PROPERTY_LATE & ~G_PARAM_CONSTRUCT); /* who sets it is told from who does not */
  specs[LATENT_ENC_PROP_BITRATE] = g_param_spec_uint ("bitrate", "Bitrate",
      "Kilobits a second (0: off, quality alone decides)", 0, MAX_BITRATE, 0, LATENT_PROPERTY_LATE);
  specs[LATENT_ENC_PROP_KEY_INT_MAX] = g_param_spec_uint ("key-int-max", "Key interval",
      "Frames from a key frame to the next at most (0: no key frames but the first and those asked "
      "for)",
      0, G_MAXUINT, DEFAULT_KEY_INT_MAX, LATENT_PROPERTY_EARLY);
  specs[LATENT_ENC_PROP_RESILIENT] = g_param_spec_boolean ("error-resilient", "Error resilient",
      "No packet depends on another: a lost one costs its own frame alone", FALSE,
      LATENT_PROPERTY_EARLY);
  specs[LATENT_ENC_PROP_PRECISION] = latent_property_new_precision ();
  specs[LATENT_ENC_PROP_THREADS] = latent_property_new_threads ();
  specs[LATENT_ENC_PROP_BATCH_SIZE] = latent_property_new_batch_size ();
  specs[LATENT_ENC_PROP_EMBED] = g_param_spec_enum ("embed-model", "Embed model",
      "Whether the decoder half of the model travels in the stream", LATENT_GST_TYPE_EMBED,
      LATENT_GST_EMBED_NO, LATENT_PROPERTY_EARLY);
  specs[LATENT_ENC_PROP_STATS] = latent_property_new_stats ("; bytes, keys");
  g_object_class_install_properties (klass, LATENT_ENC_N_PROPS, specs);
  gst_type_mark_as_plugin_api (LATENT_GST_TYPE_EMBED, 0);
}

/* Those that may change while frames flow. */
static gboolean
is_tuning (guint id)
{
  return id == LATENT_ENC_PROP_QUALITY || id == LATENT_ENC_PROP_BITRATE;
}

static void
set_locked (LatentEncCore *self, guint id, const GValue *value)
{
  LatentEncSettings *settings = &self->settings;

  switch (id) {
  case LATENT_ENC_PROP_MODEL:
    g_free (settings->model);
    settings->model = g_value_dup_string (value);
    break;
  case LATENT_ENC_PROP_QUALITY:
    self->quality = (guint)g_value_get_int (value);
    self->has_quality = TRUE;
    break;
  case LATENT_ENC_PROP_BITRATE:
    self->bitrate = g_value_get_uint (value);
    break;
  case LATENT_ENC_PROP_KEY_INT_MAX:
    settings->key_int_max = g_value_get_uint (value);
    break;
  case LATENT_ENC_PROP_RESILIENT:
    settings->resilient = g_value_get_boolean (value);
    break;
  case LATENT_ENC_PROP_PRECISION:
    settings->precision = (LatentPrecision)g_value_get_enum (value);
    break;
  case LATENT_ENC_PROP_THREADS:
    settings->threads = g_value_get_uint (value);
    break;
  case LATENT_ENC_PROP_BATCH_SIZE:
    settings->batch_size = g_value_get_uint (value);
    break;
  case LATENT_ENC_PROP_EMBED:
    settings->embed = (LatentGstEmbed)g_value_get_enum (value);
    break;
  default:
    break;
  }
}

void
latent_enc_core_set_property (LatentEncCore *self, guint id, const GValue *value, GParamSpec *spec)
{
  if (!is_tuning (id) && GST_STATE (self->element) > GST_STATE_READY) {
    GST_WARNING_OBJECT (self->element, "property %s can be set below PAUSED only", spec->name);
    return;
  }
  GST_OBJECT_LOCK (self->element);
  set_locked (self, id, value);
  self->is_retuned |= is_tuning (id);
  GST_OBJECT_UNLOCK (self->element);
  if (id == LATENT_ENC_PROP_MODEL)
    latent_enc_core_forget_model (self); /* loaded on the way to PAUSED */
}

void
latent_enc_core_get_property (LatentEncCore *self, guint id, GValue *value, GParamSpec *spec)
{
  const LatentEncSettings *settings = &self->settings;

  if (id == LATENT_ENC_PROP_STATS) {
    g_value_take_boxed (value, latent_enc_core_get_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self->element);
  switch (id) {
  case LATENT_ENC_PROP_MODEL:
    g_value_set_string (value, settings->model);
    break;
  case LATENT_ENC_PROP_QUALITY:
    g_value_set_int (value, (gint)self->quality);
    break;
  case LATENT_ENC_PROP_BITRATE:
    g_value_set_uint (value, self->bitrate);
    break;
  case LATENT_ENC_PROP_KEY_INT_MAX:
    g_value_set_uint (value, settings->key_int_max);
    break;
  case LATENT_ENC_PROP_RESILIENT:
    g_value_set_boolean (value, settings->resilient);
    break;
  case LATENT_ENC_PROP_PRECISION:
    g_value_set_enum (value, (gint)settings->precision);
    break;
  case LATENT_ENC_PROP_THREADS:
    g_value_set_uint (value, settings->threads);
    break;
  case LATENT_ENC_PROP_BATCH_SIZE:
    g_value_set_uint (value, settings->batch_size);
    break;
  case LATENT_ENC_PROP_EMBED:
    g_value_set_enum (value, (gint)settings->embed);
    break;
  default:
    break;
  }
  GST_OBJECT_UNLOCK (self->element);
}
