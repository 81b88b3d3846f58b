/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/parallel.h"

#include <pthread.h>

/* libgomp's own entry points, declared here: clang's -fopenmp would bring a second pool of threads,
 * and its omp.h is not everywhere. */
extern void GOMP_parallel (void (*fn) (void *), void *data, unsigned num_threads, unsigned flags);
extern int omp_get_thread_num (void);
extern int omp_get_num_threads (void);
extern int omp_in_parallel (void);
extern void omp_set_num_threads (int num_threads);

#define KEEPER_STACK (256 * 1024) /* bytes */

typedef struct {
  gsize n;
  guint parts;
  LatentParallelFunc func;
  gpointer data;
} Job;

static void
run_part (const Job *job, guint part)
{
  gsize size = job->n / job->parts;
  gsize rest = job->n % job->parts; /* the first `rest` parts have one more */
  gsize begin = size * part + MIN (part, rest);

  job->func (begin, begin + size + (part < rest), job->data);
}

/* The parts are a matter of the job, not of how many threads the pool gave. */
static void
run_thread (void *data)
{
  const Job *job = data;
  guint step = (guint)omp_get_num_threads ();

  for (guint part = (guint)omp_get_thread_num (); part < job->parts; part += step)
    run_part (job, part);
}

static void
do_nothing (void *data)
{
}

static void *
keep_team (void *data)
{
  GOMP_parallel (do_nothing, NULL, g_get_num_processors () + 1, 0);
  for (;;)
    g_usleep (G_MAXULONG / 2);
  return NULL;
}

/* A thread of libgomp that waits for others looks again and again for some 10 ms before it sleeps,
 * and for microseconds where libgomp has started more threads than there are processors. The
 * former is fast on a machine that does nothing else; on any other it takes the processor from the
 * very thread that is waited for. What chooses is the environment, read when libgomp is loaded:
 * before us. So a team that is one too many is started, and sleeps ever after. */
static void
shorten_waits (void)
{
  static gsize once;
  pthread_attr_t attributes;
  pthread_t thread;

  if (!g_once_init_enter (&once))
    return;
  if (g_getenv ("OMP_WAIT_POLICY") == NULL && g_getenv ("GOMP_SPINCOUNT") == NULL &&
      pthread_attr_init (&attributes) == 0) {
    pthread_attr_setdetachstate (&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize (&attributes, KEEPER_STACK);
    pthread_create (&thread, &attributes, keep_team, NULL); /* without it all is as it was */
    pthread_attr_destroy (&attributes);
  }
  g_once_init_leave (&once, 1);
}

void
latent_parallel (guint threads, gsize n, gsize grain, LatentParallelFunc func, gpointer data)
{
  gsize most = n / MAX (grain, 1);
  Job job = {n, (guint)CLAMP (most, 1, MAX (threads, 1)), func, data};

  if (n == 0)
    return;
  if (job.parts == 1 || omp_in_parallel ()) {
    for (guint part = 0; part < job.parts; part++)
      run_part (&job, part);
    return;
  }
  shorten_waits ();
  GOMP_parallel (run_thread, &job, job.parts, 0);
}

void
latent_parallel_set_threads (guint threads)
{
  if (threads > 1)
    shorten_waits ();
  omp_set_num_threads ((int)CLAMP (threads, 1, G_MAXINT));
}
