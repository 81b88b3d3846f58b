/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/gst.h>

#include "plugin/audiodec.h"
#include "plugin/audioenc.h"
#include "plugin/autoencoder.h"
#include "plugin/demux.h"
#include "plugin/mux.h"
#include "plugin/parse.h"
#include "plugin/testsrc.h"
#include "plugin/typefind.h"
#include "plugin/videodec.h"
#include "plugin/videoenc.h"

#define PACKAGE "gst-latent"

static gboolean
plugin_init (GstPlugin *plugin)
{
  const struct {
    const char *name;
    guint rank;
    GType type;
  } elements[] = {
      {"autoencoder",    GST_RANK_NONE,     LATENT_TYPE_AUTOENCODER},
      {"latentaudiodec", GST_RANK_MARGINAL, LATENT_TYPE_AUDIO_DEC  },
      {"latentaudioenc", GST_RANK_NONE,     LATENT_TYPE_AUDIO_ENC  },
      {"latentdemux",    GST_RANK_PRIMARY,  LATENT_TYPE_DEMUX      },
      {"latentmux",      GST_RANK_NONE,     LATENT_TYPE_MUX        },
      {"latentparse",    GST_RANK_NONE,     LATENT_TYPE_PARSE      },
      {"latenttestsrc",  GST_RANK_NONE,     LATENT_TYPE_TEST_SRC   },
      {"latentvideodec", GST_RANK_MARGINAL, LATENT_TYPE_VIDEO_DEC  },
      {"latentvideoenc", GST_RANK_NONE,     LATENT_TYPE_VIDEO_ENC  },
  };
  gboolean ok = latent_typefind_register (plugin);

  for (guint i = 0; i < G_N_ELEMENTS (elements); i++)
    ok &= gst_element_register (plugin, elements[i].name, elements[i].rank, elements[i].type);
  return ok;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, latent,
    "Runs autoencoders on video and audio", plugin_init, PACKAGE_VERSION, "LGPL", PACKAGE,
    PACKAGE_ORIGIN)
