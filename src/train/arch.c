/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/arch-private.h"

#include <string.h>

#include "src/media/format.h"
#include "src/model/model.h"

gboolean
latent_arch_fail (GError **error, const char *key, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "%s: %s", key, text);
  return FALSE;
}

static gboolean
is_set (const LatentRecipe *recipe, const char *key)
{
  return latent_recipe_has (recipe, key);
}

/* A variational net is dense where `hidden` says so and nothing speaks of convolutions, or where
 * samples are vectors. */
static const LatentTrunk *
choose_trunk (const LatentRecipe *recipe, const LatentSampleSpec *spec)
{
  gboolean convolves = spec->media.kind != LATENT_MEDIA_VECTOR;

  if (latent_recipe_is (recipe, "arch", "conv"))
    return &latent_trunk_conv;
  if (latent_recipe_is (recipe, "arch", "lapped"))
    return &latent_trunk_lapped;
  if (latent_recipe_is (recipe, "arch", "transformer"))
    return &latent_trunk_transformer;
  if (!latent_recipe_is (recipe, "arch", "vae"))
    return &latent_trunk_dense;
  if (is_set (recipe, "conv-channels") || latent_recipe_get_bool (recipe, "flat"))
    return &latent_trunk_conv;
  return convolves && !is_set (recipe, "hidden") ? &latent_trunk_conv : &latent_trunk_dense;
}

/* By LatentMediaKind: how many dimensions a sample has. */
static const struct {
  guint min, max;
  const char *wanted;
} ranks[] = {
    {1, 2, "d numbers, or rows of k numbers"},
    {3, 3, "channels x height x width"      },
    {2, 2, "channels x samples"             },
};

static gboolean
check_sample (const LatentSampleSpec *spec, GError **error)
{
  const LatentMediaInfo *media = &spec->media;
  const LatentShape *sample = &spec->sample;
  g_autofree char *offered = latent_shape_to_string (sample);
  gint64 channels = media->kind == LATENT_MEDIA_VIDEO   ? latent_layout_get (media->color)->n_lanes
                    : media->kind == LATENT_MEDIA_AUDIO ? (gint64)media->channels
                                                        : sample->dims[0];
  gboolean fits = sample->n >= ranks[media->kind].min && sample->n <= ranks[media->kind].max &&
                  sample->dims[0] == channels;

  for (guint i = 0; i < sample->n; i++)
    fits &= sample->dims[i] > 0;
  if (fits)
    return latent_shape_count (sample, LATENT_DATA_TYPE_FLOAT32, NULL, NULL, error);
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE, "samples are %s, wanted is %s", offered,
      ranks[media->kind].wanted);
  return FALSE;
}

static gboolean
check_task (const LatentRecipe *recipe, const LatentSampleSpec *spec, GError **error)
{
  if (!latent_recipe_is (recipe, "task", "predict"))
    return TRUE;
  if (!latent_recipe_is (recipe, "arch", "transformer"))
    return latent_arch_fail (error, "task", "predict needs the arch transformer, not %s",
        latent_recipe_get_string (recipe, "arch"));
  if (spec->media.kind == LATENT_MEDIA_VECTOR && spec->sample.n == 2)
    return TRUE;
  return latent_arch_fail (error, "task", "predict needs sequences of vectors as samples");
}

static gboolean
uses_gelu (const LatentArch *self)
{
  static const char *const keys[] = {"latent-activation", "output-activation"};
  gboolean uses = g_str_equal (self->activation, "gelu");

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    uses |= latent_recipe_is (self->recipe, keys[i], "gelu");
  return uses;
}

static void
start (LatentArch *self, const LatentRecipe *recipe, const LatentSampleSpec *spec)
{
  gboolean is_transformer = latent_recipe_is (recipe, "arch", "transformer");

  *self = (LatentArch){.recipe = recipe, .spec = spec};
  self->activation = is_transformer && !is_set (recipe, "activation")
                         ? "gelu"
                         : latent_recipe_get_string (recipe, "activation");
  self->k = latent_recipe_get_int (recipe, "latent");
  self->d = (gint64)latent_shape_product (&spec->sample, 0, spec->sample.n);
  self->input = (LatentShape){spec->sample.n + 1, {-1}};
  memcpy (self->input.dims + 1, spec->sample.dims, spec->sample.n * sizeof (gint64));
  latent_layers_init (&self->layers,
      latent_graph_new (latent_recipe_get_string (recipe, "arch"),
          uses_gelu (self) ? LATENT_LAYERS_OPSET_GELU : LATENT_LAYERS_OPSET),
      (guint64)latent_recipe_get_int (recipe, "seed"), 0);
}

/* Input, latents and output have sizes of their own that the file leaves open: they are equal only
 * where a size is a multiple of the net's stride. */
static const char *const *
get_symbols (const LatentShape *shape, guint which)
{
  static const char *const pictures[] = {
      "n", "", "h", "w", "n", "", "lh", "lw", "n", "", "yh", "yw"};
  static const char *const sounds[] = {"n", "", "t", "n", "", "lt", "n", "", "yt"};

  return shape->n == 4 ? pictures + 4 * which : sounds + 3 * which;
}

static LatentValue *
add_latent (LatentArch *self, const LatentTrunk *trunk, LatentValue *features)
{
  LatentValue *latent = trunk->project (self, "encoder/latent", features);

  return latent_layers_activate (&self->layers, "encoder/latent", latent,
      latent_recipe_get_string (self->recipe, "latent-activation"));
}

static void
build (LatentArch *self, const LatentTrunk *trunk)
{
  LatentLayers *layers = &self->layers;
  LatentValue *x = latent_layers_input (layers, "x", &self->input, get_symbols (&self->input, 0));
  LatentValue *features = trunk->encode (self, x);
  LatentValue *latent = add_latent (self, trunk, features);
  LatentValue *logvar = latent_recipe_is (self->recipe, "arch", "vae")
                            ? trunk->project (self, "encoder/logvar", features)
                            : NULL;
  LatentValue *y = latent_layers_activate (layers, "decoder/output", trunk->decode (self, latent),
      latent_recipe_get_string (self->recipe, "output-activation"));
  const char *const *symbols = get_symbols (&self->latent, 1);

  latent_layers_output (layers, y, "y", &self->output, get_symbols (&self->output, 2));
  latent_layers_output (layers, latent, "latent", &self->latent, symbols);
  if (logvar != NULL)
    latent_layers_output (layers, logvar, "logvar", &self->latent, symbols);
  for (guint i = 0; i < self->n_states; i++) {
    g_autofree char *name = g_strdup_printf ("%s_next", self->states[i].name);
    latent_layers_output (layers, self->states[i].next, name, &self->states[i].shape, NULL);
  }
}

gboolean
latent_arch_set_number (LatentModel *model, const char *key, double number, GError **error)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (number == 0)
    return TRUE;
  g_ascii_dtostr (text, sizeof text, number);
  return latent_model_set_metadata (model, key, text, error);
}

static char *
describe_input (const LatentMediaInfo *media)
{
  if (media->kind == LATENT_MEDIA_VIDEO)
    return g_strdup_printf ("video/%s", latent_layout_get (media->color)->name);
  if (media->kind == LATENT_MEDIA_AUDIO)
    return g_strdup_printf ("audio/%u/%u", media->rate, media->channels);
  return g_strdup ("vector");
}

/* A net of pictures of one size sees tiles, where pieces of pictures were asked for. */
static char *
describe_tile (const LatentArch *self)
{
  const LatentMediaInfo *media = &self->spec->media;
  guint width, height;

  if (media->kind != LATENT_MEDIA_VIDEO || self->input.dims[3] < 0)
    return NULL;
  if (!media->tile_width && !latent_recipe_get_size (self->recipe, "crop", &width, &height))
    return NULL;
  gint64 pixels = latent_layout_get (media->color)->density;
  return g_strdup_printf ("%" G_GINT64_FORMAT "x%" G_GINT64_FORMAT, self->input.dims[3] * pixels,
      self->input.dims[2] * pixels);
}

/* "in:in_next,other:other_next" */
static char *
describe_states (const LatentArch *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->n_states; i++)
    g_string_append_printf (
        text, "%s%s:%s_next", i > 0 ? "," : "", self->states[i].name, self->states[i].name);
  return g_string_free (text, text->len == 0);
}

/* Of the first channel one number, of the others 1. */
static char *
describe_slopes (const LatentArch *self)
{
  GString *text = g_string_new (NULL);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (self->level_slope > 0)
    g_string_append (text, g_ascii_dtostr (number, sizeof number, self->level_slope));
  for (gint64 i = 1; i < self->latent.dims[1] && self->level_slope > 0; i++)
    g_string_append (text, ",1");
  return g_string_free (text, text->len == 0);
}

static gboolean
describe (const LatentArch *self, LatentModel *model, GError **error)
{
  const LatentSampleSpec *spec = self->spec;
  const LatentMediaInfo *media = &spec->media;
  gboolean is_audio = media->kind == LATENT_MEDIA_AUDIO;
  g_autofree char *input = describe_input (media);
  g_autofree char *tile = describe_tile (self);
  g_autofree char *states = describe_states (self);
  g_autofree char *slopes = describe_slopes (self);
  static const char *const keys[] = {"latent.tensor", "latent.tile", "latent.input",
      "latent.logvar", "latent.task", "latent.state", "latent.slopes"};
  const char *const values[] = {"latent", tile, input,
      latent_recipe_is (self->recipe, "arch", "vae") ? "logvar" : NULL,
      latent_recipe_is (self->recipe, "task", "predict") ? "predict" : NULL, states, slopes};

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (values[i] != NULL && !latent_model_set_metadata (model, keys[i], values[i], error))
      return FALSE;
  /* The window before the hop, which is no longer. */
  if (is_audio && self->input.dims[2] < 0 &&
      !latent_arch_set_number (model, "latent.window", (double)spec->sample.dims[1], error))
    return FALSE;
  return (!is_audio || latent_arch_set_number (model, "latent.hop", media->hop, error)) &&
         latent_arch_set_number (model, "latent.scale", spec->scale, error) &&
         latent_arch_set_number (model, "latent.offset", spec->offset, error);
}

static void
clear (LatentArch *self)
{
  latent_layers_clear (&self->layers);
  latent_arch_clear_direct (self);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LatentArch, clear)

LatentModel *
latent_arch_build (const LatentRecipe *recipe, const LatentSampleSpec *spec, GError **error)
{
  g_auto (LatentArch) self = {0};
  const LatentTrunk *trunk = choose_trunk (recipe, spec);

  if (!check_sample (spec, error) || !check_task (recipe, spec, error))
    return NULL;
  start (&self, recipe, spec);
  if (!trunk->prepare (&self, error))
    return NULL;
  self.output = self.input;
  build (&self, trunk);
  LatentGraph *graph = latent_layers_finish (&self.layers, error);
  if (graph == NULL)
    return NULL;
  g_autoptr (LatentModel) model = latent_model_new_from_graph (graph, error);
  if (model == NULL || !describe (&self, model, error) ||
      !latent_arch_describe_direct (&self, model, error))
    return NULL;
  return g_steal_pointer (&model);
}
