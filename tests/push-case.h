/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* A source that pushes bytes from memory, as one does that reads from a network: it cannot be
 * pulled from. Now and then it lets other threads go before it. */

/* @file: borrowed, lives longer. @block: bytes of a buffer. Transfer floating. */
GstElement *push_case_new (const GByteArray *file, guint block, gboolean is_seekable);
/* How often it went elsewhere. */
guint push_case_get_n_seeks (GstElement *self);
