/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/dec-core.h"
#include "plugin/properties.h"

#define SETTING(id, field)                                                                         \
  {                                                                                                \
    LATENT_DEC_PROP_##id, G_STRUCT_OFFSET (LatentDecSettings, field)                               \
  }

static const LatentSetting settings[] = {
    SETTING (MODEL, model),
    SETTING (MODEL_PATH, model_path),
    SETTING (CONCEAL, conceal),
    SETTING (PRECISION, precision),
    SETTING (THREADS, threads),
    SETTING (BATCH_SIZE, batch_size),
};

static void
install_properties (GObjectClass *klass)
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
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
  LatentDecCore *self = latent_core_get (object);

  latent_settings_set (
      self->element, &self->settings, settings, G_N_ELEMENTS (settings), value, spec, id);
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  LatentDecCore *self = latent_core_get (object);

  if (id == LATENT_DEC_PROP_STATS)
    g_value_take_boxed (value, latent_dec_core_get_stats (self));
  else
    latent_settings_get (
        self->element, &self->settings, settings, G_N_ELEMENTS (settings), value, id);
}

void
latent_dec_core_init_class (GstElementClass *klass, gsize offset)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  latent_core_set_offset (klass, offset);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  klass->change_state = latent_dec_core_change_state;
  install_properties (object_class);
}
