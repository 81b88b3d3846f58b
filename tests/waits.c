/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/waits.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "src/base/parallel.h"

/* Threads that wait for work must not take the processor from who has some. A program of its own,
 * for nothing of this is there where the environment has OMP_WAIT_POLICY, as that of tests has. */

#define ROUNDS 100
#define PAUSE  2000     /* microseconds */
#define FRAME  0.02     /* seconds of work from look to look */
#define MOST   30000000 /* microseconds until something must have been noticed */

static gint stop;

static double
get_time (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void
add (gsize begin, gsize end, gpointer data)
{
  gint *sums = data;

  for (gsize i = begin; i < end; i++)
    sums[i]++;
}

/* Runs a little on two threads, again and again, and sleeps in between. The part of the time that
 * the process was busy. */
static double
measure_waits (void)
{
  gint sums[2] = {0};
  double wall, cpu;

  latent_parallel (2, 2, 1, add, sums);
  g_usleep (100000);
  wall = get_time (CLOCK_MONOTONIC);
  cpu = get_time (CLOCK_PROCESS_CPUTIME_ID);
  for (guint i = 0; i < ROUNDS; i++) {
    latent_parallel (2, 2, 1, add, sums);
    g_usleep (PAUSE);
  }
  wall = get_time (CLOCK_MONOTONIC) - wall;
  cpu = get_time (CLOCK_PROCESS_CPUTIME_ID) - cpu;
  return cpu / wall;
}

static guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* Whether there are `n` threads, soon. */
static gboolean
has_threads (guint n)
{
  for (guint i = 0; i < 1000 && count_threads () != n; i++)
    g_usleep (5000);
  return count_threads () == n;
}

static gpointer
be_busy (gpointer data)
{
  while (g_atomic_int_get (&stop) == 0)
    ;
  return NULL;
}

/* As long as a frame takes: who looks after each preemption sees one at a time. */
static void
work (void)
{
  double end = get_time (CLOCK_THREAD_CPUTIME_ID) + FRAME;

  while (get_time (CLOCK_THREAD_CPUTIME_ID) < end)
    ;
}

/* Works until waits are as expected. */
static gboolean
watch (gboolean is_short)
{
  gint64 end = g_get_monotonic_time () + MOST;

  while (latent_waits_are_short () != is_short && g_get_monotonic_time () < end) {
    latent_waits_watch ();
    work ();
  }
  return latent_waits_are_short () == is_short;
}

static gboolean
check (gboolean holds, const char *what)
{
  printf ("%s: %s\n", holds ? "yes" : "NO", what);
  return holds;
}

int
main (int argc, char **argv)
{
  guint cores = g_get_num_processors (), before;
  g_autofree GThread **others = g_new (GThread *, 4 * cores);
  gboolean good = TRUE;

  if (argc < 2) { /* once more, without it */
    g_unsetenv ("OMP_WAIT_POLICY");
    g_unsetenv ("GOMP_SPINCOUNT");
    execl ("/proc/self/exe", argv[0], "run", NULL);
    return 1;
  }
  measure_waits ();
  before = count_threads ();
  latent_waits_set_short (TRUE);
  good &= check (has_threads (before + cores + 1), "a team is kept");
  good &= check (measure_waits () < 0.5, "short waits leave the processor alone");
  latent_waits_set_short (FALSE);
  good &= check (has_threads (before), "it goes");
  for (guint i = 0; i < 4 * cores; i++)
    others[i] = g_thread_new ("busy", be_busy, NULL);
  good &= check (watch (TRUE), "waits are short while others are busy");
  g_atomic_int_set (&stop, 1);
  for (guint i = 0; i < 4 * cores; i++)
    g_thread_join (others[i]);
  return good ? 0 : 1;
}
