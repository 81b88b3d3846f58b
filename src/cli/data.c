/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/cli/feed-items.h"
#include "src/media/array.h"
#include "src/model/model.h"

struct _LatentData {
  LatentRecipe *recipe;
  LatentFeedPlan plan;
  char **inputs, **test_inputs; /* owned; test_inputs: NULL without, or the same as inputs */
  LatentLabels *labels, *test_labels;
  guint8 *picked;
  LatentFeedPart train, test;
};

void
latent_data_free (LatentData *self)
{
  if (!self)
    return;
  latent_recipe_free (self->recipe);
  if (self->test_inputs != self->inputs)
    g_strfreev (self->test_inputs);
  g_strfreev (self->inputs);
  if (self->test_labels != self->labels)
    latent_labels_free (self->test_labels);
  latent_labels_free (self->labels);
  g_free (self->picked);
  g_free (self);
}

/* Inputs that a recipe names, apart by semicolons; gst-launch text can have some of its own. */
static char **
split_inputs (const char *text)
{
  if (g_str_has_prefix (text, "gst:"))
    return g_strdupv ((char *[]){(char *)text, NULL});
  char **inputs = g_strsplit (text, ";", -1);
  for (char **input = inputs; *input; input++)
    g_strstrip (*input);
  return inputs;
}

/* The format of an array's samples as pictures, where a net of pictures is asked for: HxW or HxWx3
 * of bytes; NULL for others. */
static const char *
guess_format (const LatentData *self)
{
  g_autoptr (LatentArrayFile) file = latent_recipe_is (self->recipe, "arch", "conv")
                                         ? latent_array_file_open (self->inputs[0], NULL)
                                         : NULL;
  const LatentArrayHeader *header = file ? latent_array_file_get_header (file) : NULL;
  if (!header || header->type != LATENT_DATA_TYPE_UINT8)
    return NULL;
  if (header->shape.n == 4 && header->shape.dims[3] == 3)
    return "RGB";
  return header->shape.n == 3 ? "GRAY8" : NULL;
}

static LatentColor
find_color (const char *format)
{
  LatentColor color = LATENT_COLOR_RGB;
  while (strcmp (latent_layout_get (color)->name, format) != 0)
    color++;
  return color;
}

/* What the samples are, where no model says it: as the recipe's keys tell, else as the first input
 * looks. */
static void
guess_media (LatentData *self)
{
  const LatentRecipe *recipe = self->recipe;
  const char *format = latent_recipe_get_string (recipe, "format");
  guint width, height;
  gboolean array = latent_array_file_probe (self->inputs[0]);
  if (!format && array)
    format = guess_format (self);
  gboolean pictures = format || latent_recipe_get_size (recipe, "crop", &width, &height);
  /* Neither arrays nor gst-launch text say by themselves that they are sound. */
  gboolean told = array || g_str_has_prefix (self->inputs[0], "gst:");
  gboolean sound = latent_recipe_get_int (recipe, "window") > 0 && told;
  LatentMediaKind kind = pictures ? LATENT_MEDIA_VIDEO
                         : sound  ? LATENT_MEDIA_AUDIO
                                  : latent_source_guess_kind (self->inputs[0]);
  latent_feed_plan_take_media (&self->plan, kind,
      find_color (format  ? format
                  : array ? "GRAY8"
                          : "I420"));
}

/* Vectors of integers: what they are multiplied by, and whether all inputs have bytes. */
static void
choose_scale (LatentData *self)
{
  LatentFeedPlan *plan = &self->plan;
  double scale = latent_source_get_scale (self->inputs[0]);
  plan->packed = TRUE;
  for (guint i = 0; i < 2; i++) {
    char **inputs = i ? self->test_inputs : self->inputs;
    for (; inputs && *inputs; inputs++)
      plan->packed = plan->packed && latent_source_get_scale (*inputs) == 1. / 255;
  }
  if (plan->settings.scale == 0) /* no model says otherwise */
    plan->settings.scale = scale;
  if (scale != 0) {
    plan->spec.scale = plan->settings.scale;
    plan->spec.offset = plan->settings.offset;
  }
}

static gboolean
measure (LatentData *self, GError **error)
{
  LatentSample sample;
  g_autoptr (LatentSource) source = latent_source_new (self->inputs, &self->plan.settings, error);
  if (!source || latent_source_next (source, &sample, error) != LATENT_SOURCE_SAMPLE)
    return FALSE;
  if (sample.kind == LATENT_MEDIA_VECTOR && self->plan.settings.kind != LATENT_MEDIA_VECTOR) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_TYPE,
        "%s: floats are vectors; pictures are uint8, sound int16", sample.origin);
    return FALSE;
  }
  return self->plan.kind->measure (&self->plan, &sample, error);
}

/* "first:N" or "last:N". */
static gboolean
parse_part (const char *text, const char *word, guint64 *n)
{
  char *end;
  if (!g_str_has_prefix (text, word) || !g_ascii_isdigit (text[strlen (word)]))
    return FALSE;
  *n = g_ascii_strtoull (text + strlen (word), &end, 10);
  return *end == '\0' && *n > 0;
}

static gboolean
hold_back_last (LatentData *self, guint64 held, GError **error)
{
  guint64 n;
  if (!latent_feed_count_units (&self->plan, self->inputs, &n, error))
    return FALSE;
  if (held >= n) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "test: last:%" G_GUINT64_FORMAT " leaves nothing of %" G_GUINT64_FORMAT " samples", held,
        n);
    return FALSE;
  }
  self->train.end = self->test.begin = n - held;
  return TRUE;
}

static gboolean
choose_test (LatentData *self, GError **error)
{
  guint64 held;
  const char *test = latent_recipe_get_string (self->recipe, "test");
  self->train = self->test = (LatentFeedPart){.inputs = self->inputs, .end = G_MAXUINT64};
  self->test.test = TRUE;
  if (!test)
    return TRUE;
  if (self->test_inputs != self->inputs)
    self->test.inputs = self->test_inputs;
  else if (parse_part (test, "first:", &held))
    self->train.begin = self->test.end = held;
  else if (parse_part (test, "last:", &held))
    return hold_back_last (self, held, error);
  return TRUE;
}

static void
find_inputs (LatentData *self, char **inputs)
{
  const char *test = latent_recipe_get_string (self->recipe, "test");
  guint64 held;
  self->inputs = inputs && *inputs
                     ? g_strdupv (inputs)
                     : split_inputs (latent_recipe_get_string (self->recipe, "input"));
  if (test && (parse_part (test, "first:", &held) || parse_part (test, "last:", &held)))
    self->test_inputs = self->inputs;
  else if (test)
    self->test_inputs = split_inputs (test);
}

static gboolean
load_labels (LatentData *self, GError **error)
{
  gboolean classes = !latent_recipe_is (self->recipe, "task", "regress");
  gboolean needed = !classes || latent_recipe_is (self->recipe, "task", "classify");
  const char *path = latent_recipe_get_string (self->recipe, "labels");
  const char *test_path = latent_recipe_get_string (self->recipe, "test-labels");
  guint64 few = (guint64)latent_recipe_get_int (self->recipe, "few");
  if (!path && (needed || few)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "labels: without a file of labels there is no %s", few ? "few" : "task to learn");
    return FALSE;
  }
  if (path && !(self->labels = latent_labels_load (path, classes, error)))
    return FALSE;
  if (test_path && !(self->test_labels = latent_labels_load (test_path, classes, error)))
    return FALSE;
  if (self->test_inputs == self->inputs)
    self->test_labels = self->labels;
  if (needed && self->test_inputs && !self->test_labels) {
    g_set_error (
        error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "test-labels: the test set has no labels");
    return FALSE;
  }
  return TRUE;
}

static gboolean
attach_labels (LatentData *self, GError **error)
{
  guint64 few = (guint64)latent_recipe_get_int (self->recipe, "few");
  self->train.labels = self->labels;
  self->test.labels = self->test_labels;
  if (few && latent_recipe_is (self->recipe, "task", "regress")) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "few: a regressor has no classes");
    return FALSE;
  }
  if (few)
    self->picked = latent_labels_pick (self->labels, self->train.begin, self->train.end, few);
  self->train.picked = self->picked;
  self->train.n_picked = self->picked ? latent_labels_get_n (self->labels) : 0;
  return TRUE;
}

LatentData *
latent_data_new (const LatentRecipe *recipe, char **inputs, LatentModel *init, GError **error)
{
  g_autoptr (LatentData) self = g_new0 (LatentData, 1);
  LatentFeedPlan *plan = &self->plan;
  self->recipe = latent_recipe_copy (recipe);
  plan->recipe = self->recipe;
  if (!(inputs && *inputs) && !latent_recipe_get_string (recipe, "input")) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS,
        "input: there is none, neither in the command line nor in a recipe");
    return NULL;
  }
  find_inputs (self, inputs);
  if (init)
    latent_feed_plan_take_model (plan, init);
  else
    guess_media (self);
  if (plan->settings.kind == LATENT_MEDIA_VECTOR)
    choose_scale (self);
  latent_feed_plan_choose_kind (plan);
  if (!measure (self, error) || (init && !latent_feed_plan_fit_model (plan, init, error)) ||
      !load_labels (self, error) || !choose_test (self, error) || !attach_labels (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

const LatentSampleSpec *
latent_data_get_spec (const LatentData *self)
{
  return &self->plan.spec;
}

guint
latent_data_get_n_outputs (const LatentData *self)
{
  return self->labels ? latent_labels_get_width (self->labels) : 0;
}

LatentFeed *
latent_data_open_train (LatentData *self, GError **error)
{
  return latent_data_feed_new (&self->plan, &self->train, error);
}

LatentFeed *
latent_data_open_all (LatentData *self, GError **error)
{
  LatentFeedPart all = {
      .inputs = self->inputs, .labels = self->labels, .end = G_MAXUINT64, .test = TRUE};
  return latent_data_feed_new (&self->plan, &all, error);
}

gboolean
latent_data_has_test (const LatentData *self)
{
  return self->test_inputs != NULL;
}

LatentFeed *
latent_data_open_test (LatentData *self, GError **error)
{
  return latent_data_feed_new (&self->plan, &self->test, error);
}
