/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gst/check/gstcheck.h>

#include "src/exec/exec.h"
#include "src/exec/passes.h"
#include "tests/net-text.h"

#define CONV "x:1x8x4x5; w:48x8x1x1; w2:12x12x1x1; d=Conv(x,w); t=DepthToSpace(d) "

/* What is left of moving pixels to channels and back. */
static const struct {
  const char *net;
  const char *left; /* operators with their blocks, in order */
} cases[] = {
    {CONV "blocksize:i=4 mode:s=CRD; s=SpaceToDepth(t) blocksize:i=2",                          "Conv DepthToSpace2"                                },
    {CONV "blocksize:i=4; s=SpaceToDepth(t) blocksize:i=2",                                     "Conv DepthToSpace2"                                },
    {CONV "blocksize:i=2; s=SpaceToDepth(t) blocksize:i=2",                                     "Conv DepthToSpace2 SpaceToDepth2"                  },
    {CONV "blocksize:i=4; s=SpaceToDepth(t) blocksize:i=2; u=DepthToSpace(s) blocksize:i=2; "
          "y=Mul(u,t)",                                                                    "Conv DepthToSpace4 SpaceToDepth2 DepthToSpace2 Mul"},
    {CONV "blocksize:i=4; s=SpaceToDepth(t) blocksize:i=2; r=Conv(s,w2); p=DepthToSpace(r) "
          "blocksize:i=2; y=Add(t,p)",                                                     "Conv DepthToSpace2 Conv Add DepthToSpace2"         },
    {CONV "blocksize:i=4; s=SpaceToDepth(t) blocksize:i=2; r=Conv(s,w2); p=DepthToSpace(r) "
          "blocksize:i=2; y=Add(p,t)",                                                     "Conv DepthToSpace2 Conv Add DepthToSpace2"         },
    {"x:1x3x4x4; s=SpaceToDepth(x) blocksize:i=4; y=DepthToSpace(s) blocksize:i=4; z=Add(x,y)",
     "SpaceToDepth4 Add DepthToSpace4"                                                                                                              },
    {"x:1x3x4x4; s=SpaceToDepth(x) blocksize:i=2; w:48x12x2x2; c=Conv(s,w); y=DepthToSpace(c) "
     "blocksize:i=4; z=Add(x,y)",                                                          "SpaceToDepth2 Conv DepthToSpace4 Add"              },
};

static char *
list_nodes (const LatentGraph *graph)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (graph->nodes, i);
    gint64 block = latent_node_get_int (node, "blocksize", 0);
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", node->op_type);
    if (block != 0)
      g_string_append_printf (text, "%d", (int)block);
  }
  return g_string_free (text, FALSE);
}

GST_START_TEST (what_is_left)
{
  g_autoptr (NetText) net = net_text_parse (cases[__i__].net, TRUE, 1);
  g_autofree char *left = NULL;

  fail_unless (latent_exec_infer (net->graph, NULL));
  for (guint i = 0; i < net->graph->values->len; i++)
    ((LatentValue *)g_ptr_array_index (net->graph->values, i))->is_parameter = FALSE;
  fail_unless (latent_pass_depth (net->graph, NULL));
  left = list_nodes (net->graph);
  fail_unless_equals_string (left, cases[__i__].left);
}
GST_END_TEST

static Suite *
depth_suite (void)
{
  Suite *suite = suite_create ("depth");
  TCase *tc = tcase_create ("depth");

  suite_add_tcase (suite, tc);
  tcase_add_loop_test (tc, what_is_left, 0, G_N_ELEMENTS (cases));
  return suite;
}

GST_CHECK_MAIN (depth)
