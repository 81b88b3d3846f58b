/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* A web server with one file, on a port of its own of this machine. */
typedef struct {
  GSocketListener *listener;
  GThread *thread;
  GCancellable *cancel;
  GByteArray *file;    /* borrowed */
  gboolean has_ranges; /* whether parts of it can be asked for */
  guint16 port;
} HttpCase;

void http_case_init (HttpCase *self, GByteArray *file, gboolean has_ranges);
void http_case_clear (HttpCase *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (HttpCase, http_case_clear)
