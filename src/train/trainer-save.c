/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/train/checkpoint.h"
#include "src/train/trainer-private.h"

#define GROUP "checkpoint"

/* Keys that say how long, how fast and where to, not what is learned: a training that goes on may
 * have others, besides those of the group [output]. */
static const char *const free_keys[] = {
    "epochs", "steps", "minutes", "threads", "test", "test-labels", "test-interval", "patience"};

/* Numbers of a trainer that the next step, or fit(), depends on. */
static const struct {
  const char *key;
  gsize offset;
} counts[] = {
    {"step",        G_STRUCT_OFFSET (LatentTrainer, step)         },
    {"steps",       G_STRUCT_OFFSET (LatentTrainer, steps)        },
    {"epoch",       G_STRUCT_OFFSET (LatentTrainer, fit.epoch)    },
    {"position",    G_STRUCT_OFFSET (LatentTrainer, fit.position) },
    {"worse",       G_STRUCT_OFFSET (LatentTrainer, fit.worse)    },
    {"best-step",   G_STRUCT_OFFSET (LatentTrainer, fit.best.step)},
    {"guard-n",     G_STRUCT_OFFSET (LatentTrainer, guard.n)      },
    {"guard-above", G_STRUCT_OFFSET (LatentTrainer, guard.above)  },
};

static const struct {
  const char *key;
  gsize offset;
} reals[] = {
    {"seconds",         G_STRUCT_OFFSET (LatentTrainer, fit.seconds)        },
    {"guard-start",     G_STRUCT_OFFSET (LatentTrainer, guard.start)        },
    {"guard-smooth",    G_STRUCT_OFFSET (LatentTrainer, guard.smooth)       },
    {"guard-best",      G_STRUCT_OFFSET (LatentTrainer, guard.best)         },
    {"best-loss",       G_STRUCT_OFFSET (LatentTrainer, fit.best.loss)      },
    {"best-distortion", G_STRUCT_OFFSET (LatentTrainer, fit.best.distortion)},
    {"best-kl",         G_STRUCT_OFFSET (LatentTrainer, fit.best.kl)        },
    {"best-bits",       G_STRUCT_OFFSET (LatentTrainer, fit.best.bits)      },
    {"best-accuracy",   G_STRUCT_OFFSET (LatentTrainer, fit.best.accuracy)  },
    {"best-mse",        G_STRUCT_OFFSET (LatentTrainer, fit.best.mse)       },
    {"best-norm",       G_STRUCT_OFFSET (LatentTrainer, fit.best.norm)      },
};

static void
add_array (GArray *arrays, float *data, gsize n)
{
  LatentCheckpointArray array = {data, n};
  g_array_append_val (arrays, array);
}

/* Parameters, moments and averages, and `best` where it is not NULL. */
static GArray *
list_arrays (LatentTrainer *self, float *best)
{
  GArray *arrays = g_array_new (FALSE, FALSE, sizeof (LatentCheckpointArray));
  gsize n;

  for (guint i = 0; i < self->objective->parameters->len; i++) {
    float *data = latent_trainer_get_parameter (self, i, &n);
    add_array (arrays, data, n);
  }
  for (guint i = 0; i < latent_optimiser_get_n_states (self->optimiser); i++) {
    float *data = latent_optimiser_get_state (self->optimiser, i, &n);
    add_array (arrays, data, n);
  }
  if (best != NULL)
    add_array (arrays, best, self->n_weights);
  return arrays;
}

static char *
make_text (LatentTrainer *self)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *recipe = latent_recipe_to_text (self->recipe);

  g_key_file_set_string (file, GROUP, "recipe", recipe);
  g_key_file_set_string (file, GROUP, "model", self->model_key);
  g_key_file_set_boolean (file, GROUP, "has-best", self->best != NULL);
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    g_key_file_set_uint64 (
        file, GROUP, counts[i].key, G_STRUCT_MEMBER (guint64, self, counts[i].offset));
  for (guint i = 0; i < G_N_ELEMENTS (reals); i++)
    g_key_file_set_double (
        file, GROUP, reals[i].key, G_STRUCT_MEMBER (double, self, reals[i].offset));
  return g_key_file_to_data (file, NULL, NULL);
}

gboolean
latent_trainer_save (LatentTrainer *self, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GArray) arrays = NULL;

  latent_trainer_swap (self, FALSE);
  text = make_text (self);
  arrays = list_arrays (self, self->best);
  return latent_checkpoint_write (
      path, text, (const LatentCheckpointArray *)(gpointer)arrays->data, arrays->len, error);
}

static gboolean
is_free (const LatentRecipeKey *key)
{
  gboolean found = g_str_equal (key->group, "output");

  for (guint i = 0; i < G_N_ELEMENTS (free_keys); i++)
    found = found || g_str_equal (key->name, free_keys[i]);
  return found;
}

static char *
get_key (GKeyFile *file, const LatentRecipeKey *key)
{
  g_autofree char *text = g_key_file_get_string (file, key->group, key->name, NULL);
  if (text != NULL)
    return g_steal_pointer (&text);
  return g_strdup (key->fallback != NULL ? key->fallback : "");
}

static gboolean
compare_recipes (const LatentTrainer *self, const char *path, const char *then_text, GError **error)
{
  const LatentRecipeKey *keys = latent_recipe_get_keys ();
  g_autofree char *now_text = latent_recipe_to_text (self->recipe);
  g_autoptr (GKeyFile) then_file = g_key_file_new ();
  g_autoptr (GKeyFile) now_file = g_key_file_new ();

  if (!g_key_file_load_from_data (then_file, then_text, (gsize)-1, G_KEY_FILE_NONE, error) ||
      !g_key_file_load_from_data (now_file, now_text, (gsize)-1, G_KEY_FILE_NONE, error))
    return FALSE;
  for (guint i = 0; keys[i].name != NULL; i++) {
    g_autofree char *then = get_key (then_file, &keys[i]);
    g_autofree char *now = get_key (now_file, &keys[i]);
    if (is_free (&keys[i]) || g_str_equal (then, now))
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "%s: the checkpoint was made with %s '%s', now it is '%s'", path, keys[i].name, then, now);
    return FALSE;
  }
  return TRUE;
}

static gboolean
compare_models (const LatentTrainer *self, const char *path, GKeyFile *file, GError **error)
{
  g_autofree char *key = g_key_file_get_string (file, GROUP, "model", error);

  if (key == NULL)
    return FALSE;
  if (g_str_equal (key, self->model_key))
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
      "%s: the checkpoint is of another model (%.12s; this one is %.12s)", path, key,
      self->model_key);
  return FALSE;
}

typedef struct {
  guint64 counts[G_N_ELEMENTS (counts)];
  double reals[G_N_ELEMENTS (reals)];
} Numbers;

static gboolean
parse_numbers (Numbers *numbers, GKeyFile *file, GError **error)
{
  GError *failure = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (counts) && failure == NULL; i++)
    numbers->counts[i] = g_key_file_get_uint64 (file, GROUP, counts[i].key, &failure);
  for (guint i = 0; i < G_N_ELEMENTS (reals) && failure == NULL; i++)
    numbers->reals[i] = g_key_file_get_double (file, GROUP, reals[i].key, &failure);
  if (failure != NULL)
    g_propagate_error (error, failure);
  return failure == NULL;
}

static void
apply_numbers (LatentTrainer *self, const Numbers *numbers)
{
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    G_STRUCT_MEMBER (guint64, self, counts[i].offset) = numbers->counts[i];
  for (guint i = 0; i < G_N_ELEMENTS (reals); i++)
    G_STRUCT_MEMBER (double, self, reals[i].offset) = numbers->reals[i];
  if (latent_recipe_get_int (self->recipe, "steps") > 0) /* it may ask for more than it did */
    self->steps = (guint64)latent_recipe_get_int (self->recipe, "steps");
  latent_optimiser_set_steps (self->optimiser, self->step);
  latent_trainer_save_weights (self, self->good);
}

static gboolean
check_text (LatentTrainer *self, const char *path, GKeyFile *file, GError **error)
{
  g_autofree char *recipe = g_key_file_get_string (file, GROUP, "recipe", error);

  return recipe != NULL && compare_recipes (self, path, recipe, error) &&
         compare_models (self, path, file, error);
}

static gboolean
load_arrays (LatentTrainer *self, LatentCheckpoint *checkpoint, gboolean has_best, GError **error)
{
  g_autofree float *best = has_best ? latent_trainer_new_weights (self, error) : NULL;
  g_autoptr (GArray) arrays = NULL;

  if (has_best && best == NULL)
    return FALSE;
  arrays = list_arrays (self, best);
  if (!latent_checkpoint_read (
          checkpoint, (const LatentCheckpointArray *)(gpointer)arrays->data, arrays->len, error))
    return FALSE;
  g_free (self->best);
  self->best = g_steal_pointer (&best);
  return TRUE;
}

/* Errors of GLib's parser become LATENT_ERROR_FORMAT that names the file. */
static gboolean
fail_text (const char *path, GError *failure, GError **error)
{
  if (failure->domain == LATENT_ERROR) {
    g_propagate_error (error, failure);
    return FALSE;
  }
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "%s: %s", path, failure->message);
  g_error_free (failure);
  return FALSE;
}

gboolean
latent_trainer_restore (LatentTrainer *self, const char *path, GError **error)
{
  g_autoptr (LatentCheckpoint) checkpoint = latent_checkpoint_open (path, error);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  GError *failure = NULL;
  const char *text;
  Numbers numbers;

  if (checkpoint == NULL)
    return FALSE;
  text = latent_checkpoint_get_text (checkpoint);
  latent_trainer_swap (self, FALSE);
  if (!g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, &failure) ||
      !check_text (self, path, file, &failure) || !parse_numbers (&numbers, file, &failure) ||
      !load_arrays (
          self, checkpoint, g_key_file_get_boolean (file, GROUP, "has-best", NULL), &failure))
    return fail_text (path, failure, error);
  apply_numbers (self, &numbers);
  return TRUE;
}
