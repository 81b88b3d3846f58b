/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "src/base/parallel.h"

/* Threads that wait for work must not take the processor from who has some: runs a little on two
 * threads, again and again, and sleeps in between. Fails where the process was busy for more than
 * half of the time. A program of its own, for what it measures is off where the environment has
 * OMP_WAIT_POLICY, as that of tests has. */

#define ROUNDS 100
#define PAUSE  2000 /* microseconds */

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

int
main (int argc, char **argv)
{
  gint sums[2] = {0};
  double wall, cpu;

  if (argc < 2) { /* once more, without it */
    g_unsetenv ("OMP_WAIT_POLICY");
    g_unsetenv ("GOMP_SPINCOUNT");
    execl ("/proc/self/exe", argv[0], "run", NULL);
    return 1;
  }
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
  printf ("%.3f s, of which %.3f busy\n", wall, cpu);
  return sums[1] == ROUNDS + 1 && cpu < wall / 2 ? 0 : 1;
}
