/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/waits.h"

#include <pthread.h>
#include <sys/resource.h>

extern void GOMP_parallel (void (*fn) (void *), void *data, unsigned num_threads, unsigned flags);

#define STACK    (256 * 1024) /* bytes */
#define INTERVAL 10000        /* microseconds from look to look, at least */
#define OFTEN    20000        /* microseconds of work from preemption to preemption, at most */
#define HOLD     2000000      /* microseconds that waits stay short after the last of them */

/* libgomp reads the environment when it is loaded, before us, but waits for microseconds only while
 * it has more threads than there are processors. So a team that is one too many is what makes waits
 * short; its threads sleep. */
static struct {
  GMutex lock;
  GCond changed;
  gboolean is_wanted;
  gboolean is_alive;
  gint64 busy_until; /* on the monotonic clock */
} keeper;

static void
do_nothing (void *data)
{
}

static void *
keep_team (void *data)
{
  GOMP_parallel (do_nothing, NULL, g_get_num_processors () + 1, 0);
  g_mutex_lock (&keeper.lock);
  while (keeper.is_wanted)
    g_cond_wait (&keeper.changed, &keeper.lock);
  keeper.is_alive = FALSE;
  g_mutex_unlock (&keeper.lock);
  return NULL; /* and the team ends with its first thread */
}

static void
start_keeper (void)
{
  pthread_attr_t attributes;
  pthread_t thread;

  if (pthread_attr_init (&attributes) != 0)
    return;
  pthread_attr_setdetachstate (&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize (&attributes, STACK);
  keeper.is_alive = pthread_create (&thread, &attributes, keep_team, NULL) == 0;
  pthread_attr_destroy (&attributes);
}

static void
set_short (gboolean is_short)
{
  keeper.is_wanted = is_short;
  if (is_short && !keeper.is_alive)
    start_keeper ();
  else if (!is_short)
    g_cond_signal (&keeper.changed);
}

void
latent_waits_set_short (gboolean is_short)
{
  g_mutex_lock (&keeper.lock);
  set_short (is_short);
  g_mutex_unlock (&keeper.lock);
}

gboolean
latent_waits_are_short (void)
{
  g_mutex_lock (&keeper.lock);
  gboolean is_short = keeper.is_wanted;
  g_mutex_unlock (&keeper.lock);
  return is_short;
}

static gboolean
is_left_to_us (void)
{
  static gsize answer; /* 1: yes, 2: no */

  if (g_once_init_enter (&answer)) {
    gboolean is_told = g_getenv ("OMP_WAIT_POLICY") != NULL || g_getenv ("GOMP_SPINCOUNT") != NULL;
    g_once_init_leave (&answer, is_told ? 2 : 1);
  }
  return answer == 1;
}

static gint64
get_microseconds (const struct timeval *time)
{
  return (gint64)time->tv_sec * G_USEC_PER_SEC + time->tv_usec;
}

void
latent_waits_watch (void)
{
  static _Thread_local gint64 looked, worked;
  static _Thread_local glong preempted;
  gint64 now = g_get_monotonic_time (), work;
  struct rusage usage;
  glong times;

  if (now - looked < INTERVAL || !is_left_to_us () || getrusage (RUSAGE_THREAD, &usage) != 0)
    return;
  work = get_microseconds (&usage.ru_utime) + get_microseconds (&usage.ru_stime);
  times = usage.ru_nivcsw - preempted;
  g_mutex_lock (&keeper.lock);
  if (looked != 0 && times > 1 && work - worked < times * OFTEN)
    keeper.busy_until = now + HOLD;
  set_short (now < keeper.busy_until);
  g_mutex_unlock (&keeper.lock);
  looked = now;
  worked = work;
  preempted = usage.ru_nivcsw;
}
