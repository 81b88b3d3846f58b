/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

typedef enum {
  CASE_PASSED,
  CASE_REFUSED, /* an error said that the model or its data are not supported */
  CASE_WRONG,   /* numbers, shapes or types differ from the ones expected */
} CaseResult;

/* How the cases are computed. */
typedef struct {
  gboolean plain; /* by the operators' plain loops alone; else by the compiled program, */
  guint threads;  /* with so many threads */
} CaseMode;

/* Runs one case of the ONNX project's tests: a folder with model.onnx and test_data_set_N. What is
 * wrong, if something is, stands in `message`, owned by the caller. */
CaseResult case_run (const char *folder, const CaseMode *mode, char **message);
