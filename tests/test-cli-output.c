/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the command leaves where it cannot write, where what it reads is wrong, and on Ctrl-C. */
#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "cli-run.h"

#define CLIP                                                                                       \
  "'gst:videotestsrc num-buffers=12 pattern=ball ! "                                               \
  "video/x-raw,width=50,height=34,framerate=30/1'"

static void
open_folder (void)
{
  g_autofree char *sub = NULL;
  make_folder ();
  fail_unless_equals_int (run ("pca " CLIP " -k 6 --tile 8x8 -o clip.onnx"), 0);
  fail_unless_equals_int (run ("encode " CLIP " -m clip.onnx -o clip.lat"), 0);
  sub = in_folder ("sub");
  fail_unless (g_mkdir (sub, 0777) == 0);
}

static guint
count_files (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;
  while (g_dir_read_name (dir))
    n++;
  return n;
}

/* Every command says it before it works, which may take hours. */
static const struct {
  const char *line;
  const char *words;
} refused[] = {
    {"tag clip.onnx -o none/b.onnx",                                            "none/b.onnx: No such file"   },
    {"join clip.onnx clip.onnx -o none/b.onnx",                                 "none/b.onnx: No such file"   },
    {"pca absent -k 2 -o none/b.onnx",                                          "none/b.onnx: No such file"   },
    {"train absent -o none/b.onnx",                                             "none/b.onnx: No such file"   },
    {"train absent -o b.onnx --curve none/b.png",                               "none/b.png: No such file"    },
    {"train absent -o sub",                                                     "sub: Is a directory"         },
    {"fit clip.onnx absent -o none/b.onnx",                                     "none/b.onnx: No such file"   },
    {"quantize clip.onnx absent -o none/b.onnx",                                "none/b.onnx: No such file"   },
    {"eval clip.onnx absent --picture none/b.png",                              "none/b.png: No such file"    },
    {"eval clip.onnx absent --report none/b.html",                              "none/b.html: No such file"   },
    {"plot clip.onnx absent --kind scatter -o none/b.png",                      "none/b.png: No such file"    },
    {"encode absent -m clip.onnx -o none/b.lat",                                "none/b.lat: No such file"    },
    {"encode absent -m clip.onnx -o none/b.npy",                                "none/b.npy: No such file"    },
    {"decode clip.lat -m clip.onnx -o none/b.mkv",                              "none/b.mkv: No such file"    },
    {"decode clip.lat -m clip.onnx -o none/b.npy",                              "none/b.npy: No such file"    },
    {"decode clip.lat -m clip.onnx -o none/%03d.png",                           "none/%03d.png"               },
    {"decode clip.lat -m clip.onnx -o 'gst:identity error-after=2 ! fakesink'", "identity"                    },
    {"eval clip.onnx " CLIP " --labels absent",                                 "--labels: 'absent' says noth"},
};

GST_START_TEST (what_cannot_be_written)
{
  guint before = count_files ();
  int status = run (refused[__i__].line);
  fail_unless (status == 1 || status == 2, "%s: %d", refused[__i__].line, status);
  fail_unless (strstr (err, refused[__i__].words) != NULL, "%s: %s", refused[__i__].line, err);
  fail_unless_equals_int (count_files (), before);
}
GST_END_TEST

/* A file of before is not harmed by what fails. */
GST_START_TEST (what_was_there_stays)
{
  gsize size, after;
  g_autofree char *old = read_file ("clip.lat", &size);
  guint before = count_files ();
  fail_unless_equals_int (run ("encode absent -m clip.onnx -o clip.lat"), 1);
  fail_unless_equals_int (run ("encode 'gst:videotestsrc num-buffers=3 ! identity error-after=2 ! "
                               "video/x-raw,width=50,height=34' -m clip.onnx -o clip.lat"),
      1);
  g_autofree char *now = read_file ("clip.lat", &after);
  fail_unless (size == after && memcmp (old, now, size) == 0);
  fail_unless_equals_int (count_files (), before);
}
GST_END_TEST

/* As a process leaves it that was killed: it has neither its name nor its end. */
GST_START_TEST (what_was_killed_is_decoded)
{
  gsize size;
  g_autofree char *whole = read_file ("clip.lat", &size);
  g_autofree char *path = in_folder ("clip.lat.ABC123");
  fail_unless (g_file_set_contents (path, whole, (gssize)size - 20, NULL));
  g_autoptr (JsonObject) decoded = run_json ("decode clip.lat.ABC123 -m clip.onnx -o killed.mkv");
  fail_unless_equals_int (json_object_get_int_member (decoded, "frames"), 12);
  g_autofree char *made = in_folder ("killed.mkv");
  g_unlink (made);
  g_unlink (path);
}
GST_END_TEST

GST_START_TEST (bytes_of_all_pictures)
{
  gsize size[2];
  g_autoptr (JsonObject) decoded = run_json ("decode clip.lat -m clip.onnx -o sub/%d.png");
  gsize sum = 0;
  for (guint i = 0; i < 12; i++) {
    g_autofree char *name = g_strdup_printf ("sub/%u.png", i);
    g_free (read_file (name, size));
    sum += size[0];
    g_autofree char *path = in_folder (name);
    g_unlink (path);
  }
  fail_unless_equals_int ((int)get_number (decoded, "frames"), 12);
  fail_unless_equals_int ((int)get_number (decoded, "bytes"), (int)sum);
}
GST_END_TEST

/* FFV1 and JPEG want 16 pixels each way of GStreamer 1.22. */
GST_START_TEST (small_pictures)
{
  fail_unless_equals_int (run ("encode 'gst:videotestsrc num-buffers=2 ! "
                               "video/x-raw,width=3,height=5' -m clip.onnx -o small.lat"),
      0);
  fail_unless_equals_int (run ("decode small.lat -m clip.onnx -o sub/a.npy"), 0);
  g_autofree char *path = in_folder ("sub/a.npy");
  g_unlink (path);
  if (run ("decode small.lat -m clip.onnx -o a.mkv") != 0)
    fail_unless (strstr (err, "a.mkv: pictures of 3x5 cannot be written so") != NULL, "%s", err);
}
GST_END_TEST

/* Tiles of 8x8, of which one has a latent that is no number. */
GST_START_TEST (what_is_not_finite_is_told)
{
  float latents[6 * 5 * 7] = {0};
  latents[3] = NAN;
  write_npy ("nan.npy", "<f4", "1, 6, 5, 7", latents, sizeof latents);
  fail_unless_equals_int (run ("decode nan.npy -m clip.onnx -o a.mkv"), 0);
  fail_unless (strstr (err, "numbers that the model gave are NaN or infinite") != NULL, "%s", err);
}
GST_END_TEST

static GPid
start (const char *line)
{
  g_auto (GStrv) argv = NULL;
  GPid pid;
  fail_unless (g_shell_parse_argv (line, NULL, &argv, NULL));
  fail_unless (g_spawn_async (folder, argv, NULL,
      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
          G_SPAWN_STDERR_TO_DEV_NULL,
      NULL, NULL, &pid, NULL));
  return pid;
}

static const struct {
  const char *line;
  const char *file;
  const char *decode;
} endless[] = {
    {"latent encode 'gst:videotestsrc ! video/x-raw,width=50,height=34' -m clip.onnx -o a.lat",
     "a.lat", "decode a.lat -m clip.onnx -o b.npy"},
    {"latent encode 'gst:videotestsrc ! video/x-raw,width=50,height=34' -m clip.onnx -o a.npy",
     "a.npy", "decode a.npy -m clip.onnx -o b.npy"},
};

/* The file is there once it is finished, and whole. */
GST_START_TEST (ctrl_c_ends_the_file)
{
  int status;
  guint before = count_files ();
  GPid pid = start (endless[__i__].line);
  while (count_files () == before)
    g_usleep (10000);
  fail_unless (kill (pid, SIGINT) == 0);
  fail_unless (waitpid (pid, &status, 0) == pid);
  fail_unless (WIFEXITED (status) && WEXITSTATUS (status) == 0, "%d", status);
  fail_unless_equals_int (count_files (), before + 1);
  g_autoptr (JsonObject) decoded = run_json (endless[__i__].decode);
  fail_unless (get_number (decoded, "frames") >= 1);
  fail_unless_equals_string (err, "");
}
GST_END_TEST

static Suite *
cli_output_suite (void)
{
  Suite *suite = suite_create ("cli-output");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_set_timeout (tc, 300);
  tcase_add_checked_fixture (tc, open_folder, remove_folder);
  tcase_add_loop_test (tc, what_cannot_be_written, 0, G_N_ELEMENTS (refused));
  tcase_add_test (tc, what_was_there_stays);
  tcase_add_test (tc, what_was_killed_is_decoded);
  tcase_add_test (tc, bytes_of_all_pictures);
  tcase_add_test (tc, small_pictures);
  tcase_add_test (tc, what_is_not_finite_is_told);
  tcase_add_loop_test (tc, ctrl_c_ends_the_file, 0, G_N_ELEMENTS (endless));
  return suite;
}

GST_CHECK_MAIN (cli_output);
