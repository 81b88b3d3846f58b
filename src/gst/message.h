/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <latent/error.h>

/* Posts an error of this library (or of GLib) as an element error. Not to be called under a lock.
 */
void latent_gst_post_error (GstElement *element, const GError *error);
