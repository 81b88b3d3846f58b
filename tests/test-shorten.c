/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>
#include <string.h>

#include "src/exec/exec.h"
#include "src/exec/passes.h"
#include "tests/net-text.h"

/* Which nodes compute in bfloat16, and which values are kept in it. */
static const struct {
  const char *net;
  const char *nodes;  /* outputs of nodes that do */
  const char *values; /* values that are */
} cases[] = {
    {"x:1x8x6x6; w:8x8x1x1; a=Conv(x,w)",                                                 "",      ""     },
    {"x:1x8x6x6; w:8x8x1x1; a=Conv(x,w); b=Relu(a)",                                      "b",     ""     },
    {"x:1x8x6x6; w:8x8x1x1; w2:8x8x1x1; a=Conv(x,w); b=Relu(a); c=Conv(b,w2)",            "b c",   "b"    },
    {"x:1x8x6x6; w:8x8x1x1; w2:8x8x1x1; a=Conv(x,w); b=Conv(a,w2); c=Relu(b)",            "c",     "a"    },
 /* the picture that a net refines */
    {"x:1x8x6x6; w:8x8x1x1; w2:8x8x1x1; a=Conv(x,w); b=Conv(a,w2); r=Relu(b); c=Conv(r,w2); "
     "d=Add(a,c)",                                                                   "r d",   "r"    },
    {"x:1x8x6x6; w:8x8x1x1; w2:8x8x1x1; a=Conv(x,w); r=Relu(a); s=SpaceToDepth(r) blocksize:i=2; "
     "t=DepthToSpace(s) blocksize:i=2; b=Conv(t,w2)",                                "r b",   "r s t"},
 /* writes float32; has few channels */
    {"x:1x8x6x6; w:16x8x1x1; t:16x16x4x4; w2:8x16x1x1; r=Relu(x); a=Conv(r,w); "
     "b=ConvTranspose(a,t); "
     "c=Relu(b); d=Conv(c,w2)",                                                      "a b d", "r a c"},
    {"x:1x8x6x6; w:16x8x1x1; t:16x8x4x4; w2:8x8x1x1; r=Relu(x); a=Conv(r,w); b=ConvTranspose(a,t); "
     "c=Relu(b); d=Conv(c,w2)",                                                      "a d",   "r c"  },
    {"x:2x5x16; w:16x16; q=MatMul(x,w); p=Softmax(q) axis:i=-1; o=MatMul(p,w)",           "o",     ""     },
 /* a count times frequencies; sums of one product */
    {"x:5x1; w:1x16; w2:16x8; r=Relu(x); a=MatMul(r,w); b=Tanh(a); c=MatMul(b,w2)",       "c",     "b"    },
    {"x:1x8x6x6; w:1x8x1x1; w2:8x1x1x1; r=Relu(x); a=Conv(r,w); b=Tanh(a); c=Conv(b,w2)", "b",     "r"    },
    {"x:2x16; w:16x8; w2:8x16; a=MatMul(x,w); b=Tanh(a); c=MatMul(b,w2)",                 "b c",   "b"    },
};

static gboolean
lists (const char *list, const char *name)
{
  g_auto (GStrv) names = g_strsplit (list, " ", 0);
  return g_strv_contains ((const char *const *)names, name);
}

GST_START_TEST (what_is_shortened)
{
  g_autoptr (NetText) net = net_text_parse (cases[__i__].net, TRUE, 1);
  LatentGraph *graph = net->graph;

  fail_unless (latent_exec_infer (graph, NULL));
  latent_pass_fuse (graph);
  latent_pass_shorten (graph);
  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (graph->nodes, i);
    const LatentValue *value = latent_node_get_output (node, 0);
    fail_unless_equals_int (
        node->compute, lists (cases[__i__].nodes, value->name) ? LATENT_DATA_TYPE_BFLOAT16 : 0);
    fail_unless (
        value->storage == (LatentDataType)(lists (cases[__i__].values, value->name) ? 16 : 0),
        "%s: %s", cases[__i__].net, value->name);
  }
}
GST_END_TEST

static Suite *
shorten_suite (void)
{
  Suite *suite = suite_create ("shorten");
  TCase *tc = tcase_create ("shorten");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, what_is_shortened, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (shorten)
