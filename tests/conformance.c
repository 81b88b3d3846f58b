/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/conformance-case.h"

/* Runs the ONNX project's own tests, Debian package libonnx-testdata.
 *
 * conformance [--plain] [--list] [PATTERN]: all cases, or those whose names fit. --plain computes
 * by the operators' plain loops, else the compiled program runs with one thread and with two;
 * --list names the cases that are left out. LATENT_CONFORMANCE_DATA is where the data lie.
 *
 * Every case must pass, or be refused with an error that conformance-left-out.txt gives a reason
 * for. A wrong number is no reason, unless it is the data that are wrong. */

#define DEFAULT_DATA "/usr/share/libonnx-testdata/data"
#define LEFT_OUT     "tests/conformance-left-out.txt"
#define FLOOR        800 /* cases that must pass */
#define EXIT_SKIPPED 77

static const char *const result_names[] = {
    [CASE_PASSED] = "passes", [CASE_REFUSED] = "refused", [CASE_WRONG] = "wrong"};
static const char *const suites[] = {"node", "simple", "pytorch-converted", "pytorch-operator"};

/* A line of LEFT_OUT: "text # reason". */
typedef struct {
  char *text;          /* what the refusal says somewhere; or the name of a case */
  gboolean names_case; /* whose data are wrong: the line begins with "!" */
  char *reason;
} LeftOut;

typedef struct {
  GPtrArray *left_out; /* LeftOut * */
  const char *filter;  /* NULL: all cases */
  gboolean lists;
  CaseMode modes[2];
  guint n_modes;
  guint n_ran, n_passed, n_left_out, n_failed;
} Run;

static void
free_left_out (gpointer data)
{
  LeftOut *self = data;

  g_free (self->text);
  g_free (self->reason);
  g_free (self);
}

static GPtrArray *
load_left_out (void)
{
  const char *root = g_getenv ("LATENT_SRCDIR");
  g_autofree char *path = g_build_filename (root != NULL ? root : ".", LEFT_OUT, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *list = g_ptr_array_new_with_free_func (free_left_out);
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, &error)) {
    fprintf (stderr, "%s\n", error->message);
    exit (EXIT_FAILURE);
  }
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++) {
    char *reason = strstr (*line, " # ");
    LeftOut *entry = NULL;
    if (reason == NULL)
      continue;
    *reason = '\0';
    entry = g_new0 (LeftOut, 1);
    entry->names_case = **line == '!';
    entry->text = g_strdup (*line + entry->names_case);
    entry->reason = g_strdup (reason + strlen (" # "));
    g_ptr_array_add (list, entry);
  }
  return list;
}

/* Why a case is left out, NULL where it is not. */
static LeftOut *
find_left_out (const Run *run, const char *name, CaseResult result, const char *message)
{
  for (guint i = 0; i < run->left_out->len; i++) {
    LeftOut *entry = g_ptr_array_index (run->left_out, i);
    if (result != CASE_REFUSED && entry->names_case && g_str_equal (entry->text, name))
      return entry;
    if (result == CASE_REFUSED && !entry->names_case && strstr (message, entry->text) != NULL)
      return entry;
  }
  return NULL;
}

/* In all modes; the first that does not pass counts. */
static CaseResult
run_modes (const Run *run, const char *folder, char **message)
{
  CaseResult result = CASE_PASSED;

  for (guint i = 0; i < run->n_modes && result == CASE_PASSED; i++)
    result = case_run (folder, &run->modes[i], message);
  return result;
}

static void
run_case (Run *run, const char *folder, const char *name)
{
  g_autofree char *message = NULL;
  CaseResult result = run_modes (run, folder, &message);
  LeftOut *left_out = find_left_out (run, name, result, message);

  run->n_ran += result != CASE_REFUSED;
  run->n_passed += result == CASE_PASSED;
  if (result == CASE_PASSED && left_out == NULL)
    return;
  if (result == CASE_PASSED || left_out == NULL) {
    run->n_failed++;
    printf ("%s: %s: %s\n", name, result_names[result],
        result == CASE_PASSED ? "its data are said to be wrong" : message);
    return;
  }
  run->n_left_out++;
  if (run->lists)
    printf ("%s: left out: %s\n", name, left_out->reason);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static void
run_suite (Run *run, const char *data, const char *suite)
{
  g_autofree char *path = g_build_filename (data, suite, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *entry = NULL;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (entry, "test_"))
      g_ptr_array_add (names, g_strdup (entry));
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *name = g_build_filename (suite, g_ptr_array_index (names, i), NULL);
    g_autofree char *folder = g_build_filename (data, name, NULL);
    if (run->filter == NULL || g_pattern_match_simple (run->filter, name))
      run_case (run, folder, name);
  }
}

static void
parse_arguments (Run *run, gint argc, char **argv)
{
  run->n_modes = 2;
  run->modes[0].threads = 1;
  run->modes[1].threads = 2;
  for (gint i = 1; i < argc; i++) {
    if (g_str_equal (argv[i], "--plain"))
      run->n_modes = run->modes[0].plain = TRUE;
    else if (g_str_equal (argv[i], "--list"))
      run->lists = TRUE;
    else
      run->filter = argv[i];
  }
}

int
main (int argc, char **argv)
{
  const char *data = g_getenv ("LATENT_CONFORMANCE_DATA");
  Run run = {0};

  data = data != NULL ? data : DEFAULT_DATA;
  if (!g_file_test (data, G_FILE_TEST_IS_DIR)) {
    printf ("%s is missing: install libonnx-testdata\n", data);
    return EXIT_SKIPPED;
  }
  setlinebuf (stdout); /* what came before a crash is seen */
  parse_arguments (&run, argc, argv);
  run.left_out = load_left_out ();
  for (guint i = 0; i < G_N_ELEMENTS (suites); i++)
    run_suite (&run, data, suites[i]);
  g_ptr_array_unref (run.left_out);
  printf ("conformance, %s: %u ran, %u passed, %u left out, %u failed\n",
      run.modes[0].plain ? "plain loops" : "compiled", run.n_ran, run.n_passed, run.n_left_out,
      run.n_failed);
  if (run.filter == NULL && run.n_passed < FLOOR) {
    printf ("fewer than %u passed\n", FLOOR);
    return EXIT_FAILURE;
  }
  return run.n_failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
