/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <latent/model.h>

G_BEGIN_DECLS

/**
 * LatentPrecision:
 * @LATENT_PRECISION_AUTO: int8 for a quantised (QDQ) file, else f32
 * @LATENT_PRECISION_F32: 32-bit floating point
 * @LATENT_PRECISION_BF16: 16-bit brain floating point where it is faster
 * @LATENT_PRECISION_INT8: 8-bit integers, for quantised files only
 */
typedef enum {
  LATENT_PRECISION_AUTO,
  LATENT_PRECISION_F32,
  LATENT_PRECISION_BF16,
  LATENT_PRECISION_INT8,
} LatentPrecision;

/**
 * LatentRequest:
 *
 * What is to be compiled: a cut through the model, shapes, bound inputs, precision, threads. Plain
 * data, owned by the caller; requests that are equal give the same program.
 */
typedef struct _LatentRequest LatentRequest;

#define LATENT_TYPE_REQUEST (latent_request_get_type ())
LATENT_API
GType latent_request_get_type (void);

/**
 * latent_request_new:
 * @mode: which part runs; embed is compiled as encode
 *
 * Returns: (transfer full): a request with f32 or int8 as the file asks, one thread, constant
 *   parameters, and the file's own shapes
 */
LATENT_API
LatentRequest *latent_request_new (LatentMode mode);

LATENT_API
LatentRequest *latent_request_copy (const LatentRequest *self);

LATENT_API
void latent_request_free (LatentRequest *self);

/**
 * latent_request_set_cut:
 * @self: a request
 * @inputs: (array zero-terminated=1) (nullable): names of the tensors where the program begins
 * @outputs: (array zero-terminated=1) (nullable): names of the tensors where it ends
 *
 * Cuts the graph at tensors other than those that the mode gives; %NULL leaves that side as it is.
 */
LATENT_API
void latent_request_set_cut (
    LatentRequest *self, const char *const *inputs, const char *const *outputs);

/**
 * latent_request_set_shape:
 * @self: a request
 * @input: (nullable): name of an input of the cut, or %NULL for its first
 * @n_dims: how many dimensions
 * @dims: (array length=n_dims): each 1 or more
 *
 * Binds the symbolic dimensions of an input. The batch (dimension 0) of a fixed shape may be raised
 * too where the net allows it.
 */
LATENT_API
void latent_request_set_shape (
    LatentRequest *self, const char *input, guint n_dims, const gint64 *dims);

/**
 * latent_request_bind:
 * @self: a request
 * @input: name of an input of the cut
 * @value: its value, a constant from then on
 */
LATENT_API
void latent_request_bind (LatentRequest *self, const char *input, LatentTensor *value);

LATENT_API
void latent_request_set_precision (LatentRequest *self, LatentPrecision precision);

/**
 * latent_request_set_threads:
 * @self: a request
 * @threads: 1 or more
 */
LATENT_API
void latent_request_set_threads (LatentRequest *self, guint threads);

/**
 * latent_request_set_variable_parameters:
 * @self: a request
 * @variable: whether weights may be written to between runs, as training does
 */
LATENT_API
void latent_request_set_variable_parameters (LatentRequest *self, gboolean variable);

/**
 * latent_request_keep:
 * @self: a request
 * @name: a tensor inside the cut that shall be readable after a run
 */
LATENT_API
void latent_request_keep (LatentRequest *self, const char *name);

/**
 * LatentProgram:
 *
 * A part of a model compiled for given shapes, precision and threads. Immutable, shared in the
 * process by all who ask for the same. Reference counted.
 */
typedef struct _LatentProgram LatentProgram;

#define LATENT_TYPE_PROGRAM (latent_program_get_type ())
LATENT_API
GType latent_program_get_type (void);

/**
 * latent_program_new:
 * @model: a model
 * @request: what to compile
 * @error: return location for an error
 *
 * Returns: (transfer full): the program, or %NULL; the error names node and operator, or wanted and
 *   offered shape
 */
LATENT_API
LatentProgram *latent_program_new (
    LatentModel *model, const LatentRequest *request, GError **error);

LATENT_API
LatentProgram *latent_program_ref (LatentProgram *self);

LATENT_API
void latent_program_unref (LatentProgram *self);

/**
 * LatentPort:
 * @name: the tensor's name in the model; borrowed from the program
 * @type: the type of its elements
 * @n_dims: how many dimensions
 * @dims: their sizes, outermost first, as the model has them (NCHW)
 * @strides: distance in elements between neighbours along each dimension in memory; inputs and
 *   outputs may be channels-last
 *
 * An input or output of a program.
 */
typedef struct {
  const char *name;
  LatentDataType type;
  guint n_dims;
  gint64 dims[LATENT_MAX_DIMS];
  gint64 strides[LATENT_MAX_DIMS];
} LatentPort;

LATENT_API
guint latent_program_get_n_inputs (const LatentProgram *self);
LATENT_API
guint latent_program_get_n_outputs (const LatentProgram *self);

/**
 * latent_program_get_input:
 * @self: a program
 * @index: below the number of inputs
 *
 * Returns: (transfer none): its description
 */
LATENT_API
const LatentPort *latent_program_get_input (const LatentProgram *self, guint index);

/**
 * latent_program_get_output:
 * @self: a program
 * @index: below the number of outputs: those of the cut, then those kept
 *
 * Returns: (transfer none): its description
 */
LATENT_API
const LatentPort *latent_program_get_output (const LatentProgram *self, guint index);

/**
 * latent_program_get_macs:
 * @self: a program
 *
 * Returns: multiply-adds of one run
 */
LATENT_API
guint64 latent_program_get_macs (const LatentProgram *self);

/**
 * latent_program_describe_kernels:
 * @self: a program
 *
 * Returns: (transfer full): one line a step: node, operator, kernel, parted by tabs; and, for a
 *   quantised model that is not computed in integers, a line with no node and operator "note"
 */
LATENT_API
char *latent_program_describe_kernels (const LatentProgram *self);

/**
 * LatentContext:
 *
 * The memory of one user of a program: arena, scratchpad, state. One thread at a time.
 */
typedef struct _LatentContext LatentContext;

#define LATENT_TYPE_CONTEXT (latent_context_get_type ())
LATENT_API
GType latent_context_get_type (void);

/**
 * latent_context_new:
 * @program: a program; a reference is taken
 * @error: return location for an error
 *
 * Returns: (transfer full): a context, inputs zeroed, or %NULL where memory is short
 */
LATENT_API
LatentContext *latent_context_new (LatentProgram *program, GError **error);

LATENT_API
LatentContext *latent_context_ref (LatentContext *self);

LATENT_API
void latent_context_unref (LatentContext *self);

/**
 * latent_context_get_program:
 * @self: a context
 *
 * Returns: (transfer none): its program
 */
LATENT_API
LatentProgram *latent_context_get_program (LatentContext *self);

/**
 * latent_context_get_input_data: (skip)
 * @self: a context
 * @index: below the number of inputs
 *
 * Returns: (transfer none): where to write input @index, laid out as its #LatentPort says; what is
 *   written stays until it is overwritten
 */
LATENT_API
gpointer latent_context_get_input_data (LatentContext *self, guint index);

/**
 * latent_context_get_output_data: (skip)
 * @self: a context
 * @index: below the number of outputs
 *
 * Returns: (transfer none): output @index of the last run, laid out as its #LatentPort says
 */
LATENT_API
gconstpointer latent_context_get_output_data (LatentContext *self, guint index);

/**
 * latent_context_set_input:
 * @self: a context
 * @index: below the number of inputs
 * @tensor: of the port's type and dimensions
 * @error: return location for an error
 *
 * Copies a tensor into an input, whatever the port's layout.
 */
LATENT_API
gboolean latent_context_set_input (
    LatentContext *self, guint index, const LatentTensor *tensor, GError **error);

/**
 * latent_context_get_output:
 * @self: a context
 * @index: below the number of outputs
 * @error: return location for an error
 *
 * Returns: (transfer full): a row-major copy of an output
 */
LATENT_API
LatentTensor *latent_context_get_output (LatentContext *self, guint index, GError **error);

/**
 * latent_context_run:
 * @self: a context
 * @error: return location for an error
 *
 * Runs the program once. Allocates nothing.
 *
 * Returns: whether it ran; the error names the node that did not
 */
LATENT_API
gboolean latent_context_run (LatentContext *self, GError **error);

/**
 * latent_context_reset:
 * @self: a context
 *
 * Sets the tensors that latent.state carries from run to run to zero.
 */
LATENT_API
void latent_context_reset (LatentContext *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentRequest, latent_request_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentProgram, latent_program_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LatentContext, latent_context_unref)

G_END_DECLS
