/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <latent/macros.h>

G_BEGIN_DECLS

/**
 * LATENT_ERROR:
 *
 * The domain of every error of this library; codes are #LatentError.
 */
#define LATENT_ERROR (latent_error_quark ())

/**
 * LatentError:
 * @LATENT_ERROR_FAILED: something else went wrong; the message says what
 * @LATENT_ERROR_NOT_FOUND: a file does not exist
 * @LATENT_ERROR_READ: a file exists and cannot be read
 * @LATENT_ERROR_WRITE: a file cannot be written
 * @LATENT_ERROR_FORMAT: bytes are not what their format says: truncated, damaged, contradictory
 * @LATENT_ERROR_UNSUPPORTED: well formed, but an operator, attribute, opset or data type is not
 * supported
 * @LATENT_ERROR_SHAPE: shapes do not fit; the message gives the wanted and the offered shape
 * @LATENT_ERROR_TYPE: a data type or kind of media does not fit the model
 * @LATENT_ERROR_SETTINGS: a setting is out of range, or contradicts another or the model
 * @LATENT_ERROR_LIMIT: a named limit (see docs) would be exceeded
 *
 * Codes of %LATENT_ERROR. Messages name the file, node, operator, key or byte that is wrong.
 */
typedef enum {
  LATENT_ERROR_FAILED,
  LATENT_ERROR_NOT_FOUND,
  LATENT_ERROR_READ,
  LATENT_ERROR_WRITE,
  LATENT_ERROR_FORMAT,
  LATENT_ERROR_UNSUPPORTED,
  LATENT_ERROR_SHAPE,
  LATENT_ERROR_TYPE,
  LATENT_ERROR_SETTINGS,
  LATENT_ERROR_LIMIT,
} LatentError;

LATENT_API
GQuark latent_error_quark (void);

G_END_DECLS
