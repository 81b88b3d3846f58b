/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Prints what a command found, a dictionary (a{sv}) in its order, to stdout: as one JSON object, or
 * a line for each key. Numbers that JSON cannot have (NaN, infinity) are null. */
void latent_result_print (gboolean json, GVariant *result);
char *latent_result_to_json (GVariant *result);
