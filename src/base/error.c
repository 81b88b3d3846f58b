/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <latent/error.h>

GQuark
latent_error_quark (void)
{
  return g_quark_from_static_string ("latent-error-quark");
}
