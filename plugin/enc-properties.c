/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/enc-core.h"
#include "plugin/properties.h"

#define DEFAULT_KEY_INT_MAX 250
#define MAX_BITRATE         (G_MAXUINT / 1000) /* tags have it in bit/s */

#define SETTING(id, field)                                                                         \
  {                                                                                                \
    LATENT_ENC_PROP_##id, G_STRUCT_OFFSET (LatentEncCore, field)                                   \
  }

static const LatentSetting settings[] = {
    SETTING (MODEL, settings.model),
    SETTING (QUALITY, quality),
    SETTING (BITRATE, bitrate),
    SETTING (KEY_INT_MAX, settings.key_int_max),
    SETTING (RESILIENT, settings.resilient),
    SETTING (PRECISION, settings.precision),
    SETTING (THREADS, settings.threads),
    SETTING (BATCH_SIZE, settings.batch_size),
    SETTING (EMBED, settings.embed),
};

static void
install_properties (GObjectClass *klass)
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

void
latent_enc_core_set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  LatentEncCore *self = latent_core_get (object);

  if (!latent_settings_set (
          self->element, self, settings, G_N_ELEMENTS (settings), value, spec, id))
    return;
  if (id == LATENT_ENC_PROP_MODEL)
    latent_enc_core_forget_model (self); /* loaded on the way to PAUSED */
  if (id != LATENT_ENC_PROP_QUALITY && id != LATENT_ENC_PROP_BITRATE)
    return;
  GST_OBJECT_LOCK (object);
  self->has_quality |= id == LATENT_ENC_PROP_QUALITY;
  self->is_retuned = TRUE;
  GST_OBJECT_UNLOCK (object);
}

void
latent_enc_core_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  LatentEncCore *self = latent_core_get (object);

  if (id == LATENT_ENC_PROP_STATS)
    g_value_take_boxed (value, latent_enc_core_get_stats (self));
  else
    latent_settings_get (self->element, self, settings, G_N_ELEMENTS (settings), value, id);
}

void
latent_enc_core_init_class (GstElementClass *klass, gsize offset)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  latent_core_set_offset (klass, offset);
  object_class->set_property = latent_enc_core_set_property;
  object_class->get_property = latent_enc_core_get_property;
  klass->change_state = latent_enc_core_change_state;
  install_properties (object_class);
}
