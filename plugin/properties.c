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

void
latent_element_add_pads (GstElementClass *klass, GstCaps *sink, GstCaps *src)
{
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, sink));
  gst_element_class_add_pad_template (
      klass, gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, src));
}
