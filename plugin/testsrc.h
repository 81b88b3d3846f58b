/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/base/gstpushsrc.h>

G_BEGIN_DECLS

#define LATENT_TYPE_TEST_SRC (latent_test_src_get_type ())
G_DECLARE_FINAL_TYPE (LatentTestSrc, latent_test_src, LATENT, TEST_SRC, GstPushSrc)

G_END_DECLS
