/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* `latent train` as users meet it, and what `latent eval` says of what it made. */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli-run.h"

/* Small nets on pictures of 4x4 that lie on two axes. */
#define SMALL "train pictures.npy --batch 8 --threads 1"

/* classes.npy: of pictures.npy, whether the first row is bright. */
static void
open_folder (void)
{
  guint8 classes[40];
  make_folder ();
  write_pictures ();
  for (guint i = 0; i < 40; i++)
    classes[i] = i >= 20;
  write_npy ("classes.npy", "|u1", "40", classes, sizeof classes);
}

static gboolean
exists (const char *name)
{
  g_autofree char *path = in_folder (name);
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static gboolean
are_equal (const char *name, const char *other)
{
  gsize size, other_size;
  g_autofree char *text = read_file (name, &size);
  g_autofree char *other_text = read_file (other, &other_size);
  return size == other_size && memcmp (text, other_text, size) == 0;
}

static const struct {
  const char *line;
  int status;
  const char *said; /* on stderr; on stdout where the status is 0 */
} lines[] = {
    {"train --help",                                              0, "latent train [OPTION"                      },
    {"train --help",                                              0, "--conv-channels=N,N..."                    },
    {"train --help",                                              0, "Samples of a step (64)"                    },
    {"train pictures.npy",                                        2, "-o MODEL is missing"                       },
    {"train pictures.npy -o b.onnx --batch 0",                    2, "--batch: '0' is not a whole number from 1" },
    {"train pictures.npy -o b.onnx --batch",                      2, "--batch"                                   },
    {"train pictures.npy -o b.onnx --arch deep",                  2, "--arch: 'deep' is not one of linear, dense"},
    {"train pictures.npy -o b.onnx --no-batch",                   2, "--no-batch"                                },
    {"train pictures.npy -o b.onnx --resume",                     2, "--checkpoint DIR"                          },
    {"train pictures.npy -o b.onnx --curve x.jpg",                1, "curve: 'x.jpg' does not end in .png"       },
    {"train pictures.npy -o b.onnx --pairs --batch 3",            2, "a multiple of 2"                           },
    {"train -o b.onnx",                                           1, "input: there is none"                      },
    {"train absent.npy -o b.onnx",                                1, "absent.npy: no such file"                  },
    {"train pictures.npy -o b.onnx --recipe nonsense",            1,
     "nonsense: neither a file nor a shipped recipe ("                                                           },
    {"train pictures.npy -o b.onnx --init absent.onnx",           1, "absent.onnx"                               },
    {"train pictures.npy -o b.onnx --task classify",              1, "labels: without a file of labels"          },
    {"train pictures.npy -o b.onnx --latent 2 --test last:40",    1,
     "last:40 leaves nothing of 40 samples"                                                                      },
    {"train pictures.npy -o b.onnx --latent 2 --test absent.npy", 1, "absent.npy: no such file"                  },
    {SMALL " --latent 2 --steps 2 -o /nowhere/b.onnx",            1, "/nowhere/b.onnx"                           },
};

GST_START_TEST (arguments)
{
  int status = run (lines[__i__].line);
  const char *printed = lines[__i__].status ? err : out;
  fail_unless (status == lines[__i__].status, "latent %s: %d, %s", lines[__i__].line, status, err);
  fail_unless (
      strstr (printed, lines[__i__].said) != NULL, "latent %s: %s", lines[__i__].line, printed);
  fail_unless (lines[__i__].status == 0 || *out == '\0');
  fail_if (exists ("b.onnx"));
}
GST_END_TEST

GST_START_TEST (keys_in_order)
{
  static const char *const keys[] = {"steps", "seconds", "train_loss", "test_loss", "test_mse"};
  g_autoptr (JsonObject) result = run_json (SMALL " --latent 2 --steps 3 -o a.onnx");
  g_autoptr (GList) members = json_object_get_members (result);

  fail_unless_equals_int ((int)g_list_length (members), 5);
  for (guint i = 0; i < 5; i++)
    fail_unless_equals_string (g_list_nth_data (members, i), keys[i]);
  fail_unless_equals_int ((int)get_number (result, "steps"), 3);
  fail_unless (json_object_get_null_member (result, "test_loss")); /* there is no test set */
  fail_unless_equals_string (err, "");
}
GST_END_TEST

GST_START_TEST (a_test_is_what_eval_measures)
{
  g_autoptr (JsonObject)
      few = run_json (SMALL " --hidden 16 --latent 2 --epochs 1 --test last:8 -o a.onnx");
  g_autoptr (JsonObject) many = run_json (
      SMALL " --hidden 16 --latent 2 --epochs 60 --lr 0.01 --test last:8 -o b.onnx");
  fail_unless_equals_int ((int)get_number (many, "steps"), 60 * 4);
  fail_unless (get_number (many, "test_mse") < get_number (few, "test_mse") / 4);

  g_autoptr (JsonObject)
      again = run_json (SMALL " --init b.onnx --lr 0 --steps 1 --test pictures.npy -o c.onnx");
  double mse = get_number (again, "test_mse");
  g_autoptr (JsonObject) eval = run_json ("eval c.onnx pictures.npy");
  fail_unless (fabs (get_number (eval, "mse") / mse - 1) < 1e-4);
}
GST_END_TEST

GST_START_TEST (the_seed_decides)
{
  static const char line[] = SMALL " --hidden 8 --latent 2 --steps 20";
  static const char *const more[] = {
      "--seed 7 -o a.onnx", "--seed 7 -o b.onnx", "--seed 8 -o c.onnx"};
  for (guint i = 0; i < 3; i++) {
    g_autofree char *all = g_strdup_printf ("%s %s", line, more[i]);
    fail_unless_equals_int (run (all), 0);
  }
  fail_unless (are_equal ("a.onnx", "b.onnx"));
  fail_if (are_equal ("a.onnx", "c.onnx"));
}
GST_END_TEST

GST_START_TEST (starts_from_principal_components)
{
  fail_unless_equals_int (run (SMALL " --arch linear --latent 2 --init pca --lr 0 --steps 1 "
                                     "-o a.onnx"),
      0);
  g_autoptr (JsonObject) eval = run_json ("eval a.onnx pictures.npy");
  fail_unless (get_number (eval, "mse") < 1e-9);
}
GST_END_TEST

GST_START_TEST (flags_go_before_recipes)
{
  g_autofree char *path = in_folder ("r.ini");
  g_file_set_contents (path,
      "[data]\ninput=./pictures.npy\n[model]\nlatent=3\nhidden=8\n[optimiser]\nbatch=5\nsteps=4\n",
      -1, NULL);
  g_autoptr (JsonObject) a = run_json ("train --steps 2 --recipe r.ini -o a.onnx");
  g_autoptr (JsonObject) info = run_json ("info a.onnx");
  fail_unless_equals_int ((int)get_number (a, "steps"), 2);
  fail_unless_equals_int ((int)get_number (info, "k"), 3);
}
GST_END_TEST

GST_START_TEST (a_head_tells_classes)
{
  g_autoptr (JsonObject) trained = run_json (
      "train pictures.npy --labels classes.npy --task classify --hidden 16 --latent 4 --loss "
      "categorical --lr 0.02 --batch 10 --epochs 100 --threads 1 --test pictures.npy "
      "--test-labels classes.npy -o head.onnx");
  g_autoptr (JsonObject) eval = run_json ("eval head.onnx pictures.npy --labels classes.npy");
  fail_unless (get_number (trained, "accuracy") >= .9, "%g", get_number (trained, "accuracy"));
  fail_unless_equals_float (get_number (eval, "accuracy"), get_number (trained, "accuracy"));
  fail_unless_equals_int ((int)get_number (eval, "samples"), 40);
  fail_unless_equals_int (run ("eval head.onnx pictures.npy"), 2);
  fail_unless (strstr (err, "--labels FILE") != NULL, "%s", err);
}
GST_END_TEST

GST_START_TEST (a_variational_net_has_its_bound)
{
  g_autoptr (JsonObject) result = run_json (
      SMALL " --arch vae --hidden 16 --latent 2 --loss bce --output-activation sigmoid --binarise "
            "--steps 20 --test last:8 -o a.onnx");
  double nll = get_number (result, "nll");
  fail_unless (fabs (nll - get_number (result, "test_loss")) < 1e-4 * nll);
  fail_unless (get_number (result, "kl") > 0);
}
GST_END_TEST

/* What was interrupted is written; the second signal is not needed. */
GST_START_TEST (ctrl_c_keeps_what_was_learned)
{
  static const char *const argv[] = {"latent", "train", "pictures.npy", "--latent", "2", "--batch",
      "8", "--minutes", "5", "--threads", "1", "--checkpoint", "c", "--checkpoint-interval", "1",
      "-o", "a.onnx", "--json", NULL};
  GPid pid;
  int status, fd;
  char printed[1024] = "";
  fail_unless (g_spawn_async_with_pipes (folder, (char **)argv, NULL,
      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &fd, NULL, NULL));
  for (guint i = 0; i < 600 && !exists ("c"); i++) /* it is at work */
    g_usleep (100000);
  g_usleep (300000);
  fail_unless_equals_int (kill (pid, SIGINT), 0);
  fail_unless_equals_int (waitpid (pid, &status, 0), pid);
  fail_unless (read (fd, printed, sizeof printed - 1) > 0);
  fail_unless (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  fail_unless (exists ("a.onnx"));
  fail_unless (strstr (printed, "\"interrupted\":true") != NULL, "%s", printed);
  fail_unless_equals_int (run ("info a.onnx"), 0);
}
GST_END_TEST

GST_START_TEST (goes_on_from_a_checkpoint)
{
  static const char line[] = SMALL " --hidden 8 --latent 2 --lr 0.01 --epochs 6";
  g_autofree char *whole = g_strdup_printf ("%s -o whole.onnx", line);
  g_autofree char *part = g_strdup_printf ("%s --checkpoint c -o part.onnx", line);
  g_autofree char *rest = g_strdup_printf ("%s --checkpoint c --resume -o rest.onnx", line);
  fail_unless_equals_int (run (whole), 0);
  fail_unless_equals_int (run (part), 0);
  fail_unless_equals_int (run (rest), 0); /* there is nothing left to do */
  fail_unless (are_equal ("whole.onnx", "part.onnx"));
  fail_unless (are_equal ("whole.onnx", "rest.onnx"));
}
GST_END_TEST

GST_START_TEST (curves)
{
  static const char *const names[] = {"loss.csv", "loss.svg", "loss.png"};
  static const char *const begins[] = {"set,step,loss\ntrain,1,", "<?xml", "\x89PNG"};
  g_autofree char *line = g_strdup_printf (
      SMALL " --latent 2 --epochs 3 --test last:8 -o a.onnx --curve %s", names[__i__]);
  gsize size;
  fail_unless_equals_int (run (line), 0);
  g_autofree char *text = read_file (names[__i__], &size);
  fail_unless (g_str_has_prefix (text, begins[__i__]), "%.20s", text);
  fail_unless (__i__ != 0 || strstr (text, "\ntest,4,") != NULL, "%s", text);
}
GST_END_TEST

GST_START_TEST (a_loss_that_is_lost)
{
  int status = run (
      SMALL " --hidden 8 --latent 2 --optimiser sgd --lr 1000 --steps 2000 -o a.onnx");
  fail_unless_equals_int (status, 1);
  fail_unless (strstr (err, "a.onnx holds the weights from before") != NULL, "%s", err);
  fail_unless_equals_int (run ("eval a.onnx pictures.npy"), 0);
}
GST_END_TEST

GST_START_TEST (no_bottleneck_is_said)
{
  fail_unless_equals_int (run (SMALL " --latent 16 --steps 1 -o a.onnx"), 0);
  fail_unless (strstr (err, "16 latents for 16 numbers are no bottleneck") != NULL, "%s", err);
  fail_unless_equals_int (run ("eval a.onnx pictures.npy"), 0);
  fail_unless (strstr (err, "16 latents for 16 numbers are no bottleneck") != NULL, "%s", err);
}
GST_END_TEST

/* 3 vectors of 2 zeros but for the last; a net that gives zeros. */
GST_START_TEST (errors_of_single_samples)
{
  static const guint8 bytes[8] = {0, 0, 0, 0, 0, 0, 255, 255};
  write_npy ("v.npy", "|u1", "4, 2", bytes, sizeof bytes);
  fail_unless_equals_int (run ("train v.npy --latent 1 --arch linear --lr 0 --steps 1 --batch 1 "
                               "-o a.onnx"),
      0);
  g_autoptr (JsonObject) eval = run_json ("eval a.onnx v.npy");
  fail_unless (get_number (eval, "mse_min") <= 1e-9);
  fail_unless (get_number (eval, "mse_median") <= 1e-9);
  fail_unless (get_number (eval, "mse_max") > get_number (eval, "mse_p95"));
  fail_unless (fabs (get_number (eval, "mse_max") / 4 - get_number (eval, "mse")) < 1e-6);
  fail_unless_equals_float (get_number (eval, "compression"), 2);
}
GST_END_TEST

/* 100 GB, of which the file system stores nothing. */
GST_START_TEST (more_than_memory_holds)
{
  static const guint8 sample[1024];
  const goffset size = G_GINT64_CONSTANT (100000000) * (goffset)sizeof sample;
  g_autofree char *path = in_folder ("large.npy");
  struct rusage usage;
  GStatBuf st;

  write_npy ("large.npy", "|u1", "100000000, 1024", sample, sizeof sample);
  fail_unless (g_stat (path, &st) == 0);
  if (truncate (path, st.st_size - (goffset)sizeof sample + size) != 0)
    return; /* no file of that size here */
  run_json ("train large.npy -o b.onnx --arch linear --latent 2 --shuffle 5000 --steps 200 "
            "--threads 1");
  getrusage (RUSAGE_CHILDREN, &usage);
  fail_unless (usage.ru_maxrss < 200 * 1024, "%ld KiB at most", usage.ru_maxrss);
}
GST_END_TEST

GST_START_TEST (video_of_any_size)
{
  fail_unless_equals_int (
      run ("train 'gst:videotestsrc num-buffers=4 pattern=ball ! video/x-raw,width=64,height=48' "
           "--arch conv --conv-channels 4,8 --latent 3 --crop 16x16 --crops 4 --batch 4 --steps 3 "
           "--threads 1 -o a.onnx"),
      0);
  g_autoptr (JsonObject) eval = run_json (
      "eval a.onnx 'gst:videotestsrc num-buffers=2 ! video/x-raw,width=90,height=52'");
  fail_unless (isfinite (get_number (eval, "psnr")));
}
GST_END_TEST

/* Tiles of 8x8 pixels, of the pieces that are learned from: about as good as those of all tiles. */
GST_START_TEST (tiles_of_what_is_learned)
{
#define BALL "'gst:videotestsrc num-buffers=8 pattern=ball ! video/x-raw,width=64,height=48'"
#define TILES                                                                                      \
  "train " BALL " --arch conv --conv-channels 4 --patch 2 --refine 4 --direct pca --latent 6 "     \
  "--freeze-encoder --crop 16x16 --crops 20 --batch 4 --lr 0 --steps 1 --threads 1 "
  fail_unless_equals_int (run ("pca " BALL " -k 6 --tile 8x8 -o pca.onnx"), 0);
  fail_unless_equals_int (run (TILES "-o a.onnx"), 0);
  fail_unless_equals_int (run (TILES "--moving 8 -o b.onnx"), 0);
  fail_if (are_equal ("a.onnx", "b.onnx"));
  g_autoptr (JsonObject) wanted = run_json ("eval pca.onnx " BALL);
  g_autoptr (JsonObject) found = run_json ("eval a.onnx " BALL);
  double ratio = get_number (found, "mse") / get_number (wanted, "mse");
  fail_unless (ratio > .9 && ratio < 1.5, "%g", ratio);
  fail_unless_equals_int (run (TILES "--crop 16x12 -o c.onnx"), 1);
  fail_unless (strstr (err, "direct: pca: ") || strstr (err, "crop: "), "%s", err);
  fail_unless_equals_int (
      run ("train pictures.npy --direct pca --arch conv --format GRAY8 --conv-channels 4,4,4 "
           "--steps 1 -o d.onnx"),
      1);
  fail_unless (strstr (err, "direct: pca: wants pictures, and samples (crop)"), "%s", err);
}
GST_END_TEST

static Suite *
train_suite (void)
{
  Suite *suite = suite_create ("cli-train");
  TCase *tcase = tcase_create ("train");
  suite_add_tcase (suite, tcase);
  tcase_add_checked_fixture (tcase, open_folder, remove_folder);
  tcase_add_loop_test (tcase, arguments, 0, G_N_ELEMENTS (lines));
  tcase_add_test (tcase, keys_in_order);
  tcase_add_test (tcase, a_test_is_what_eval_measures);
  tcase_add_test (tcase, the_seed_decides);
  tcase_add_test (tcase, starts_from_principal_components);
  tcase_add_test (tcase, flags_go_before_recipes);
  tcase_add_test (tcase, a_head_tells_classes);
  tcase_add_test (tcase, a_variational_net_has_its_bound);
  tcase_add_test (tcase, ctrl_c_keeps_what_was_learned);
  tcase_add_test (tcase, goes_on_from_a_checkpoint);
  tcase_add_loop_test (tcase, curves, 0, 3);
  tcase_add_test (tcase, a_loss_that_is_lost);
  tcase_add_test (tcase, no_bottleneck_is_said);
  tcase_add_test (tcase, errors_of_single_samples);
  tcase_add_test (tcase, more_than_memory_holds);
  tcase_add_test (tcase, video_of_any_size);
  tcase_add_test (tcase, tiles_of_what_is_learned);
  return suite;
}

GST_CHECK_MAIN (train)
