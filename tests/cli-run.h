/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>

/* Runs the command as users do, in a folder of its own. */

extern char *folder;
extern char *out; /* of the last run */
extern char *err;

void make_folder (void);
void remove_folder (void);
/* Runs the command in `folder`, with arguments parted by spaces ('...' keeps some together).
 * Returns the exit status, -1 for a signal. */
int run (const char *line);
/* For runs that must do: what was printed, as JSON. */
JsonObject *run_json (const char *line);
double get_number (JsonObject *object, const char *key);
char *in_folder (const char *name);
/* A file of the folder, which must be there; size may be NULL. */
char *read_file (const char *name, gsize *size);
/* An NPY file of `n` samples of a shape, as in "3, 4"; data in the machine's order. */
void write_npy (
    const char *name, const char *descr, const char *shape, gconstpointer data, gsize size);
/* pictures.npy: 40 pictures of 4x4 that lie on two axes: level 100, the first row adds i, the first
 * column 3 i mod 7. */
void write_pictures (void);
