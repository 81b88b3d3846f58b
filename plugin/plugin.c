/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/gst.h>

#include "plugin/autoencoder.h"
#include "plugin/testsrc.h"
#include "plugin/videodec.h"
#include "plugin/videoenc.h"

#define PACKAGE "gst-latent"

static gboolean
plugin_init (GstPlugin *plugin)
{
  return gst_element_register (plugin, "autoencoder", GST_RANK_NONE, LATENT_TYPE_AUTOENCODER) &&
         gst_element_register (plugin, "latenttestsrc", GST_RANK_NONE, LATENT_TYPE_TEST_SRC) &&
         gst_element_register (plugin, "latentvideoenc", GST_RANK_NONE, LATENT_TYPE_VIDEO_ENC) &&
         gst_element_register (plugin, "latentvideodec", GST_RANK_MARGINAL, LATENT_TYPE_VIDEO_DEC);
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, latent,
    "Runs autoencoders on video and audio", plugin_init, PACKAGE_VERSION, "LGPL", PACKAGE,
    PACKAGE_ORIGIN)
