/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plugin/properties.h"

#include <latent/program.h>

#include "src/gst/enums.h"

#define MAX_THREADS    1024
#define MAX_BATCH_SIZE 1024

GParamSpec *
latent_property_new_model (void)
{
  return g_param_spec_string ("model", "Model", "Path of the .onnx file", NULL,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
}

GParamSpec *
latent_property_new_precision (void)
{
  return g_param_spec_enum ("precision", "Precision",
      "Arithmetic; refused where the processor or the model cannot", LATENT_GST_TYPE_PRECISION,
      LATENT_PRECISION_AUTO, LATENT_PROPERTY_EARLY);
}

GParamSpec *
latent_property_new_threads (void)
{
  return g_param_spec_uint ("threads", "Threads",
      "Threads that a run uses (0: share the cores among the live elements)", 0, MAX_THREADS, 0,
      LATENT_PROPERTY_EARLY);
}

GParamSpec *
latent_property_new_batch_size (void)
{
  return g_param_spec_uint ("batch-size", "Batch size",
      "Frames that run together; the latency is reported", 1, MAX_BATCH_SIZE, 1,
      LATENT_PROPERTY_EARLY);
}

GParamSpec *
latent_property_new_stats (const char *more)
{
  g_autofree char *blurb = g_strconcat ("Frames, dropped, nonfinite; time-min, time-mean, "
                                        "time-p95, time-max of a frame in ns; macs, d, k, "
                                        "latent-id, kernels",
      more, NULL);

  return g_param_spec_boxed (
      "stats", "Statistics", blurb, GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_NAME);
}

void
latent_element_set_defaults (GstElement *element)
{
  GObject *object = G_OBJECT (element);
  guint n;
  g_autofree GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);

  for (guint i = 0; i < n; i++)
    if ((specs[i]->flags & G_PARAM_CONSTRUCT) && specs[i]->owner_type == G_OBJECT_TYPE (object))
      g_object_set_property (object, specs[i]->name, g_param_spec_get_default_value (specs[i]));
}

static gpointer
find_setting (gconstpointer base, const LatentSetting *settings, guint n, guint id)
{
  for (guint i = 0; i < n; i++) {
    if (settings[i].id == id)
      return G_STRUCT_MEMBER_P (base, settings[i].offset);
  }
  return NULL;
}

static void
put_setting (gpointer place, const GValue *value)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
  case G_TYPE_STRING:
    g_free (*(char **)place);
    *(char **)place = g_value_dup_string (value);
    break;
  case G_TYPE_ENUM:
    *(gint *)place = g_value_get_enum (value);
    break;
  case G_TYPE_INT:
    *(gint *)place = g_value_get_int (value);
    break;
  case G_TYPE_UINT:
    *(guint *)place = g_value_get_uint (value);
    break;
  case G_TYPE_BOOLEAN:
    *(gboolean *)place = g_value_get_boolean (value);
    break;
  default:
    g_assert_not_reached ();
  }
}

static void
get_setting (gconstpointer place, GValue *value)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
  case G_TYPE_STRING:
    g_value_set_string (value, *(char *const *)place);
    break;
  case G_TYPE_ENUM:
    g_value_set_enum (value, *(const gint *)place);
    break;
  case G_TYPE_INT:
    g_value_set_int (value, *(const gint *)place);
    break;
  case G_TYPE_UINT:
    g_value_set_uint (value, *(const guint *)place);
    break;
  case G_TYPE_BOOLEAN:
    g_value_set_boolean (value, *(const gboolean *)place);
    break;
  default:
    g_assert_not_reached ();
  }
}

gboolean
latent_settings_set (GstElement *element, gpointer base, const LatentSetting *settings, guint n,
    const GValue *value, GParamSpec *spec, guint id)
{
  gpointer place = find_setting (base, settings, n, id);

  if (!(spec->flags & GST_PARAM_MUTABLE_PLAYING) && GST_STATE (element) > GST_STATE_READY) {
    GST_WARNING_OBJECT (element, "property %s can be set below PAUSED only", spec->name);
    return FALSE;
  }
  g_return_val_if_fail (place, FALSE);
  GST_OBJECT_LOCK (element);
  put_setting (place, value);
  GST_OBJECT_UNLOCK (element);
  return TRUE;
}

void
latent_settings_get (GstElement *element, gconstpointer base, const LatentSetting *settings,
    guint n, GValue *value, guint id)
{
  gconstpointer place = find_setting (base, settings, n, id);

  g_return_if_fail (place);
  GST_OBJECT_LOCK (element);
  get_setting (place, value);
  GST_OBJECT_UNLOCK (element);
}

static GQuark
core_quark (void)
{
  return g_quark_from_static_string ("latent-core");
}

void
latent_core_set_offset (gpointer klass, gsize offset)
{
  g_type_set_qdata (G_TYPE_FROM_CLASS (klass), core_quark (), GSIZE_TO_POINTER (offset));
}

gpointer
latent_core_get (gpointer instance)
{
  return G_STRUCT_MEMBER_P (instance,
      GPOINTER_TO_SIZE (g_type_get_qdata (G_TYPE_FROM_INSTANCE (instance), core_quark ())));
}

void
latent_element_add_pads (GstElementClass *klass, GstCaps *sink, GstCaps *src)
{
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink));
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, src));
}
