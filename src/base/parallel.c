/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/base/parallel.h"

/* libgomp's own entry points, declared here: clang's -fopenmp would bring a second pool of threads,
 * and its omp.h is not everywhere. */
extern void GOMP_parallel (void (*fn) (void *), void *data, unsigned num_threads, unsigned flags);
extern int omp_get_thread_num (void);
extern int omp_get_num_threads (void);
extern int omp_in_parallel (void);
extern int omp_get_max_threads (void);
extern void omp_set_num_threads (int num_threads);

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
  GOMP_parallel (run_thread, &job, job.parts, 0);
}

typedef struct {
  gsize n;
  gsize next;
  LatentItemFunc func;
  gpointer data;
} Items;

static void
run_items (gsize begin, gsize end, gpointer data)
{
  Items *items = data;
  gsize item;

  while ((item = __atomic_fetch_add (&items->next, 1, __ATOMIC_RELAXED)) < items->n)
    items->func (item, items->data);
}

void
latent_parallel_each (guint threads, gsize n, LatentItemFunc func, gpointer data)
{
  Items items = {n, 0, func, data};

  latent_parallel (threads, MIN (n, MAX (threads, 1)), 1, run_items, &items);
}

void
latent_parallel_set_threads (guint threads)
{
  omp_set_num_threads ((int)CLAMP (threads, 1, G_MAXINT));
}

guint
latent_parallel_get_threads (void)
{
  return (guint)omp_get_max_threads ();
}
