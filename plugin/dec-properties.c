/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/dec-core.h"
#include "plugin/properties.h"

void
latent_dec_core_install_properties (GObjectClass *klass)
{
  GParamSpec *specs[LATENT_DEC_N_PROPS] = {NULL};

  specs[LATENT_DEC_PROP_MODEL] = g_param_spec_string ("model", "Model",
      "Path of the .onnx file; without it the stream's own model, or one of model-path", NULL,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  specs[LATENT_DEC_PROP_MODEL_PATH] = g_param_spec_string ("model-path", "Model path",
      "Folders (separated as in PATH) in which a model of the stream's latent id is looked for; "
      "without it the installed models and latent/models in the user's data folder",
      NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  specs[LATENT_DEC_PROP_CONCEAL] = g_param_spec_enum ("conceal", "Conceal",
      "What is given for a lost frame; it is flagged as corrupted", LATENT_GST_TYPE_CONCEAL,
      LATENT_GST_CONCEAL_REPEAT, LATENT_PROPERTY_EARLY);
  specs[LATENT_DEC_PROP_PRECISION] = latent_property_new_precision ();
  specs[LATENT_DEC_PROP_THREADS] = latent_property_new_threads ();
  specs[LATENT_DEC_PROP_BATCH_SIZE] = latent_property_new_batch_size ();
  specs[LATENT_DEC_PROP_STATS] = latent_property_new_stats ("; bytes, lost, damaged, concealed");
  g_object_class_install_properties (klass, LATENT_DEC_N_PROPS, specs);
  gst_type_mark_as_plugin_api (LATENT_GST_TYPE_CONCEAL, 0);
}

static void
set_text (char **text, const GValue *value)
{
  g_free (*text);
  *text = g_value_dup_string (value);
}

void
latent_dec_core_set_property (LatentDecCore *self, guint id, const GValue *value, GParamSpec *spec)
{
  LatentDecSettings *settings = &self->settings;

  if (GST_STATE (self->element) > GST_STATE_READY) {
    GST_WARNING_OBJECT (self->element, "property %s can be set below PAUSED only", spec->name);
    return;
  }
  GST_OBJECT_LOCK (self->element);
  switch (id) {
  case LATENT_DEC_PROP_MODEL:
    set_text (&settings->model, value);
    break;
  case LATENT_DEC_PROP_MODEL_PATH:
    set_text (&settings->model_path, value);
    break;
  case LATENT_DEC_PROP_CONCEAL:
    settings->conceal = (LatentGstConceal)g_value_get_enum (value);
    break;
  case LATENT_DEC_PROP_PRECISION:
    settings->precision = (LatentPrecision)g_value_get_enum (value);
    break;
  case LATENT_DEC_PROP_THREADS:
    settings->threads = g_value_get_uint (value);
    break;
  case LATENT_DEC_PROP_BATCH_SIZE:
    settings->batch_size = g_value_get_uint (value);
    break;
  default:
    break;
  }
  GST_OBJECT_UNLOCK (self->element);
}

void
latent_dec_core_get_property (LatentDecCore *self, guint id, GValue *value, GParamSpec *spec)
{
  const LatentDecSettings *settings = &self->settings;

  if (id == LATENT_DEC_PROP_STATS) {
    g_value_take_boxed (value, latent_dec_core_get_stats (self));
    return;
  }
  GST_OBJECT_LOCK (self->element);
  switch (id) {
  case LATENT_DEC_PROP_MODEL:
    g_value_set_string (value, settings->model);
    break;
  case LATENT_DEC_PROP_MODEL_PATH:
    g_value_set_string (value, settings->model_path);
    break;
  case LATENT_DEC_PROP_CONCEAL:
    g_value_set_enum (value, (gint)settings->conceal);
    break;
  case LATENT_DEC_PROP_PRECISION:
    g_value_set_enum (value, (gint)settings->precision);
    break;
  case LATENT_DEC_PROP_THREADS:
    g_value_set_uint (value, settings->threads);
    break;
  case LATENT_DEC_PROP_BATCH_SIZE:
    g_value_set_uint (value, settings->batch_size);
    break;
  default:
    break;
  }
  GST_OBJECT_UNLOCK (self->element);
}
