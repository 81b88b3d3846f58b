/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/exec/program.h"

G_DEFINE_BOXED_TYPE (LatentProgram, latent_program, latent_program_ref, latent_program_unref)

/* Programs alive, by key; it holds no references. The lock also guards their reference counts, so
 * that none is found while its last reference goes. */
static GMutex lock;
static GCond settled;
static GHashTable *programs;
static GHashTable *claimed; /* keys of those that a thread is at work on */

void
latent_program_free (LatentProgram *self)
{
  if (self == NULL)
    return;
  latent_schedule_free (self->schedule);
  g_array_unref (self->inputs);
  g_array_unref (self->outputs);
  g_array_unref (self->states);
  latent_graph_free (self->graph);
  g_free (self->key);
  g_free (self);
}

LatentProgram *
latent_program_cache_claim (const char *key)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  LatentProgram *program;

  while (claimed != NULL && g_hash_table_contains (claimed, key))
    g_cond_wait (&settled, &lock); /* the last program may go meanwhile, and the tables with it */
  if (programs == NULL) {
    programs = g_hash_table_new (g_str_hash, g_str_equal);
    claimed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  }
  program = g_hash_table_lookup (programs, key);
  if (program != NULL)
    program->ref_count++;
  else
    g_hash_table_add (claimed, g_strdup (key));
  return program;
}

void
latent_program_cache_settle (const char *key, LatentProgram *program)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  if (program != NULL) {
    program->ref_count = 1;
    program->key = g_strdup (key);
    g_hash_table_insert (programs, program->key, program);
  }
  g_hash_table_remove (claimed, key);
  g_cond_broadcast (&settled);
}

LatentProgram *
latent_program_ref (LatentProgram *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  self->ref_count++;
  return self;
}

static gboolean
drop_reference (LatentProgram *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  if (--self->ref_count > 0)
    return FALSE;
  g_hash_table_remove (programs, self->key);
  if (g_hash_table_size (programs) == 0 && g_hash_table_size (claimed) == 0) {
    g_clear_pointer (&programs, g_hash_table_unref);
    g_clear_pointer (&claimed, g_hash_table_unref);
  }
  return TRUE;
}

void
latent_program_unref (LatentProgram *self)
{
  if (self != NULL && drop_reference (self))
    latent_program_free (self);
}

guint
latent_program_get_n_inputs (const LatentProgram *self)
{
  return self->inputs->len;
}

guint
latent_program_get_n_outputs (const LatentProgram *self)
{
  return self->outputs->len;
}

const LatentPort *
latent_program_get_input (const LatentProgram *self, guint index)
{
  g_return_val_if_fail (index < self->inputs->len, NULL);
  return &g_array_index (self->inputs, LatentProgramPort, index).port;
}

const LatentPort *
latent_program_get_output (const LatentProgram *self, guint index)
{
  g_return_val_if_fail (index < self->outputs->len, NULL);
  return &g_array_index (self->outputs, LatentProgramPort, index).port;
}

const LatentQuantization *
latent_program_get_input_quantization (const LatentProgram *self, guint index)
{
  g_return_val_if_fail (index < self->inputs->len, NULL);
  return g_array_index (self->inputs, LatentProgramPort, index).quantization;
}

const LatentQuantization *
latent_program_get_output_quantization (const LatentProgram *self, guint index)
{
  g_return_val_if_fail (index < self->outputs->len, NULL);
  return g_array_index (self->outputs, LatentProgramPort, index).quantization;
}

guint64
latent_program_get_macs (const LatentProgram *self)
{
  return self->macs;
}

char *
latent_program_describe_kernels (const LatentProgram *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->schedule->steps->len; i++) {
    const LatentStep *step = g_ptr_array_index (self->schedule->steps, i);
    const LatentNode *node = step->node;
    g_string_append_printf (
        text, "%s\t%s", node != NULL ? node->name : "", node != NULL ? node->op_type : "reorder");
    for (guint j = 0; node != NULL && node->fused != NULL && j < node->fused->len; j++)
      g_string_append_printf (
          text, "+%s", ((LatentNode *)g_ptr_array_index (node->fused, j))->op_type);
    g_string_append_printf (text, "\t%s\n", step->kernel);
  }
  if (self->note != NULL)
    g_string_append_printf (text, "\tnote\t%s\n", self->note);
  return g_string_free (text, FALSE);
}

guint
latent_program_get_output_block (const LatentProgram *self)
{
  return MAX (self->block, 1);
}
