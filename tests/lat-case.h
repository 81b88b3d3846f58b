/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>
#include <latent/latent.h>

/* Coded streams for tests of elements: 10 packets a second of video and of audio, a key packet
 * every LAT_CASE_KEYS; and .lat files of both. */

#define LAT_CASE_FRAMES 30
#define LAT_CASE_KEYS   5
#define LAT_CASE_STEP   (100 * GST_MSECOND)

/* Unchecked fixtures; test_models_init() goes before. */
void lat_case_init (void);
void lat_case_clear (void);

/* Transfer none. */
GBytes *lat_case_get_header (LatentMediaKind kind);
GBytes *lat_case_get_packet (LatentMediaKind kind, guint frame);
/* Transfer full. */
GstCaps *lat_case_new_caps (LatentMediaKind kind);
GstBuffer *lat_case_new_buffer (LatentMediaKind kind, guint frame);

/* A file with a title, stream 0 video and stream 1 audio. */
GByteArray *lat_case_write (gboolean finish, GBytes *model);
/* Path of a file with those bytes; transfer full. */
char *lat_case_save (const GByteArray *file);
