/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* One line on stderr, only where that is a terminal: how much is done, how fast, how long still. */
typedef struct {
  gboolean shown; /* whether there is a line to take away */
  gboolean terminal;
  gint64 start; /* microseconds */
  gint64 last;
  const char *unit;
} LatentProgress;

/* unit: what is counted, as in "frames"; lives as long as the progress. */
void latent_progress_init (LatentProgress *self, const char *unit);
/* part: 0 to 1, less than 0 where it is not known. */
void latent_progress_update (LatentProgress *self, double part, guint64 count);
/* The same with words of the caller's, as in "step 12, loss 0.5". */
void latent_progress_say (LatentProgress *self, double part, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* Takes the line away. Returns the seconds since latent_progress_init(). */
double latent_progress_clear (LatentProgress *self);

/* A line of what the user should know, on stderr, not on top of the progress. */
void latent_progress_note (LatentProgress *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
