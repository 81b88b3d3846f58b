/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/gst.h>

#include "plugin/train.h"

#define PACKAGE "gst-latent"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return gst_element_register (plugin, "latenttrain", GST_RANK_NONE, LATENT_TYPE_TRAIN);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, latenttrain,
    "Learns autoencoders from video and audio", plugin_init, PACKAGE_VERSION, "LGPL", PACKAGE,
    PACKAGE_ORIGIN)
