/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/cli/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define INTERVAL 200000 /* microseconds between two lines */

void
latent_progress_init (LatentProgress *self, const char *unit)
{
  *self = (LatentProgress){
      .terminal = isatty (STDERR_FILENO),
      .start = g_get_monotonic_time (),
      .unit = unit,
  };
}

void
latent_progress_update (LatentProgress *self, double part, guint64 count)
{
  gint64 now = g_get_monotonic_time ();
  if (!self->terminal || now - self->last < INTERVAL || now - self->start < INTERVAL)
    return;
  double elapsed = (double)(now - self->start) / 1e6;
  self->last = now;
  self->shown = TRUE;
  fprintf (stderr, "\r\033[K%" G_GUINT64_FORMAT " %s, %.1f a second", count, self->unit,
      (double)count / elapsed);
  if (part > 0 && part <= 1) {
    guint left = (guint)(elapsed / part * (1 - part) + .5);
    fprintf (stderr, ", %.0f %%, %u:%02u left", part * 100, left / 60, left % 60);
  }
  fflush (stderr);
}

static void
take_line_away (LatentProgress *self)
{
  if (self->shown)
    fputs ("\r\033[K", stderr);
  self->shown = FALSE;
}

double
latent_progress_clear (LatentProgress *self)
{
  take_line_away (self);
  return (double)(g_get_monotonic_time () - self->start) / 1e6;
}

void
latent_progress_note (LatentProgress *self, const char *format, ...)
{
  va_list args;
  take_line_away (self);
  fprintf (stderr, "%s: ", g_get_prgname ());
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
}
