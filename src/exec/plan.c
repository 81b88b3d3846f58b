/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/plan.h"

#include "src/base/limits.h"

/* A stretch of steps during which memory holds something; first > last where nothing uses it. */
typedef struct {
  gint first;
  gint last;
  guint root; /* the buffer whose memory this one has: itself, or what it took over in place */
  gsize size;
  gsize offset;
} Life;

typedef struct {
  LatentSchedule *schedule;
  Life *lives; /* one for each buffer */
  gint n_steps;
} Plan;

static guint
find_root (const Plan *plan, guint buffer)
{
  while (plan->lives[buffer].root != buffer)
    buffer = plan->lives[buffer].root;
  return buffer;
}

static void
init_lives (Plan *plan)
{
  for (guint i = 0; i < plan->schedule->buffers->len; i++) {
    const LatentBuffer *buffer = latent_schedule_get_buffer (plan->schedule, i);
    Life *life = &plan->lives[i];
    life->root = i;
    life->size = (buffer->size + LATENT_ALIGNMENT - 1) / LATENT_ALIGNMENT * LATENT_ALIGNMENT;
    life->first = buffer->persistent ? -1 : plan->n_steps;
    life->last = buffer->persistent || buffer->kept ? plan->n_steps : -1;
  }
}

static void
note_uses (Plan *plan)
{
  for (gint i = 0; i < plan->n_steps; i++) {
    const LatentStep *step = g_ptr_array_index (plan->schedule->steps, (guint)i);
    for (guint j = 0; j < step->operands->len; j++) {
      Life *life = &plan->lives[latent_step_get_operand (step, j)->buffer];
      life->first = MIN (life->first, i);
      life->last = MAX (life->last, i);
    }
  }
}

/* Whether a step's operand `dst` can have the memory of its operand `src`. */
static gboolean
can_take_over (const Plan *plan, const LatentOperand *src, const LatentOperand *dst, gint step)
{
  guint root = find_root (plan, src->buffer);
  const LatentBuffer *buffer = latent_schedule_get_buffer (plan->schedule, root);
  const Life *from = &plan->lives[root];
  const Life *to = &plan->lives[dst->buffer];

  return buffer->data == NULL && !buffer->persistent && from->last == step && to->first == step &&
         to->root == dst->buffer && root != dst->buffer && to->size <= from->size &&
         src->offset == 0 && dst->offset == 0;
}

static void
merge_in_place (Plan *plan)
{
  for (gint i = 0; i < plan->n_steps; i++) {
    const LatentStep *step = g_ptr_array_index (plan->schedule->steps, (guint)i);
    if (step->in_place_src < 0)
      continue;
    const LatentOperand *src = latent_step_get_operand (step, (guint)step->in_place_src);
    const LatentOperand *dst = latent_step_get_operand (step, (guint)step->in_place_dst);
    if (!can_take_over (plan, src, dst, i))
      continue;
    guint root = find_root (plan, src->buffer);
    plan->lives[dst->buffer].root = root;
    plan->lives[root].last = MAX (plan->lives[root].last, plan->lives[dst->buffer].last);
  }
}

static gint
compare_sizes (gconstpointer a, gconstpointer b, gpointer lives)
{
  const Life *x = (const Life *)lives + *(const guint *)a;
  const Life *y = (const Life *)lives + *(const guint *)b;

  if (x->size != y->size)
    return x->size > y->size ? -1 : 1;
  return x->first - y->first;
}

static gboolean
lives_overlap (const Life *a, const Life *b)
{
  return a->first <= b->last && b->first <= a->last;
}

/* The lowest offset where `life` fits between those of `placed` (sorted by offset) that live when
 * it does. */
static gsize
find_gap (const Plan *plan, const GArray *placed, const Life *life)
{
  gsize offset = 0;

  for (guint i = 0; i < placed->len; i++) {
    const Life *other = &plan->lives[g_array_index (placed, guint, i)];
    if (!lives_overlap (life, other))
      continue;
    if (other->offset >= offset + life->size)
      break;
    offset = MAX (offset, other->offset + other->size);
  }
  return offset;
}

static void
insert_by_offset (const Plan *plan, GArray *placed, guint buffer)
{
  guint low = 0, high = placed->len;

  while (low < high) {
    guint middle = (low + high) / 2;
    if (plan->lives[g_array_index (placed, guint, middle)].offset <= plan->lives[buffer].offset)
      low = middle + 1;
    else
      high = middle;
  }
  g_array_insert_val (placed, low, buffer);
}

/* Big ones first, each as low as it can lie. */
static gsize
place_all (Plan *plan)
{
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (GArray) placed = g_array_new (FALSE, FALSE, sizeof (guint));
  gsize arena = 0;

  for (guint i = 0; i < plan->schedule->buffers->len; i++) {
    const Life *life = &plan->lives[i];
    if (latent_schedule_get_buffer (plan->schedule, i)->data == NULL && life->root == i &&
        life->first <= life->last)
      g_array_append_val (order, i);
  }
  g_array_sort_with_data (order, compare_sizes, plan->lives);
  for (guint i = 0; i < order->len; i++) {
    guint buffer = g_array_index (order, guint, i);
    Life *life = &plan->lives[buffer];
    life->offset = find_gap (plan, placed, life);
    insert_by_offset (plan, placed, buffer);
    arena = MAX (arena, life->offset + life->size);
  }
  return arena;
}

gboolean
latent_plan_memory (LatentSchedule *schedule, GError **error)
{
  g_autofree Life *lives = g_new0 (Life, schedule->buffers->len + 1);
  Plan plan = {.schedule = schedule, .lives = lives, .n_steps = (gint)schedule->steps->len};

  init_lives (&plan);
  note_uses (&plan);
  merge_in_place (&plan);
  schedule->arena_size = place_all (&plan);
  for (guint i = 0; i < schedule->buffers->len; i++)
    latent_schedule_get_buffer (schedule, i)->offset = lives[find_root (&plan, i)].offset;
  if (schedule->arena_size > LATENT_LIMIT_ARENA_BYTES) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
        "activations need %zu bytes, more than LATENT_LIMIT_ARENA_BYTES allows (%" G_GUINT64_FORMAT
        ")",
        schedule->arena_size, (guint64)LATENT_LIMIT_ARENA_BYTES);
    return FALSE;
  }
  return TRUE;
}
