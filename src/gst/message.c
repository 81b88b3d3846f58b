/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/gst/message.h"

typedef enum {
  LIBRARY,
  RESOURCE,
  STREAM,
} Domain;

/* What an element says for each of our codes. */
static const struct {
  Domain domain;
  gint code;
} codes[] = {
    [LATENT_ERROR_FAILED] = {STREAM,   GST_STREAM_ERROR_FAILED      },
    [LATENT_ERROR_NOT_FOUND] = {RESOURCE, GST_RESOURCE_ERROR_NOT_FOUND },
    [LATENT_ERROR_READ] = {RESOURCE, GST_RESOURCE_ERROR_OPEN_READ },
    [LATENT_ERROR_WRITE] = {RESOURCE, GST_RESOURCE_ERROR_OPEN_WRITE},
    [LATENT_ERROR_FORMAT] = {STREAM,   GST_STREAM_ERROR_FORMAT      },
    [LATENT_ERROR_UNSUPPORTED] = {STREAM,   GST_STREAM_ERROR_FORMAT      },
    [LATENT_ERROR_SHAPE] = {STREAM,   GST_STREAM_ERROR_WRONG_TYPE  },
    [LATENT_ERROR_TYPE] = {STREAM,   GST_STREAM_ERROR_WRONG_TYPE  },
    [LATENT_ERROR_SETTINGS] = {LIBRARY,  GST_LIBRARY_ERROR_SETTINGS   },
    [LATENT_ERROR_LIMIT] = {STREAM,   GST_STREAM_ERROR_FORMAT      },
};

static GQuark
get_domain_quark (Domain domain)
{
  switch (domain) {
  case LIBRARY:
    return GST_LIBRARY_ERROR;
  case RESOURCE:
    return GST_RESOURCE_ERROR;
  default:
    return GST_STREAM_ERROR;
  }
}

void
latent_gst_post_error (GstElement *element, const GError *error)
{
  guint code = LATENT_ERROR_FAILED;

  if (error->domain == LATENT_ERROR && error->code >= 0 && error->code < (gint)G_N_ELEMENTS (codes))
    code = (guint)error->code;
  gst_element_message_full (element, GST_MESSAGE_ERROR, get_domain_quark (codes[code].domain),
      codes[code].code, g_strdup (error->message), NULL, __FILE__, G_STRFUNC, __LINE__);
}
