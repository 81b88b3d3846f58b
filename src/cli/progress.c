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

static double
get_elapsed (const LatentProgress *self)
{
  return (double)(g_get_monotonic_time () - self->start) / 1e6;
}

/* Whether a line is due. */
static gboolean
begin_line (LatentProgress *self)
{
  gint64 now = g_get_monotonic_time ();
  if (!self->terminal || now - self->last < INTERVAL || now - self->start < INTERVAL)
    return FALSE;
  self->last = now;
  self->shown = TRUE;
  fputs ("\r\033[K", stderr);
  return TRUE;
}

static void
end_line (const LatentProgress *self, double part)
{
  if (part > 0 && part <= 1) {
    guint left = (guint)(get_elapsed (self) / part * (1 - part) + .5);
    fprintf (stderr, ", %.0f %%, %u:%02u left", part * 100, left / 60, left % 60);
  }
  fflush (stderr);
}

void
latent_progress_update (LatentProgress *self, double part, guint64 count)
{
  if (!begin_line (self))
    return;
  fprintf (stderr, "%" G_GUINT64_FORMAT " %s, %.1f a second", count, self->unit,
      (double)count / get_elapsed (self));
  end_line (self, part);
}

void
latent_progress_say (LatentProgress *self, double part, const char *format, ...)
{
  va_list args;
  if (!begin_line (self))
    return;
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  end_line (self, part);
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
  return get_elapsed (self);
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
