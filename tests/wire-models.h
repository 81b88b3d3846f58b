/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <latent/latent.h>

#include "wire.h"

/* Small models for tests of what a model means: nets of operators without weights, written by hand.
 */

typedef struct {
  const char *op, *input, *output;
  guint blocksize; /* of DepthToSpace and SpaceToDepth; 0: no attribute */
} TestNode;

typedef struct {
  const char *name;
  guint n;
  gint64 dims[4]; /* -1: open */
} TestPort;

typedef struct {
  TestPort inputs[2];
  TestPort outputs[3];
  TestNode nodes[4];
  const char *metadata[4][2];
  guint opset; /* 0: 13 */
} TestModel;

static inline GByteArray *
test_model_write (const TestModel *self)
{
  GByteArray *graph = g_byte_array_new ();
  GByteArray *model;

  for (guint i = 0; i < 4 && self->nodes[i].op != NULL; i++) {
    GByteArray *node = wire_node (
        self->nodes[i].op, self->nodes[i].input, NULL, self->nodes[i].output);
    if (self->nodes[i].blocksize > 0) {
      GByteArray *attribute = g_byte_array_new ();
      wire_text (attribute, 1, "blocksize");
      wire_int (attribute, 3, self->nodes[i].blocksize);
      wire_int (attribute, 20, 2);
      wire_message (node, 5, attribute);
    }
    wire_message (graph, 1, node);
  }
  for (guint i = 0; i < 2 && self->inputs[i].name != NULL; i++)
    wire_message (
        graph, 11, wire_value (self->inputs[i].name, 1, self->inputs[i].n, self->inputs[i].dims));
  for (guint i = 0; i < 3 && self->outputs[i].name != NULL; i++)
    wire_message (graph, 12,
        wire_value (self->outputs[i].name, 1, self->outputs[i].n, self->outputs[i].dims));
  model = wire_model_of (8, self->opset > 0 ? self->opset : 13, graph);
  for (guint i = 0; i < 4 && self->metadata[i][0] != NULL; i++)
    wire_metadata (model, self->metadata[i][0], self->metadata[i][1]);
  return model;
}

/* Writes the model to a file and loads that; *path (may be NULL) is the file, which else is
 * removed. */
static inline LatentModel *
test_model_load (const TestModel *self, char **path, GError **error)
{
  g_autoptr (GByteArray) bytes = test_model_write (self);
  g_autofree char *file = NULL;
  int fd = g_file_open_tmp ("latent-test-XXXXXX.onnx", &file, NULL);
  LatentModel *model;

  fail_unless (fd >= 0);
  g_close (fd, NULL);
  fail_unless (g_file_set_contents (file, (const char *)bytes->data, bytes->len, NULL));
  model = latent_model_load (file, error);
  if (path != NULL)
    *path = g_steal_pointer (&file);
  else
    g_remove (file);
  return model;
}

/* RGB, stride 4, 48 latent channels, any size. */
static const TestModel test_rgb = {
    .inputs = {{"x", 4, {-1, 3, -1, -1}}},
    .outputs = {          {"y", 4, {-1, 3, -1, -1}},                          {"latent", 4, {-1, 48, -1, -1}}},
    .nodes = { {"SpaceToDepth", "x", "latent", 4}, {"Neg", "latent", "t", 0},
               {"DepthToSpace", "t", "y", 4}},
};
static const TestModel test_rgb_encoder = {
    .inputs = {{"x", 4, {-1, 3, -1, -1}}},
    .outputs = {                             {"z", 4, {-1, 48, -1, -1}}                        },
    .nodes = { {"SpaceToDepth", "x", "t", 4},                         {"Neg", "t", "z", 0}},
};
static const TestModel test_rgb_decoder = {
    .inputs = {{"z", 4, {-1, 48, -1, -1}}},
    .outputs = {                    {"x", 4, {-1, 3, -1, -1}}                         },
    .nodes = { {"Neg", "z", "t", 0},                          {"DepthToSpace", "t", "x", 4}},
};
