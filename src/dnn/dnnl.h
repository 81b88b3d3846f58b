/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/error.h>
#include <oneapi/dnnl/dnnl.h>

/* The one door to oneDNN, private to src/dnn. */

dnnl_engine_t latent_engine_get (void);

/* TRUE for success, else an error that says what was tried. */
gboolean latent_dnnl_check (dnnl_status_t status, const char *what, GError **error);
