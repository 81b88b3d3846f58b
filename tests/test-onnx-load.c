/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/onnx/onnx.h"

#include <gst/check/gstcheck.h>

#include "wire.h"

static const gint64 four[] = {1, 4};

static LatentGraph *
parse (GByteArray *model, GError **error)
{
  g_autoptr (GByteArray) owned = model;

  return latent_onnx_parse (owned->data, owned->len, NULL, NULL, NULL, error);
}

/* Each writes a model with one fault. */

static GByteArray *
make_ir_2 (void)
{
  return wire_model_of (2, 13, wire_graph ());
}

static GByteArray *
make_opset_5 (void)
{
  return wire_model_of (8, 5, wire_graph ());
}

static GByteArray *
make_two_opsets (void)
{
  GByteArray *model = wire_model (wire_graph ());
  GByteArray *import = g_byte_array_new ();

  wire_text (import, 1, "ai.onnx"); /* the default domain's other name */
  wire_int (import, 2, 14);
  wire_message (model, 8, import);
  return model;
}

static GByteArray *
make_function (void)
{
  GByteArray *model = wire_model (wire_graph ());
  GByteArray *function = g_byte_array_new ();

  wire_text (function, 1, "swish");
  wire_message (model, 25, function);
  return model;
}

static GByteArray *
make_sparse (void)
{
  GByteArray *graph = wire_graph ();
  GByteArray *sparse = g_byte_array_new ();

  wire_message (sparse, 1, wire_tensor ("w", 1, 2, four));
  wire_message (graph, 15, sparse);
  return wire_model (graph);
}

static GByteArray *
make_with_tensor (GByteArray *tensor)
{
  GByteArray *graph = wire_graph ();

  wire_message (graph, 1, wire_node ("Add", "x", "w", "y"));
  wire_message (graph, 5, tensor);
  return wire_model (graph);
}

static GByteArray *
make_short_raw (void)
{
  GByteArray *tensor = wire_tensor ("w", 1, 2, four);

  wire_data (tensor, 9, "0123456789ab", 12);
  return make_with_tensor (tensor);
}

static GByteArray *
make_negative_dim (void)
{
  return make_with_tensor (wire_tensor ("w", 1, 2, (gint64[]){1, -4}));
}

static GByteArray *
make_huge_dims (void)
{
  return make_with_tensor (wire_tensor ("w", 1, 2, (gint64[]){1ll << 40, 1ll << 40}));
}

static GByteArray *
make_13_dims (void)
{
  return make_with_tensor (wire_tensor ("w", 1, 13, (gint64[13]){1}));
}

static GByteArray *
make_string_tensor (void)
{
  return make_with_tensor (wire_tensor ("w", 8, 2, four));
}

static GByteArray *
make_int4_tensor (void)
{
  return make_with_tensor (wire_tensor ("w", 22, 2, four));
}

static GByteArray *
make_wrong_storage (void)
{
  GByteArray *tensor = wire_tensor ("w", 1, 2, four);

  wire_data (tensor, 7, "\1\2\3\4", 4); /* int64_data of a float tensor */
  return make_with_tensor (tensor);
}

static GByteArray *
make_wide_uint8 (void)
{
  GByteArray *tensor = wire_tensor ("w", 2, 1, (gint64[]){2});

  wire_data (tensor, 5, "\x07\x80\x02", 3); /* 7, 256 */
  return make_with_tensor (tensor);
}

static GByteArray *
make_odd_bool (void)
{
  GByteArray *tensor = wire_tensor ("w", 9, 1, (gint64[]){2});

  wire_data (tensor, 9, "\1\2", 2);
  return make_with_tensor (tensor);
}

static GByteArray *
make_raw_and_typed (void)
{
  GByteArray *tensor = wire_tensor ("w", 1, 1, (gint64[]){1});

  wire_data (tensor, 9, "\0\0\0\0", 4);
  wire_data (tensor, 4, "\0\0\0\0", 4);
  return make_with_tensor (tensor);
}

static GByteArray *
make_external (void)
{
  GByteArray *tensor = wire_tensor ("w", 1, 2, four);
  GByteArray *entry = g_byte_array_new ();

  wire_int (tensor, 14, 1);
  wire_text (entry, 1, "location");
  wire_text (entry, 2, "weights");
  wire_message (tensor, 13, entry);
  return make_with_tensor (tensor);
}

static GByteArray *
make_initialiser_twice (void)
{
  GByteArray *graph = wire_graph ();

  for (guint i = 0; i < 2; i++) {
    GByteArray *tensor = wire_tensor ("w", 3, 1, (gint64[]){1});
    wire_data (tensor, 9, "\0", 1);
    wire_message (graph, 5, tensor);
  }
  return wire_model (graph);
}

static GByteArray *
make_false_declaration (void)
{
  GByteArray *tensor = wire_tensor ("w", 3, 1, (gint64[]){1});
  GByteArray *graph = wire_graph ();

  wire_data (tensor, 9, "\0", 1);
  wire_message (graph, 5, tensor);
  wire_message (graph, 11, wire_value ("w", 3, 1, (gint64[]){2}));
  return wire_model (graph);
}

static GByteArray *
make_huge_input (void)
{
  GByteArray *graph = g_byte_array_new ();

  wire_message (graph, 11, wire_value ("x", 1, 2, (gint64[]){1ll << 40, 1ll << 40}));
  return wire_model (graph);
}

static GByteArray *
make_negative_input (void)
{
  GByteArray *graph = g_byte_array_new ();

  wire_message (graph, 11, wire_value ("x", 1, 2, (gint64[]){1, -7}));
  return wire_model (graph);
}

static GByteArray *
make_input_twice (void)
{
  GByteArray *graph = wire_graph ();

  wire_message (graph, 11, wire_value ("x", 1, 2, four));
  return wire_model (graph);
}

static GByteArray *
make_sequence (void)
{
  GByteArray *graph = g_byte_array_new ();
  GByteArray *value = g_byte_array_new ();
  GByteArray *type = g_byte_array_new ();

  wire_message (type, 4, g_byte_array_new ());
  wire_text (value, 1, "x");
  wire_message (value, 2, type);
  wire_message (graph, 11, value);
  return wire_model (graph);
}

static GByteArray *
make_string_input (void)
{
  GByteArray *graph = g_byte_array_new ();

  wire_message (graph, 11, wire_value ("x", 8, 2, four));
  return wire_model (graph);
}

static GByteArray *
make_unknown_operator (void)
{
  GByteArray *graph = wire_graph ();

  wire_message (graph, 1, wire_node ("Frobnicate", "x", NULL, "y"));
  return wire_model (graph);
}

/* A LeakyRelu with one attribute. */
static GByteArray *
make_with_attribute (GByteArray *attribute, guint times)
{
  GByteArray *graph = wire_graph ();
  GByteArray *node = wire_node ("LeakyRelu", "x", NULL, "y");

  for (guint i = 0; i < times; i++)
    wire_data (node, 5, attribute->data, attribute->len);
  g_byte_array_unref (attribute);
  wire_message (graph, 1, node);
  return wire_model (graph);
}

static GByteArray *
new_attribute (guint type)
{
  GByteArray *attribute = g_byte_array_new ();

  wire_text (attribute, 1, "alpha");
  wire_int (attribute, 20, type);
  return attribute;
}

static GByteArray *
make_attribute_twice (void)
{
  return make_with_attribute (new_attribute (1), 2);
}

static GByteArray *
make_untrue_attribute (void)
{
  GByteArray *attribute = new_attribute (1);

  wire_int (attribute, 3, 5); /* says FLOAT, holds an INT */
  return make_with_attribute (attribute, 1);
}

static GByteArray *
make_graph_attribute (void)
{
  GByteArray *attribute = new_attribute (5);

  wire_message (attribute, 6, g_byte_array_new ());
  return make_with_attribute (attribute, 1);
}

static GByteArray *
make_int_attribute (void)
{
  return make_with_attribute (new_attribute (2), 1);
}

static const struct {
  GByteArray *(*make) (void);
  LatentError code;
  const char *message;
} faults[] = {
    {make_ir_2,              LATENT_ERROR_UNSUPPORTED, "model: IR version 2; 3 to 10 are supported"            },
    {make_opset_5,           LATENT_ERROR_UNSUPPORTED, "model: opset 5; 6 to 22 are supported"                 },
    {make_two_opsets,        LATENT_ERROR_FORMAT,      "model: the opset of domain '' is given twice"          },
    {make_function,          LATENT_ERROR_UNSUPPORTED,
     "model: function 'swish': functions are not supported"                                                    },
    {make_sparse,            LATENT_ERROR_UNSUPPORTED,
     "model: initialiser 'w': sparse initialisers are not supported"                                           },
    {make_short_raw,         LATENT_ERROR_SHAPE,
     "model: initialiser 'w': a float32 tensor of shape 1x4 takes 16 bytes, 12 are given"                      },
    {make_negative_dim,      LATENT_ERROR_FORMAT,      "model: initialiser 'w': dimension 1 is -4"             },
    {make_huge_dims,         LATENT_ERROR_LIMIT,
     "model: initialiser 'w': a float32 tensor of shape 1099511627776x1099511627776 is larger "
        "than the limit of 4294967296 bytes"                                                                   },
    {make_13_dims,           LATENT_ERROR_LIMIT,       "model: initialiser 'w': 13 dimensions; the limit is 12"},
    {make_string_tensor,     LATENT_ERROR_UNSUPPORTED,
     "model: initialiser 'w': a tensor of type string (8)"                                                     },
    {make_int4_tensor,       LATENT_ERROR_UNSUPPORTED,
     "model: initialiser 'w': a tensor of type int4 (22)"                                                      },
    {make_wrong_storage,     LATENT_ERROR_SHAPE,
     "model: initialiser 'w': a float32 tensor of shape 1x4 has 4 elements, 0 of its type and 4 "
        "in all are given"                                                                                     },
    {make_wide_uint8,        LATENT_ERROR_FORMAT,
     "model: initialiser 'w': element 1 is 256, which no uint8 is"                                             },
    {make_odd_bool,          LATENT_ERROR_FORMAT,
     "model: initialiser 'w': element 1 is 2, which no bool is"                                                },
    {make_raw_and_typed,     LATENT_ERROR_FORMAT,
     "model: initialiser 'w': data are given both raw and as elements"                                         },
    {make_external,          LATENT_ERROR_NOT_FOUND,
     "model: initialiser 'w': external data 'weights': the model has no folder"                                },
    {make_initialiser_twice, LATENT_ERROR_FORMAT,      "model: initialiser 'w' is there twice"                 },
    {make_false_declaration, LATENT_ERROR_SHAPE,
     "model: graph input 'w': declared as int8 2, its initialiser is int8 1"                                   },
    {make_huge_input,        LATENT_ERROR_LIMIT,
     "model: graph input 'x': a float32 tensor of shape 1099511627776x1099511627776 is larger "
        "than the limit of 4294967296 bytes"                                                                   },
    {make_negative_input,    LATENT_ERROR_FORMAT,      "model: graph input 'x': dimension 1 is -7"             },
    {make_input_twice,       LATENT_ERROR_FORMAT,      "model: graph input 'x': it is listed twice"            },
    {make_sequence,          LATENT_ERROR_UNSUPPORTED,
     "model: graph input 'x': it is a sequence, and not a tensor"                                              },
    {make_string_input,      LATENT_ERROR_UNSUPPORTED,
     "model: graph input 'x': a tensor of type string (8)"                                                     },
    {make_unknown_operator,  LATENT_ERROR_UNSUPPORTED,
     "model: Frobnicate node that makes 'y' (opset 13): operator Frobnicate is not supported"                  },
    {make_attribute_twice,   LATENT_ERROR_FORMAT,
     "model: LeakyRelu node that makes 'y' (opset 13): attribute 'alpha' is there twice"                       },
    {make_untrue_attribute,  LATENT_ERROR_FORMAT,
     "model: LeakyRelu node that makes 'y' (opset 13): attribute 'alpha' holds another type "
        "than it says"                                                                                         },
    {make_graph_attribute,   LATENT_ERROR_UNSUPPORTED,
     "model: LeakyRelu node that makes 'y' (opset 13): attribute 'alpha': attributes of type "
        "GRAPH"                                                                                                },
};

GST_START_TEST (a_fault_is_named)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentGraph) graph = parse (faults[__i__].make (), &error);

  fail_unless (graph == NULL);
  fail_unless_equals_string (error->message, faults[__i__].message);
  fail_unless_equals_int (error->code, (gint)faults[__i__].code);
}
GST_END_TEST

GST_START_TEST (an_attribute_of_another_type_than_the_operators_is_refused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentGraph) graph = parse (make_int_attribute (), &error);

  fail_unless (graph == NULL);
  fail_unless (strstr (error->message, "LeakyRelu node that makes 'y'") != NULL);
  fail_unless (strstr (error->message, "alpha") != NULL);
}
GST_END_TEST

GST_START_TEST (too_many_nodes_are_refused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentGraph) parsed = NULL;
  GByteArray *graph = wire_graph ();

  for (guint i = 0; i < 20001; i++)
    wire_message (graph, 1, wire_node ("Relu", "x", NULL, "y"));
  parsed = parse (wire_model (graph), &error);
  fail_unless (parsed == NULL);
  fail_unless_equals_string (error->message, "model: 20001 nodes; the limit is 20000");
}
GST_END_TEST

/* Typed data of every type: [1, 2] in the array that onnx.proto prescribes for it. */
static const struct {
  guint type;
  guint field;
  const char *bytes;
  gsize size;
} typed[] = {
    {1,  4,  "\x00\x00\x80\x3f\x00\x00\x00\x40",         8 },
    {2,  5,  "\1\2",                                     2 },
    {3,  5,  "\1\2",                                     2 },
    {4,  5,  "\1\2",                                     2 },
    {5,  5,  "\1\2",                                     2 },
    {6,  5,  "\1\2",                                     2 },
    {7,  7,  "\1\2",                                     2 },
    {10, 5,  "\x80\x78\x80\x80\x01",                     5 }, /* 0x3c00, 0x4000 */
    {11, 10, "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\x00\x40", 16},
    {12, 11, "\1\2",                                     2 },
    {13, 11, "\1\2",                                     2 },
    {16, 5,  "\x80\x7f\x80\x80\x01",                     5 }, /* 0x3f80, 0x4000 */
};

GST_START_TEST (typed_data_are_read)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) bytes = wire_tensor ("w", typed[__i__].type, 1, (gint64[]){2});
  g_autofree char *name = NULL;
  g_autoptr (LatentTensor) tensor = NULL;

  wire_data (bytes, typed[__i__].field, typed[__i__].bytes, typed[__i__].size);
  tensor = latent_onnx_parse_tensor (bytes->data, bytes->len, &name, &error);
  g_assert_no_error (error);
  fail_unless_equals_string (name, "w");
  fail_unless_equals_int (latent_tensor_get_data_type (tensor), (gint)typed[__i__].type);
  fail_unless_equals_float (latent_tensor_get_double (tensor, 0), 1);
  fail_unless_equals_float (latent_tensor_get_double (tensor, 1), 2);
}
GST_END_TEST

GST_START_TEST (negative_int8_are_read)
{
  g_autoptr (GByteArray) bytes = wire_tensor ("w", 3, 1, (gint64[]){1});
  g_autoptr (LatentTensor) tensor = NULL;

  wire_data (bytes, 5, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
  tensor = latent_onnx_parse_tensor (bytes->data, bytes->len, NULL, NULL);
  fail_unless_equals_int64 (latent_tensor_get_int (tensor, 0), -2);
}
GST_END_TEST

GST_START_TEST (initialisers_may_be_listed_as_inputs)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LatentGraph) parsed = NULL;
  GByteArray *tensor = wire_tensor ("w", 1, 1, (gint64[]){1});
  GByteArray *graph = wire_graph ();

  wire_data (tensor, 9, "\0\0\0\0", 4);
  wire_message (graph, 5, tensor);
  wire_message (graph, 11, wire_value ("w", 1, 1, (gint64[]){1}));
  wire_message (graph, 1, wire_node ("Add", "x", "w", "y"));
  parsed = parse (wire_model_of (3, 7, graph), &error);
  g_assert_no_error (error);
  fail_unless_equals_int (parsed->inputs->len, 1);
  fail_unless (latent_graph_find_value (parsed, "w")->data != NULL);
}
GST_END_TEST

GST_START_TEST (symbols_are_kept)
{
  g_autoptr (LatentGraph) parsed = NULL;
  GByteArray *graph = g_byte_array_new ();
  const LatentValue *x;

  wire_message (graph, 11, wire_value ("x", 1, 2, (gint64[]){-1, 4}));
  parsed = parse (wire_model (graph), NULL);
  x = latent_graph_find_value (parsed, "x");
  fail_unless_equals_string (x->symbols[0], "n");
  fail_unless_equals_int64 (x->shape.dims[0], -1);
  fail_unless_equals_int64 (x->shape.dims[1], 4);
}
GST_END_TEST

static Suite *
onnx_load_suite (void)
{
  Suite *suite = suite_create ("onnx-load");
  TCase *tc = tcase_create ("all");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, a_fault_is_named, 0, G_N_ELEMENTS (faults));
  tcase_add_test (tc, an_attribute_of_another_type_than_the_operators_is_refused);
  tcase_add_test (tc, too_many_nodes_are_refused);
  tcase_add_loop_test (tc, typed_data_are_read, 0, G_N_ELEMENTS (typed));
  tcase_add_test (tc, negative_int8_are_read);
  tcase_add_test (tc, initialisers_may_be_listed_as_inputs);
  tcase_add_test (tc, symbols_are_kept);
  return suite;
}

GST_CHECK_MAIN (onnx_load)
