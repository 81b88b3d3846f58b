/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/base/parallel.h"
#include "src/dnn/builder.h"
#include "src/dnn/engine.h"
#include "src/exec/depth-output.h"
#include "src/exec/effort.h"
#include "src/exec/host-step.h"
#include "src/exec/infer.h"
#include "src/exec/names.h"
#include "src/exec/pass-weights.h"
#include "src/exec/passes.h"
#include "src/exec/plan.h"
#include "src/exec/program.h"
#include "src/exec/request.h"
#include "src/ops/op.h"

/* Smaller constants are not worth a look for equals. */
#define SHARED_BYTES 4096

/* What one compilation works on. */
typedef struct {
  const LatentRequest *request;
  GPtrArray *states; /* LatentStatePair *: those inside the cut, borrowed */
  LatentGraph *graph;
  LatentBuilder *builder;
  const LatentNode *spread; /* the DepthToSpace that the caller may do; NULL: none */
  guint n_ports; /* outputs that the caller sees: the graph's first ones, before the states' */
} Compilation;

static gboolean
has_quantizers (const LatentGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const LatentNode *node = g_ptr_array_index (graph->nodes, i);
    if (g_str_equal (node->op_type, "DequantizeLinear") ||
        g_str_has_prefix (node->op_type, "QLinear"))
      return TRUE;
  }
  return FALSE;
}

static gboolean
check_precision (LatentPrecision precision, const LatentGraph *graph, GError **error)
{
  const char *reason = NULL;

  if (precision == LATENT_PRECISION_BF16 && !latent_engine_has_bf16 ())
    reason = "bf16 wants a CPU with AVX512_BF16, which this one has not or ONEDNN_MAX_CPU_ISA "
             "leaves out";
  else if (precision == LATENT_PRECISION_INT8 && !has_quantizers (graph))
    reason = "int8 wants a quantised model, and this one has no DequantizeLinear";
  else if (precision == LATENT_PRECISION_INT8 && !latent_engine_has_int8 ())
    reason = "int8 wants a CPU with VNNI, which this one has not or ONEDNN_MAX_CPU_ISA leaves out";
  if (reason == NULL)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SETTINGS, "precision %s; use auto or f32", reason);
  return FALSE;
}

static gboolean
end_emit (const LatentNode *node, LatentEmit result, GError **error)
{
  if (result == LATENT_EMIT_FAILED) {
    g_autofree char *name = latent_node_describe (node);
    g_prefix_error (error, "%s: ", name);
  }
  return result == LATENT_EMIT_DONE;
}

/* Where what is fused into a node cannot be emitted with it, one fused node after the other becomes
 * a node of the graph again. */
static gboolean
emit_node (Compilation *self, guint i, GError **error)
{
  const LatentNode *node = g_ptr_array_index (self->graph->nodes, i);
  const LatentOp *op = latent_op_find (node->op_type, node->domain, node->opset);
  LatentEmit result = LATENT_EMIT_FALLBACK;

  if (node == self->spread) {
    if (latent_depth_output_is_left (node, self->builder))
      return TRUE;
    self->spread = NULL;
  }
  if (latent_node_is_quantized (node)) {
    result = op->emit (self->builder, node, error);
    if (result != LATENT_EMIT_FALLBACK)
      return end_emit (node, result, error);
    return latent_pass_unquantize (self->graph, i, error) && emit_node (self, i, error);
  }
  while (op->emit != NULL &&
         (result = op->emit (self->builder, node, error)) == LATENT_EMIT_FALLBACK &&
         node->fused->len > 0)
    latent_pass_unfuse (self->graph, i);
  while (node->fused->len > 0 && result == LATENT_EMIT_FALLBACK)
    latent_pass_unfuse (self->graph, i);
  if (result == LATENT_EMIT_FALLBACK)
    return latent_host_step_emit (self->builder, node, op, error);
  return end_emit (node, result, error);
}

static void
clear_port (gpointer port)
{
  latent_operand_clear (&((LatentProgramPort *)port)->operand);
}

static void
clear_operand (gpointer operand)
{
  latent_operand_clear (operand);
}

/* Takes the operand. */
static void
add_port (GArray *ports, const LatentValue *value, LatentOperand operand)
{
  LatentProgramPort port = {.operand = operand};

  if (latent_value_is_integer (value))
    port.quantization = value->quantization;

  port.port.name = value->name;
  port.port.type = value->type;
  port.port.n_dims = value->shape.n;
  memcpy (port.port.dims, value->shape.dims, sizeof port.port.dims);
  memcpy (port.port.strides, operand.layout->strides, sizeof port.port.strides);
  g_array_append_val (ports, port);
}

static LatentProgram *
new_program (const LatentRequest *request)
{
  LatentProgram *self = g_new0 (LatentProgram, 1);

  self->inputs = g_array_new (FALSE, TRUE, sizeof (LatentProgramPort));
  self->outputs = g_array_new (FALSE, TRUE, sizeof (LatentProgramPort));
  self->states = g_array_new (FALSE, TRUE, sizeof (LatentOperand));
  g_array_set_clear_func (self->inputs, clear_port);
  g_array_set_clear_func (self->outputs, clear_port);
  g_array_set_clear_func (self->states, clear_operand);
  self->threads = request->threads;
  return self;
}

static gboolean
is_state_input (const Compilation *self, const LatentValue *value)
{
  for (guint i = 0; i < self->states->len; i++) {
    const LatentStatePair *pair = g_ptr_array_index (self->states, i);
    if (g_str_equal (pair->input, value->name))
      return TRUE;
  }
  return FALSE;
}

static gboolean
add_input_ports (Compilation *self, LatentProgram *program, GError **error)
{
  for (guint i = 0; i < self->graph->inputs->len; i++) {
    const LatentValue *value = g_ptr_array_index (self->graph->inputs, i);
    LatentOperand operand;
    if (!latent_builder_get (self->builder, value, NULL, &operand, error))
      return FALSE;
    if (is_state_input (self, value))
      g_array_append_val (program->states, operand);
    else
      add_port (program->inputs, value, operand);
  }
  return TRUE;
}

static gboolean
add_output_ports (Compilation *self, LatentProgram *program, GError **error)
{
  for (guint i = 0; i < self->n_ports; i++) {
    const LatentValue *value = g_ptr_array_index (self->graph->outputs, i);
    const LatentValue *from = self->spread != NULL ? latent_node_get_input (self->spread, 0)
                                                   : value;
    LatentOperand operand;
    if (!latent_builder_get_output (self->builder, from, &operand, error))
      return FALSE;
    add_port (program->outputs, value, operand);
  }
  if (self->spread != NULL)
    program->block = (guint)latent_node_get_int (self->spread, "blocksize", 1);
  return TRUE;
}

/* Copies the new states over the old ones when all else has run. get_output() has moved a new state
 * that lies in an old one's memory out of the way first. */
static gboolean
carry_states (Compilation *self, GError **error)
{
  g_autoptr (GArray) sources = g_array_new (FALSE, TRUE, sizeof (LatentOperand));

  g_array_set_clear_func (sources, clear_operand);
  for (guint i = 0; i < self->states->len; i++) {
    const LatentStatePair *pair = g_ptr_array_index (self->states, i);
    const LatentValue *value = latent_graph_find_value (self->graph, pair->output);
    LatentOperand operand;
    if (!latent_builder_get_output (self->builder, value, &operand, error))
      return FALSE;
    g_array_append_val (sources, operand);
  }
  for (guint i = 0; i < self->states->len; i++) {
    const LatentStatePair *pair = g_ptr_array_index (self->states, i);
    const LatentValue *value = latent_graph_find_value (self->graph, pair->input);
    LatentOperand src = latent_operand_copy (&g_array_index (sources, LatentOperand, i));
    LatentOperand dst;
    if (!latent_builder_get (self->builder, value, NULL, &dst, error))
      return FALSE;
    latent_builder_add_step (self->builder, latent_step_new_copy (NULL, src, dst));
  }
  return TRUE;
}

static gboolean
check_states (const Compilation *self, GError **error)
{
  for (guint i = 0; i < self->states->len; i++) {
    const LatentStatePair *pair = g_ptr_array_index (self->states, i);
    const LatentValue *in = latent_graph_find_value (self->graph, pair->input);
    const LatentValue *out = latent_graph_find_value (self->graph, pair->output);
    g_autofree char *wanted = latent_shape_to_string (&in->shape);
    g_autofree char *offered = latent_shape_to_string (&out->shape);
    if (in->type == out->type && latent_shape_equal (&in->shape, &out->shape))
      continue;
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "latent.state: '%s' is %s of %s, and '%s', which becomes it, is %s of %s", pair->input,
        latent_data_type_get_name (in->type), wanted, pair->output,
        latent_data_type_get_name (out->type), offered);
    return FALSE;
  }
  return TRUE;
}

static void
end_node (Compilation *self, const LatentNode *node)
{
  const LatentOp *op = latent_op_find (node->op_type, node->domain, node->opset);
  latent_builder_end_node (self->builder, node, op->macs != NULL ? op->macs (node) : 0);
}

/* Lets go of weights that nobody reads any more: primitives have them in layouts of their own, or
 * hold what they read as it is. */
static void
release_weights (LatentValue *value)
{
  if (value != NULL && latent_value_is_constant (value) && latent_tensor_is_bulky (value->data))
    g_clear_pointer (&value->data, latent_tensor_unref);
}

static void
release_inputs (const LatentNode *node)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    LatentValue *value = latent_node_get_input (node, i);
    if (value != NULL && value->n_uses == 1)
      release_weights (value);
  }
}

static gboolean
build (Compilation *self, LatentProgram *program, GError **error)
{
  for (guint i = 0; i < self->graph->inputs->len; i++)
    latent_builder_add_input (self->builder, g_ptr_array_index (self->graph->inputs, i));
  for (guint i = 0; i < self->graph->nodes->len; i++) {
    latent_parallel_set_threads (latent_effort_choose_threads (
        g_ptr_array_index (self->graph->nodes, i), self->request->threads));
    if (!emit_node (self, i, error))
      return FALSE;
    end_node (self, g_ptr_array_index (self->graph->nodes, i));
    release_inputs (g_ptr_array_index (self->graph->nodes, i));
  }
  latent_parallel_set_threads (self->request->threads);
  if (!add_output_ports (self, program, error) || !carry_states (self, error) ||
      !add_input_ports (self, program, error))
    return FALSE;
  for (guint i = 0; i < self->graph->values->len; i++)
    release_weights (g_ptr_array_index (self->graph->values, i));
  program->schedule = latent_builder_finish (self->builder);
  return latent_plan_memory (program->schedule, error);
}

/* Bound inputs are constants, and no states. */
static GPtrArray *
find_states (const LatentGraph *graph, const LatentStatePair *states, guint n_states)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < n_states; i++)
    for (guint j = 0; j < graph->inputs->len; j++)
      if (g_str_equal (
              ((LatentValue *)g_ptr_array_index (graph->inputs, j))->name, states[i].input))
        g_ptr_array_add (found, (gpointer)&states[i]);
  return found;
}

/* From here on parameters are constants like others. */
static void
freeze_parameters (LatentGraph *graph)
{
  for (guint i = 0; i < graph->values->len; i++)
    ((LatentValue *)g_ptr_array_index (graph->values, i))->is_parameter = FALSE;
}

/* Programs of one net for frames of several sizes fold the same weights; the process keeps them
 * once. */
static void
share_constants (LatentGraph *graph)
{
  for (guint i = 0; i < graph->values->len; i++) {
    LatentValue *value = g_ptr_array_index (graph->values, i);
    if (value->data != NULL && value->data->size >= SHARED_BYTES)
      value->data = latent_tensor_intern (value->data);
  }
}

/* What a user might wonder about. */
static const char *
get_note (const LatentGraph *graph, const LatentRequest *request)
{
  if (request->precision != LATENT_PRECISION_AUTO || latent_engine_has_int8 () ||
      request->variable_parameters || !has_quantizers (graph))
    return NULL;
  return "the model is quantised, but computes in f32: this CPU, or what ONEDNN_MAX_CPU_ISA leaves "
         "of it, has no VNNI";
}

/* Of a quantised file that is; of others there is nothing to do. */
static gboolean
wants_int8 (const LatentRequest *request)
{
  return !request->variable_parameters && latent_engine_has_int8 () &&
         (request->precision == LATENT_PRECISION_AUTO ||
             request->precision == LATENT_PRECISION_INT8);
}

/* Shapes, constants, passes. Where parameters are variable nothing that depends on one is folded.
 */
static gboolean
optimise (LatentGraph *graph, const LatentRequest *request, guint64 *macs, GError **error)
{
  gboolean variable = request->variable_parameters;

  if (!latent_exec_bind (graph, request, error) ||
      !latent_exec_infer_and_fold (
          graph, variable ? LATENT_FOLD_KEEP_PARAMETERS : LATENT_FOLD_ALL, error))
    return FALSE;
  if (!variable)
    freeze_parameters (graph);
  *macs = latent_exec_count_macs (graph);
  if (!variable && !latent_pass_expand_qlinear (graph, error))
    return FALSE;
  latent_pass_drop (graph);
  if (!variable &&
      (!latent_pass_recognise (graph, error) || !latent_pass_fold_weights (graph, error) ||
          !latent_pass_rearrange (graph, request->precision, error)))
    return FALSE;
  if (wants_int8 (request))
    latent_pass_move_quantizers (graph);
  if (!variable && !latent_pass_depth (graph, error))
    return FALSE;
  latent_pass_fuse (graph);
  if (wants_int8 (request) && request->level > 0 &&
      !latent_pass_give_integers (graph, request->level, request->level_zero_point, error))
    return FALSE;
  if (wants_int8 (request))
    latent_pass_quantize (graph);
  if (request->takes_integers && wants_int8 (request))
    latent_pass_take_integers (graph);
  if (wants_int8 (request))
    latent_pass_quantize_copies (graph);
  if (request->precision == LATENT_PRECISION_BF16)
    latent_pass_shorten (graph);
  if (!variable)
    share_constants (graph);
  return TRUE;
}

static LatentProgram *
compile_graph (LatentGraph *graph, const LatentStatePair *states, guint n_states,
    const LatentRequest *request, GError **error)
{
  g_autoptr (GPtrArray) found = NULL;
  g_autoptr (LatentBuilder) builder = NULL;
  Compilation self = {
      .request = request, .graph = graph, .n_ports = graph->outputs->len - n_states};
  LatentProgram *program;
  guint64 macs = 0;

  if (!optimise (graph, request, &macs, error))
    return NULL;
  self.spread = latent_depth_output_find (graph, request);
  self.states = found = find_states (graph, states, n_states);
  if (!check_states (&self, error))
    return NULL;
  self.builder = builder = latent_builder_new ();
  program = new_program (request);
  program->graph = graph;
  program->macs = macs;
  latent_parallel_set_threads (request->threads);
  if (!build (&self, program, error)) {
    program->graph = NULL;
    latent_program_free (program);
    return NULL;
  }
  return program;
}

static LatentProgram *
compile (const LatentGraph *graph, const char *const *inputs, const char *const *outputs,
    const LatentStatePair *states, guint n_states, const LatentRequest *request, GError **error)
{
  g_autoptr (GPtrArray) ends = latent_exec_list_outputs (graph, outputs, states, n_states, request);
  g_autoptr (LatentGraph) part = NULL;
  LatentProgram *program;

  if (!check_precision (request->precision, graph, error))
    return NULL;
  if (request->variable_parameters && !latent_graph_hold_data (graph, error))
    return NULL; /* who changes them has the same tensors */
  part = latent_graph_cut (graph, inputs, (const char *const *)ends->pdata, error);
  if (part == NULL || !latent_graph_load_data (part, error))
    return NULL;
  program = compile_graph (part, states, n_states, request, error);
  if (program == NULL)
    return NULL;
  g_steal_pointer (&part);
  program->note = get_note (graph, request);
  return program;
}

LatentProgram *
latent_exec_compile (const LatentGraph *graph, const char *key, const char *const *inputs,
    const char *const *outputs, const LatentStatePair *states, guint n_states,
    const LatentRequest *request, GError **error)
{
  g_autofree char *full_key = latent_exec_make_key (
      key, inputs, outputs, states, n_states, request);
  LatentProgram *program = latent_program_cache_claim (full_key);

  if (program != NULL)
    return program;
  program = compile (graph, inputs, outputs, states, n_states, request, error);
  latent_program_cache_settle (full_key, program);
  return program;
}
