/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* Registers what tells .lat files from others. */
gboolean latent_typefind_register (GstPlugin *plugin);
