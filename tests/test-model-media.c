/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire-models.h"

/* What a file of two nodes is taken for. */
static const struct {
  TestModel model;
  LatentMediaInfo info;
  const char *modes; /* r e d: which are supported */
} cases[] = {
    {{.inputs = {{"x", 4, {-1, 3, -1, -1}}},
         .outputs = {{"y", 4, {-1, 3, -1, -1}}},
         .nodes = {{"Neg", "x", "latent", 0}, {"Abs", "latent", "y", 0}},
         .metadata = {{"latent.tensor", "latent"}}},
     {LATENT_MEDIA_VIDEO, LATENT_COLOR_RGB, .channels = 3, .stride = 1, .min_size = 1},  "red"},
    {{.inputs = {{"x", 4, {1, 1, 28, 24}}},
         .outputs = {{"y", 4, {1, 1, 28, 24}}},
         .nodes = {{"Neg", "x", "latent", 0}, {"Abs", "latent", "y", 0}},
         .metadata = {{"latent.tensor", "latent"}}},
     {LATENT_MEDIA_VIDEO, LATENT_COLOR_GRAY8, .channels = 1, .fixed_width = 24,
            .fixed_height = 28, .stride = 1, .min_size = 1},
     "red"                                                                                    },
 /* Six channels are I420 only where the file says so: its pixels are twice as many each way. */
    {{.inputs = {{"x", 4, {1, 6, -1, -1}}},
         .outputs = {{"latent", 4, {1, 24, -1, -1}}},
         .nodes = {{"SpaceToDepth", "x", "latent", 2}}},
     {LATENT_MEDIA_VECTOR},                                                              "e"  },
    {{.inputs = {{"x", 4, {1, 6, -1, -1}}},
         .outputs = {{"latent", 4, {1, 24, -1, -1}}},
         .nodes = {{"SpaceToDepth", "x", "latent", 2}},
         .metadata = {{"latent.input", "video/I420"}}},
     {LATENT_MEDIA_VIDEO, LATENT_COLOR_I420, .channels = 6, .stride = 4, .min_size = 4}, "e"  },
    {{.inputs = {{"x", 4, {1, 6, -1, -1}}},
         .outputs = {{"latent", 4, {1, 24, -1, -1}}},
         .nodes = {{"SpaceToDepth", "x", "latent", 2}},
         .metadata = {{"latent.input", "video/I420"}, {"latent.tile", "32x16"}}},
     {LATENT_MEDIA_VIDEO, LATENT_COLOR_I420, .channels = 6, .tile_width = 32, .tile_height = 16,
            .stride = 2, .min_size = 2},
     "e"                                                                                      },
    {{.inputs = {{"x", 3, {1, 2, 320}}},
         .outputs = {{"latent", 3, {1, 2, 320}}},
         .nodes = {{"Neg", "x", "latent", 0}},
         .metadata = {{"latent.input", "audio/16000/2"}, {"latent.hop", "160"}}},
     {LATENT_MEDIA_AUDIO, .rate = 16000, .channels = 2, .hop = 160, .window = 320},      "e"  },
    {{.inputs = {{"x", 3, {1, 2, -1}}},
         .outputs = {{"latent", 3, {1, 2, -1}}},
         .nodes = {{"Neg", "x", "latent", 0}},
         .metadata = {{"latent.input", "audio/16000/2"}, {"latent.window", "512"},
             {"latent.hop", "256"}}},
     {LATENT_MEDIA_AUDIO, .rate = 16000, .channels = 2, .hop = 256, .window = 512},      "e"  },
    {{.inputs = {{"x", 3, {1, 2, -1}}},
         .outputs = {{"latent", 3, {1, 2, -1}}},
         .nodes = {{"Neg", "x", "latent", 0}},
         .metadata = {{"latent.input", "audio/8000/2"}}},
     {LATENT_MEDIA_AUDIO, .rate = 8000, .channels = 2, .hop = 160, .window = 160},       "e"  },
    {{.inputs = {{"x", 3, {1, 2, 320}}},
         .outputs = {{"latent", 3, {1, 2, 320}}},
         .nodes = {{"Neg", "x", "latent", 0}}},
     {LATENT_MEDIA_VECTOR},                                                              "e"  },
    {{.inputs = {{"x", 2, {-1, 16}}},
         .outputs = {{"y", 2, {-1, 16}}, {"latent", 2, {-1, 16}}},
         .nodes = {{"Neg", "x", "latent", 0}, {"Abs", "latent", "y", 0}}},
     {LATENT_MEDIA_VECTOR},                                                              "red"},
 /* A decoder alone: its output is the media, a latent spans 4 pixels. */
    {{.inputs = {{"latent", 4, {-1, 48, -1, -1}}},
         .outputs = {{"y", 4, {-1, 3, -1, -1}}},
         .nodes = {{"DepthToSpace", "latent", "y", 4}}},
     {LATENT_MEDIA_VIDEO, LATENT_COLOR_RGB, .channels = 3, .stride = 4, .min_size = 4},  "d"  },
    {{.inputs = {{"z", 4, {1, 48, 2, 3}}},
         .outputs = {{"y", 4, {1, 3, 8, 12}}},
         .nodes = {{"DepthToSpace", "z", "y", 4}},
         .metadata = {{"latent.tensor", "z"}}},
     {LATENT_MEDIA_VIDEO, LATENT_COLOR_RGB, .channels = 3, .fixed_width = 12, .fixed_height = 8,
            .stride = 1, .min_size = 1},
     "d"                                                                                      },
 /* Two outputs, and nothing says which is the latent: it can still be tagged. */
    {{.inputs = {{"x", 2, {-1, 16}}},
         .outputs = {{"a", 2, {-1, 16}}, {"b", 2, {-1, 16}}},
         .nodes = {{"Neg", "x", "a", 0}, {"Abs", "x", "b", 0}}},
     {LATENT_MEDIA_VECTOR},                                                              ""   },
    {{.inputs = {{"x", 4, {-1, 3, -1, -1}}},
         .outputs = {{"y", 4, {-1, 3, -1, -1}}, {"latent", 4, {-1, 192, -1, -1}}},
         .nodes = {{"SpaceToDepth", "x", "latent", 8}, {"DepthToSpace", "latent", "y", 8}}},
     {LATENT_MEDIA_VIDEO, LATENT_COLOR_RGB, .channels = 3, .stride = 8, .min_size = 8},  "red"},
};

GST_START_TEST (media_follow_from_shapes_and_metadata)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentModel) model = test_model_load (&cases[__i__].model, NULL, &error);
  const LatentMediaInfo *info;
  const LatentMediaInfo *wanted = &cases[__i__].info;

  g_assert_no_error (error);
  info = latent_model_get_media_info (model);
  fail_unless_equals_int (info->kind, wanted->kind);
  fail_unless_equals_int (info->color, wanted->color);
  fail_unless_equals_int (info->rate, wanted->rate);
  fail_unless_equals_int (info->channels, wanted->channels);
  fail_unless_equals_int (info->hop, wanted->hop);
  fail_unless_equals_int (info->window, wanted->window);
  fail_unless_equals_int (info->tile_width, wanted->tile_width);
  fail_unless_equals_int (info->tile_height, wanted->tile_height);
  fail_unless_equals_int (info->fixed_width, wanted->fixed_width);
  fail_unless_equals_int (info->fixed_height, wanted->fixed_height);
  fail_unless_equals_int (info->stride, wanted->stride);
  fail_unless_equals_int (info->min_size, wanted->min_size);
}
GST_END_TEST

GST_START_TEST (modes_follow_from_parts)
{
  static const struct {
    LatentMode mode;
    char letter;
  } modes[] = {
      {LATENT_MODE_RECONSTRUCT, 'r'},
      {LATENT_MODE_ENCODE,      'e'},
      {LATENT_MODE_EMBED,       'e'},
      {LATENT_MODE_DECODE,      'd'}
  };
  g_autoptr (LatentModel) model = test_model_load (&cases[__i__].model, NULL, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    fail_unless_equals_int (latent_model_supports_mode (model, modes[i].mode),
        strchr (cases[__i__].modes, modes[i].letter) != NULL);
}
GST_END_TEST

static const TestModel rgb = {
    .inputs = {{"x", 4, {-1, 3, -1, -1}}},
    .outputs = {{"latent", 4, {-1, 3, -1, -1}}},
    .nodes = {{"Neg", "x", "latent", 0}},
};
static const TestModel audio = {
    .inputs = {{"x", 3, {1, 2, 320}}},
    .outputs = {{"latent", 3, {1, 2, 320}}},
    .nodes = {{"Neg", "x", "latent", 0}},
};
static const TestModel empty = {
    .inputs = {{"x", 4, {1, 3, 0, 4}}},
    .outputs = {{"latent", 4, {1, 3, 0, 4}}},
    .nodes = {{"Neg", "x", "latent", 0}},
};

static const struct {
  const TestModel *model;
  const char *metadata[2][2];
  const char *message; /* what the error says behind the file's name */
} refused[] = {
    {&rgb,   {{"latent.input", "video/CMYK"}},
     ": latent.input is 'video/CMYK', wanted is video/RGB, video/GRAY8, video/I420, "
        "audio/RATE/CHANNELS or vector"                                                                                             },
    {&rgb,   {{"latent.input", "audio/44100"}},
     ": latent.input is 'audio/44100', wanted is video/RGB, video/GRAY8, video/I420, "
        "audio/RATE/CHANNELS or vector"                                                                                             },
    {&rgb,   {{"latent.input", "video/GRAY8"}},
     ": latent.input wants tensors of shape Nx1xHxW, 'x' is ?x3x?x?"                                                                },
    {&rgb,   {{"latent.tile", "64"}},                                    ": latent.tile is '64', wanted is WIDTHxHEIGHT in pixels"  },
    {&rgb,   {{"latent.tile", "0x64"}},                                  ": latent.tile is '0x64', wanted is WIDTHxHEIGHT in pixels"},
    {&rgb,   {{"latent.tensor", "z"}},
     ": latent.tensor is 'z', wanted is the name of a tensor of the graph, more separated by "
        "commas"                                                                                                                    },
    {&rgb,   {{"latent.scale", "1,2"}},
     ": latent.scale is '1,2', wanted is one number, or one for each of 3 channels"                                                 },
    {&rgb,   {{"latent.scale", "inf"}},
     ": latent.scale is 'inf', wanted is one number, or one for each of 3 channels"                                                 },
    {&rgb,   {{"latent.offset", "none"}},
     ": latent.offset is 'none', wanted is one number, or one for each of 3 channels"                                               },
    {&rgb,   {{"latent.steps", "0.5,0"}},                                ": latent.steps is '0.5,0', wanted is numbers above 0"     },
    {&rgb,   {{"latent.slopes", "0.5,2"}},
     ": latent.slopes is '0.5,2', wanted is numbers from 0 to 1"                                                                    },
    {&rgb,   {{"latent.id", "two words"}},
     ": latent.id is 'two words', wanted is 1 to 128 letters, digits, '.', '_' or '-'"                                              },
    {&rgb,   {{"latent.state", "x"}},
     ": latent.state is 'x', wanted is INPUT:OUTPUT, an input of the graph and the tensor that "
        "becomes it, more separated by commas"                                                                                      },
    {&audio, {{"latent.input", "audio/16000/2"}, {"latent.hop", "321"}},
     ": latent.hop is '321', wanted is a number of samples from 1 to 320"                                                           },
    {&audio, {{"latent.input", "audio/16000/1"}},
     ": latent.input wants tensors of shape Nx1xL, 'x' is 1x2x320"                                                                  },
    {&empty, {{NULL}},                                                   ": 'x' is empty: its shape is 1x3x0x4"                     },
};

GST_START_TEST (what_cannot_be_is_refused)
{
  TestModel tagged = *refused[__i__].model;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  memcpy (tagged.metadata, refused[__i__].metadata, sizeof refused[__i__].metadata);
  fail_unless (test_model_load (&tagged, &path, &error) == NULL);
  fail_unless (g_str_has_prefix (error->message, path), "%s", error->message);
  fail_unless_equals_string (error->message + strlen (path), refused[__i__].message);
  g_remove (path);
}
GST_END_TEST

static Suite *
model_media_suite (void)
{
  Suite *suite = suite_create ("model-media");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, media_follow_from_shapes_and_metadata, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tc, modes_follow_from_parts, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tc, what_cannot_be_is_refused, 0, G_N_ELEMENTS (refused));
  return suite;
}

GST_CHECK_MAIN (model_media)
