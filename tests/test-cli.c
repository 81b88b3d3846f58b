/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command as users meet it: arguments, exit status, what is printed where. */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <math.h>
#include <string.h>

#include "cli-run.h"
#include "src/graph/graph.h"
#include "src/media/array.h"
#include "src/model/model.h"

static const char sound[] = "gst:'audiotestsrc num-buffers=20 ! audio/x-raw,rate=8000'";
static const char clip[] =
    "'gst:videotestsrc num-buffers=6 pattern=ball ! video/x-raw,width=50,height=34'";

static void
open_folder (void)
{
  make_folder ();
  write_pictures ();
  fail_unless_equals_int (run ("pca pictures.npy -k 2 -o vectors.onnx"), 0);
}

static const struct {
  const char *line;
  int status;
  const char *said; /* on stderr; on stdout where the status is 0 */
} lines[] = {
    {"",                                                           2, "Usage: latent COMMAND"                       },
    {"--help",                                                     0, "Usage: latent COMMAND"                       },
    {"-h",                                                         0, "Usage: latent COMMAND"                       },
    {"help",                                                       0, "Usage: latent COMMAND"                       },
    {"help pca",                                                   0, "latent pca [OPTION"                          },
    {"pca --help",                                                 0, "latent pca [OPTION"                          },
    {"help nonsense",                                              2, "no command 'nonsense'"                       },
    {"--version",                                                  0, "latent 0."                                   },
    {"encdoe x",                                                   2, "did you mean 'encode'?"                      },
    {"paint x",                                                    2, "'latent --help' lists them"                  },
    {"info",                                                       2, "arguments expected: MODEL"                   },
    {"info a b",                                                   2, "one argument too many: 'b'"                  },
    {"info --jsno x",                                              2, "Unknown option --jsno"                       },
    {"info /nowhere.onnx",                                         1, "latent info: /nowhere.onnx: "                },
    {"info pictures.npy",                                          1, "pictures.npy"                                },
    {"tag vectors.onnx",                                           2, "-o OUT is missing"                           },
    {"tag vectors.onnx -o b.onnx --std 0",                         2, "--std: a deviation of 0"                     },
    {"tag vectors.onnx -o b.onnx --mean 1,x",                      2, "--mean: '1,x' is not a list"                 },
    {"tag vectors.onnx -o b.onnx --mean 1 --scale 1",              2, "give one pair"                               },
    {"tag vectors.onnx -o b.onnx --set alone",                     2, "'alone' is not KEY=VALUE"                    },
    {"tag vectors.onnx -o b.onnx --input video/RBG",               1, "video/RBG"                                   },
    {"tag vectors.onnx -o b.onnx --latent nowhere",                1, "nowhere"                                     },
    {"join vectors.onnx -o b.onnx",                                2, "more arguments expected"                     },
    {"pca pictures.npy",                                           2, "-k K is missing"                             },
    {"pca pictures.npy -k 2",                                      2, "-o MODEL is missing"                         },
    {"pca pictures.npy -k -1 -o b.onnx",                           2, "-k: -1 is not between 1"                     },
    {"pca pictures.npy -k 2 -o b.onnx --tile 4",                   2, "--tile: '4' is not a size"                   },
    {"pca pictures.npy -k 2 -o b.onnx --tile 3x4 --format I420",   2, "an even width and height"                    },
    {"pca pictures.npy -k 2 -o b.onnx --format CMYK",              2, "is none of RGB, GRAY8, I420, audio"          },
    {"pca pictures.npy -k 2 -o /nowhere/b.onnx",                   1, "/nowhere/b.onnx"                             },
    {"pca pictures.npy -k 16 -o b.onnx",                           1, "pictures.npy: k = 16 is not less than the 16"},
    {"pca pictures.npy -k 5 -o b.onnx --max-frames 5",             1, "k = 5 is not less than the 5 samples"        },
    {"pca absent.npy -k 2 -o b.onnx",                              1, "absent.npy: no such file"                    },
    {"pca pictures.npy absent.npy -k 2 -o b.onnx",                 1, "absent.npy: no such file"                    },
    {"pca empty -k 2 -o b.onnx",                                   1, "empty: the folder has no pictures"           },
    {"pca same.npy -k 2 -o b.onnx",                                1, "same.npy: all 5 samples are the same"        },
    {"pca nan.npy -k 1 -o b.onnx",                                 1, "nan.npy: sample 1, element 0 is nan"         },
    {"pca none.npy -k 1 -o b.onnx",                                1, "none.npy: there is nothing in it"            },
    {"pca cut.npy -k 1 -o b.onnx",                                 1, "cut.npy: sample 0 of 2: the file is cut off" },
    {"pca gst:nonsense -k 1 -o b.onnx",                            1, "nonsense"                                    },
    {"pca 'gst:audiotestsrc num-buffers=3' -k 1 -o b.onnx",        1, "gst:audiotestsrc"                            },
    {"eval vectors.onnx",                                          2, "more arguments expected"                     },
    {"eval vectors.onnx nan.npy",                                  1, "x16"                                         },
    {"eval vectors.onnx text",                                     1, "text: neither NPY nor IDX"                   },
    {"eval absent.onnx pictures.npy",                              1, "absent.onnx"                                 },
    {"fit vectors.onnx -o b.onnx",                                 2, "latent fit"                                  },
    {"fit vectors.onnx pictures.npy",                              2, "-o OUT is missing"                           },
    {"fit vectors.onnx pictures.npy -o b.onnx -q 64",              2, "--quality 0 to 63"                           },
    {"fit vectors.onnx absent.npy -o b.onnx",                      1, "absent.npy"                                  },
    {"quantize vectors.onnx pictures.npy",                         2, "-o OUT is missing"                           },
    {"quantize vectors.onnx pictures.npy -o b.onnx --method best", 2,
     "none of minmax, percentile, mse"                                                                              },
    {"quantize vectors.onnx pictures.npy -o b.onnx --max-loss -1", 2,
     "--max-loss and --max-shift not negative"                                                                      },
    {"quantize vectors.onnx pictures.npy -o b.onnx --leave none",  2,
     "layers that can be quantised: encode"                                                                         },
    {"quantize vectors.onnx absent.npy -o b.onnx",                 1, "absent.npy"                                  },
    {"quantize vectors.onnx same.npy -o b.onnx",                   1, "same.npy: input"                             },
    {"encode pictures.npy -o b.npy",                               2, "-m MODEL is missing"                         },
    {"encode pictures.npy -m vectors.onnx -o b.txt",               2, "does not end in .lat or .npy"                },
    {"encode pictures.npy -m vectors.onnx -o b.lat",               1, "b.lat: .lat files hold pictures or sound"    },
    {"encode pictures.npy -m vectors.onnx -o b.lat -q 64",         2,
     "--quality: 64 is not between 0 and 63"                                                                        },
    {"encode pictures.npy -m vectors.onnx -o b.lat -b -1",         2, "--bitrate: -1 is negative"                   },
    {"encode pictures.npy -m vectors.onnx -o b.npy --embed-model", 2,
     "--embed-model: 'b.npy' does not end in .lat"                                                                  },
    {"decode pictures.npy -m vectors.onnx -o b.npy",               1, "pictures.npy"                                },
    {"decode b.lat -m vectors.onnx -o b.npy",                      1, "b.lat: No such file"                         },
    {"decode pictures.npy -o b.npy",                               2, "-m MODEL is missing"                         },
    {"decode pictures.npy -m vectors.onnx -o b.mkv",               2, "written to .npy"                             },
    {"bench vectors.onnx --threads -1",                            2, "--threads: -1 is not between"                },
    {"bench vectors.onnx --precision f64",                         2, "none of auto, f32, bf16, int8"               },
    {"bench vectors.onnx --batch 0",                               2, "--batch: 0 is not 1 or more"                 },
    {"bench vectors.onnx --element",                               1, "this one is of vectors"                      },
    {"bench vectors.onnx --mode embed",                            2, "--mode: 'embed' is none of reconstruct"      },
    {"bench vectors.onnx --size 64x48",                            2, "--size is of pictures"                       },
    {"bench vectors.onnx --size 64x48 --element",                  2, "--size is of pictures"                       },
    {"bench vectors.onnx --runs 0",                                2, "--runs: 0 is not 1 or more"                  },
};

GST_START_TEST (arguments)
{
  static const float nan[3] = {1, NAN, 2};
  static const guint8 same[15] = {0};
  g_autofree char *empty = in_folder ("empty");
  g_autofree char *text = in_folder ("text");
  g_mkdir (empty, 0755);
  g_file_set_contents (text, "hello", -1, NULL);
  write_npy ("nan.npy", "<f4", "3, 1", nan, sizeof nan);
  write_npy ("same.npy", "|u1", "5, 3", same, sizeof same);
  write_npy ("none.npy", "|u1", "0, 3", same, 0);
  write_npy ("cut.npy", "|u1", "2, 3", same, 5);

  int status = run (lines[__i__].line);
  const char *printed = lines[__i__].status ? err : out;
  fail_unless (status == lines[__i__].status, "latent %s: %d, %s", lines[__i__].line, status, err);
  fail_unless (
      strstr (printed, lines[__i__].said) != NULL, "latent %s: %s", lines[__i__].line, printed);
  if (status) {
    g_autofree char *broken = in_folder ("b.onnx");
    fail_unless_equals_string (out, "");
    fail_if (g_file_test (broken, G_FILE_TEST_EXISTS));
  }
}
GST_END_TEST

GST_START_TEST (vectors_of_two_axes)
{
  g_autoptr (JsonObject) pca = run_json ("pca pictures.npy -k 2 -o a.onnx");

  fail_unless_equals_int ((int)get_number (pca, "d"), 16);
  fail_unless_equals_int ((int)get_number (pca, "k"), 2);
  fail_unless_equals_int ((int)get_number (pca, "samples"), 40);
  fail_unless (get_number (pca, "explained") > .999999);
  fail_unless (get_number (pca, "train_mse") < 1e-9);
  fail_unless (get_number (pca, "seconds") >= 0);

  g_autoptr (JsonObject) eval = run_json ("eval a.onnx pictures.npy");
  fail_unless_equals_int ((int)get_number (eval, "samples"), 40);
  fail_unless_equals_int ((int)get_number (eval, "d"), 16);
  fail_unless_equals_int ((int)get_number (eval, "k"), 2);
  fail_unless (get_number (eval, "mse") < 1e-9);
  fail_unless (get_number (eval, "psnr") > 90);
  fail_unless (json_object_get_null_member (eval, "ssim"));
}
GST_END_TEST

GST_START_TEST (info_in_order)
{
  static const char *const keys[] = {"id", "media", "input_shape", "latent_shape", "output_shape",
      "d", "k", "parameters", "nodes", "operators", "encoder_macs", "decoder_macs"};
  g_autoptr (JsonObject) info = run_json ("info vectors.onnx");
  g_autoptr (GList) members = json_object_get_members (info);

  fail_unless_equals_int ((int)g_list_length (members), 12);
  for (guint i = 0; i < 12; i++)
    fail_unless_equals_string (g_list_nth_data (members, i), keys[i]);
  fail_unless_equals_string (json_object_get_string_member (info, "media"), "vector");
  fail_unless_equals_int ((int)get_number (info, "encoder_macs"), 32);
}
GST_END_TEST

GST_START_TEST (latents_and_back)
{
  g_autoptr (JsonObject) encoded = run_json ("encode pictures.npy -m vectors.onnx -o l.npy --psnr");
  fail_unless_equals_int ((int)get_number (encoded, "frames"), 40);
  fail_unless_equals_int ((int)get_number (encoded, "bytes"), 256 + 40 * 2 * 4);
  fail_unless (get_number (encoded, "psnr") > 90);

  g_autoptr (JsonObject) decoded = run_json ("decode l.npy -m vectors.onnx -o y.npy");
  float values[16];
  g_autofree char *path = in_folder ("y.npy");
  g_autoptr (LatentArrayFile) file = latent_array_file_open (path, NULL);
  fail_unless_equals_int ((int)get_number (decoded, "frames"), 40);
  fail_unless_equals_int64 (latent_array_file_read (file, values, 1, NULL), 1);
  fail_unless (fabsf (values[5] - 100 / 255.f) < 1e-4f);
}
GST_END_TEST

GST_START_TEST (every_and_max)
{
  g_autoptr (JsonObject) pca = run_json ("pca pictures.npy pictures.npy -k 2 -o a.onnx --every 3");
  fail_unless_equals_int ((int)get_number (pca, "samples"), 27);
  g_autoptr (JsonObject) eval = run_json ("eval a.onnx pictures.npy --max-frames 7");
  fail_unless_equals_int ((int)get_number (eval, "samples"), 7);
}
GST_END_TEST

static const struct {
  const char *options;
  const char *media;
  int d;
  int operators; /* kinds of them */
} tiles[] = {
    {"",                            "video/I420",  384,  2},
    {"--tile 8x8 --format RGB",     "video/RGB",   192,  2},
    {"--tile 8x4 --format GRAY8",   "video/GRAY8", 32,   2},
    {"--tile 64x64",                "video/I420",  6144, 2},
    {"--tile frame --format GRAY8", "video/GRAY8", 1700, 3},
    {"--tile frame",                "video/I420",  2550, 3},
};

GST_START_TEST (clips)
{
  g_autofree char *learn = g_strdup_printf ("pca %s -k 3 -o a.onnx %s", clip, tiles[__i__].options);
  g_autofree char *test = g_strdup_printf ("eval a.onnx %s --picture a.png", clip);
  g_autofree char *picture = in_folder ("a.png");
  g_autoptr (JsonObject) pca = run_json (learn);
  g_autoptr (JsonObject) info = run_json ("info a.onnx");
  g_autoptr (JsonObject) eval = run_json (test);

  fail_unless_equals_int ((int)get_number (pca, "d"), tiles[__i__].d);
  fail_unless_equals_string (json_object_get_string_member (info, "media"), tiles[__i__].media);
  fail_unless_equals_int ((int)get_number (eval, "samples"), 6);
  fail_unless (get_number (eval, "psnr") > 15, "%g", get_number (eval, "psnr"));
  fail_unless (get_number (eval, "ssim") > 0);
  fail_unless (g_file_test (picture, G_FILE_TEST_EXISTS));
}
GST_END_TEST

/* Frames of another size than those that were learned from. */
GST_START_TEST (tiles_take_any_size)
{
  g_autofree char *learn = g_strdup_printf ("pca %s -k 3 -o a.onnx", clip);
  g_autoptr (JsonObject) pca = run_json (learn);
  g_autoptr (JsonObject) eval = run_json (
      "eval a.onnx 'gst:videotestsrc num-buffers=2 ! video/x-raw,width=131,height=77'");
  fail_unless_equals_int ((int)get_number (eval, "samples"), 2);
}
GST_END_TEST

GST_START_TEST (clips_come_back)
{
  g_autofree char *learn = g_strdup_printf ("pca %s -k 30 -o a.onnx", clip);
  g_autofree char *encode = g_strdup_printf ("encode %s -m a.onnx -o l.npy", clip);
  g_autoptr (JsonObject) pca = run_json (learn);
  g_autoptr (JsonObject) encoded = run_json (encode);
  g_autoptr (JsonObject)
      decoded = run_json ("decode l.npy -m a.onnx -o a.mkv --size 50x34 --framerate 10");
  g_autoptr (JsonObject) eval = run_json ("eval a.onnx a.mkv");

  fail_unless_equals_int ((int)get_number (encoded, "frames"), 6);
  fail_unless_equals_int ((int)get_number (decoded, "frames"), 6);
  fail_unless_equals_int ((int)get_number (eval, "samples"), 6);
}
GST_END_TEST

GST_START_TEST (sound_is_cut_into_windows)
{
  g_autofree char *learn = g_strdup_printf (
      "pca %s -k 4 -o a.onnx --format audio --window 80 --hop 40", sound);
  g_autofree char *test = g_strdup_printf ("eval a.onnx %s", sound);
  g_autoptr (JsonObject) pca = run_json (learn);
  g_autoptr (JsonObject) info = run_json ("info a.onnx");
  g_autoptr (JsonObject) eval = run_json (test);

  fail_unless_equals_int ((int)get_number (pca, "d"), 80);
  fail_unless_equals_string (json_object_get_string_member (info, "media"), "audio/8000/1");
  /* A sine has two components. */
  fail_unless (get_number (eval, "psnr") > 40, "%g", get_number (eval, "psnr"));
}
GST_END_TEST

static void
write_picture (const char *name, guint width, guint height)
{
  g_autofree char *line = g_strdup_printf (
      "videotestsrc num-buffers=1 ! video/x-raw,width=%u,height=%u ! videoconvert ! pngenc ! "
      "filesink location=%s/photos/%s",
      width, height, folder, name);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  fail_unless (error == NULL, "%s", error ? error->message : "");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  fail_unless (message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS, "%s", line);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_START_TEST (folders_of_mixed_sizes)
{
  g_autofree char *photos = in_folder ("photos");
  g_mkdir (photos, 0755);
  write_picture ("1.png", 32, 32);
  write_picture ("2.png", 48, 20);
  g_autoptr (JsonObject) pca = run_json ("pca photos -k 2 -o a.onnx --tile 8x8 --format RGB");
  /* 4x4 tiles and 6x3, the last row of which is half a row of pixels repeated. */
  fail_unless_equals_int ((int)get_number (pca, "samples"), 34);

  fail_unless_equals_int (run ("pca photos -k 1 -o b.onnx --tile frame --format RGB"), 1);
  fail_unless (strstr (err, "photos/2.png: 48x20, photos is 32x32") != NULL ||
                   strstr (err, "2.png: 48x20, photos/1.png is 32x32") != NULL,
      "%s", err);
}
GST_END_TEST

/* Half an autoencoder: a product with a matrix of ones. */
static void
write_half (const char *name, gint64 n_in, gint64 n_out)
{
  g_autofree char *path = in_folder (name);
  g_autofree float *ones = g_new (float, n_in *n_out);
  for (gint64 i = 0; i < n_in * n_out; i++)
    ones[i] = 1;
  g_autoptr (GBytes) bytes = g_bytes_new (ones, (gsize)(n_in * n_out) * sizeof (float));
  g_autoptr (LatentTensor) weights = latent_tensor_new_from_bytes (
      LATENT_DATA_TYPE_FLOAT32, 2, (gint64[]){n_in, n_out}, bytes, NULL);
  LatentGraph *graph = latent_graph_new ("half", 13);
  LatentValue *values[2];
  for (guint i = 0; i < 2; i++) {
    values[i] = latent_graph_add_value (graph, i ? "out" : "in");
    values[i]->type = LATENT_DATA_TYPE_FLOAT32;
    values[i]->has_shape = TRUE;
    values[i]->shape = (LatentShape){
        2, {1, i ? n_out : n_in}
    };
  }
  LatentNode *node = latent_graph_add_node (graph, "MatMul", "product");
  latent_node_add_input (node, values[0]);
  latent_node_add_input (node, latent_graph_add_constant (graph, "weights", weights));
  latent_node_add_output (node, values[1]);
  g_ptr_array_add (graph->inputs, values[0]);
  g_ptr_array_add (graph->outputs, values[1]);
  fail_unless (latent_graph_sort (graph, NULL));
  g_autoptr (LatentModel) model = latent_model_new_from_graph (graph, NULL);
  fail_unless (latent_model_save (model, path, NULL));
}

GST_START_TEST (what_an_encoder_cannot_show)
{
  static const char *const kinds[] = {"traverse", "reconstruct", "samples", "basis"};
  write_half ("encoder.onnx", 16, 2);
  fail_unless_equals_int (run ("plot encoder.onnx pictures.npy --kind scatter -o a.png"), 0);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *line = g_strdup_printf (
        "plot encoder.onnx pictures.npy --kind %s -o b.png", kinds[i]);
    g_autofree char *said = g_strdup_printf (
        "encoder.onnx: --kind %s needs a decoder, and the file has none", kinds[i]);
    fail_unless_equals_int (run (line), 1);
    fail_unless (strstr (err, said) != NULL, "%s", err);
  }
}
GST_END_TEST

GST_START_TEST (halves_are_joined)
{
  write_half ("encoder.onnx", 6, 2);
  write_half ("decoder.onnx", 2, 6);
  g_autoptr (JsonObject) joined = run_json ("join encoder.onnx decoder.onnx -o whole.onnx");
  g_autoptr (JsonObject) info = run_json ("info whole.onnx");

  fail_unless_equals_string (
      json_object_get_string_member (joined, "id"), json_object_get_string_member (info, "id"));
  fail_unless_equals_int ((int)get_number (info, "d"), 6);
  fail_unless_equals_int ((int)get_number (info, "k"), 2);
}
GST_END_TEST

GST_START_TEST (halves_that_do_not_fit_are_refused)
{
  write_half ("encoder.onnx", 6, 2);
  write_half ("decoder.onnx", 3, 6);
  fail_unless_equals_int (run ("join encoder.onnx decoder.onnx -o b.onnx"), 1);
  fail_unless (g_str_has_prefix (err, "latent join: "), "%s", err);
}
GST_END_TEST

GST_START_TEST (tags_are_kept)
{
  g_autofree char *path = in_folder ("tagged.onnx");
  g_autoptr (JsonObject) tagged = run_json (
      "tag vectors.onnx -o tagged.onnx --mean 0.5 --std 0.25 --set my.key=value");
  g_autoptr (LatentModel) model = latent_model_load (path, NULL);

  fail_unless_equals_int ((int)strlen (json_object_get_string_member (tagged, "id")), 64);
  fail_unless_equals_string (latent_model_get_metadata (model, "my.key"), "value");
  /* (sample / 255 - .5) / .25 */
  fail_unless (fabsf (latent_model_get_scale (model, 0) - 4 / 255.f) < 1e-8f);
  fail_unless (fabsf (latent_model_get_offset (model, 0) + 2) < 1e-6f);
}
GST_END_TEST

/* A tile's components have the same gain: two levels of 255 at the best quality. */
GST_START_TEST (a_codec_is_fitted)
{
  g_autofree char *path = in_folder ("fitted.onnx");
  g_autofree char *again = in_folder ("again.onnx");
  g_autofree char *learn = g_strdup_printf (
      "pca %s -k 4 -o learned.onnx --format GRAY8 --tile 8x8", clip);
  g_autofree char *find = g_strdup_printf ("fit learned.onnx %s -o fitted.onnx --steps", clip);
  g_autofree char *keep = g_strdup_printf ("fit fitted.onnx %s -o again.onnx -q 20", clip);
  g_autoptr (JsonObject) learned = run_json (learn);
  g_autoptr (JsonObject) fitted = run_json (find);
  g_autoptr (JsonObject) refitted = run_json (keep);
  g_autoptr (LatentModel) model = latent_model_load (path, NULL);
  g_autoptr (LatentModel) other = latent_model_load (again, NULL);
  g_autoptr (GArray) steps = latent_model_get_steps (model);

  fail_unless_equals_int ((int)json_object_get_int_member (fitted, "frames"), 6);
  fail_unless_equals_int ((int)json_object_get_int_member (refitted, "frames"), 6);
  fail_unless_equals_int ((int)steps->len, 4);
  for (guint i = 0; i < 4; i++)
    fail_unless (fabsf (g_array_index (steps, float, i) - 2 / 255.f) < 1e-4f);
  fail_unless (latent_model_get_metadata (model, "latent.prior") != NULL);
  fail_unless_equals_string (latent_model_get_metadata (other, "latent.steps"),
      latent_model_get_metadata (model, "latent.steps"));
  fail_unless_equals_string (latent_model_get_id (other), latent_model_get_id (model));
  fail_unless_equals_string (
      latent_model_get_id (model), json_object_get_string_member (fitted, "id"));
  fail_unless_equals_int ((int)json_object_get_int_member (learned, "k"), 4);
}
GST_END_TEST

GST_START_TEST (eval_in_bf16)
{
  write_pictures ();
  fail_unless_equals_int (run ("pca pictures.npy -k 2 -o p.onnx"), 0);
  fail_unless_equals_int (run ("eval p.onnx pictures.npy --precision b16"), 2);
  if (run ("eval p.onnx pictures.npy --precision bf16") == 0)
    return;
  fail_unless (strstr (err, "bf16 wants a CPU with AVX512_BF16") != NULL, "%s", err);
}
GST_END_TEST

static Suite *
cli_suite (void)
{
  Suite *suite = suite_create ("cli");
  TCase *tc = tcase_create ("cli");

  suite_add_tcase (suite, tc);
  tcase_add_checked_fixture (tc, open_folder, remove_folder);
  tcase_add_loop_test (tc, arguments, 0, G_N_ELEMENTS (lines));
  tcase_add_test (tc, vectors_of_two_axes);
  tcase_add_test (tc, info_in_order);
  tcase_add_test (tc, latents_and_back);
  tcase_add_test (tc, every_and_max);
  tcase_add_loop_test (tc, clips, 0, G_N_ELEMENTS (tiles));
  tcase_add_test (tc, tiles_take_any_size);
  tcase_add_test (tc, clips_come_back);
  tcase_add_test (tc, sound_is_cut_into_windows);
  tcase_add_test (tc, folders_of_mixed_sizes);
  tcase_add_test (tc, halves_are_joined);
  tcase_add_test (tc, what_an_encoder_cannot_show);
  tcase_add_test (tc, halves_that_do_not_fit_are_refused);
  tcase_add_test (tc, tags_are_kept);
  tcase_add_test (tc, a_codec_is_fitted);
  tcase_add_test (tc, eval_in_bf16);
  return suite;
}

GST_CHECK_MAIN (cli);
