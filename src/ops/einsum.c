/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/ops/einsum.h"

#include <string.h>

#include "src/base/numeric.h"
#include "src/base/parallel.h"
#include "src/ops/gradient.h"
#include "src/ops/product.h"

static gboolean
infer_einsum (const LatentNode *node, GError **error)
{
  LatentEinsumParams params;
  LatentShape dst;

  for (guint i = 0; i < node->inputs->len; i++)
    if (!latent_op_check_input (node, i, "operand", error) ||
        !latent_op_check_same_type (node, i, error))
      return FALSE;
  return latent_einsum_get_params (node, &params, &dst, error) &&
         latent_op_set_output (node, 0, latent_op_get_type (node, 0), &dst, error);
}

/* A product of two operands is a multiply-add, one of three is two. */
static guint64
count_macs (const LatentNode *node)
{
  LatentEinsumParams params;
  LatentShape dst;
  guint64 macs = node->inputs->len - 1;

  if (!latent_einsum_get_params (node, &params, &dst, NULL))
    return 0;
  for (guint i = 0; i < params.n_loops; i++)
    macs = latent_macs_multiply (macs, params.sizes[i]);
  return macs;
}

typedef struct {
  LatentEinsumParams params;
  LatentDataType type;
  const LatentView *src;
  gpointer dst;
  gsize n_lines; /* of the innermost sum, in each output */
} EinsumJob;

static double
load (const EinsumJob *job, guint operand, gsize i)
{
  double value = 0;

  if (job->type == LATENT_DATA_TYPE_FLOAT32)
    return ((const float *)job->src[operand].data)[i];
  latent_load_doubles (job->type, job->src[operand].data, i, 1, &value);
  return value;
}

/* Adds to every operand's offset what `index` gives in the loops [begin, end). */
static void
add_offsets (const LatentEinsumParams *params, guint begin, guint end, gsize index, gsize *offsets)
{
  for (guint loop = end; loop-- > begin;) {
    gsize at = index % params->sizes[loop];
    index /= params->sizes[loop];
    for (guint i = 0; i < params->n_operands; i++)
      offsets[i] += at * params->strides[i][loop];
  }
}

/* The innermost sum, from the offsets on. */
static double
sum_line (const EinsumJob *job, const gsize *offsets)
{
  const LatentEinsumParams *params = &job->params;
  gboolean has_sum = params->n_loops > params->n_outer;
  guint loop = has_sum ? params->n_loops - 1 : 0;
  gsize n = has_sum ? params->sizes[loop] : 1;
  double sum = 0;

  if (has_sum && params->n_operands == 2 && job->type == LATENT_DATA_TYPE_FLOAT32 &&
      params->strides[0][loop] == 1 && params->strides[1][loop] == 1)
    return latent_dot ((const float *)job->src[0].data + offsets[0],
        (const float *)job->src[1].data + offsets[1], n);
  for (gsize k = 0; k < n; k++) {
    double product = 1;
    for (guint i = 0; i < params->n_operands; i++)
      product *= load (job, i, offsets[i] + (has_sum ? k * params->strides[i][loop] : 0));
    sum += product;
  }
  return sum;
}

static void
sum_outputs (gsize begin, gsize end, gpointer data)
{
  const EinsumJob *job = data;
  const LatentEinsumParams *params = &job->params;

  for (gsize i = begin; i < end; i++) {
    gsize base[LATENT_EINSUM_MAX_OPERANDS] = {0};
    double sum = 0;
    add_offsets (params, 0, params->n_outer, i, base);
    for (gsize line = 0; line < job->n_lines; line++) {
      gsize offsets[LATENT_EINSUM_MAX_OPERANDS];
      for (guint operand = 0; operand < params->n_operands; operand++)
        offsets[operand] = base[operand];
      add_offsets (
          params, params->n_outer, MAX (params->n_loops, params->n_outer + 1) - 1, line, offsets);
      sum += sum_line (job, offsets);
    }
    latent_store_doubles (job->type, job->dst, i, 1, &sum);
  }
}

static gboolean
eval_einsum (const LatentEval *eval, GError **error)
{
  EinsumJob job = {
      .type = eval->src[0].type, .src = eval->src, .dst = eval->dst[0].data, .n_lines = 1};
  LatentShape dst;

  if (!latent_einsum_get_params (eval->node, &job.params, &dst, error))
    return FALSE;
  for (guint i = job.params.n_outer; i + 1 < job.params.n_loops; i++)
    job.n_lines *= job.params.sizes[i];
  latent_parallel (eval->threads, eval->dst[0].n, 16, sum_outputs, &job);
  return TRUE;
}

/* An equation without spaces, taken apart. */
typedef struct {
  char **terms; /* of the operands */
  char *output;
} Equation;

static void
clear_equation (Equation *self)
{
  g_strfreev (self->terms);
  g_free (self->output);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Equation, clear_equation)

/* The output that is not written: letters that stand once, in the order of the alphabet. */
static char *
make_output (const char *operands)
{
  g_autoptr (GString) output = g_string_new (NULL);

  for (gint c = 'A'; c <= 'z'; c++)
    if (g_ascii_isalpha (c) && strchr (operands, c) != NULL &&
        strchr (operands, c) == strrchr (operands, c))
      g_string_append_c (output, (gchar)c);
  return g_string_free (g_steal_pointer (&output), FALSE);
}

static gboolean
has_letter_twice (const char *term)
{
  for (; *term != '\0'; term++)
    if (strchr (term + 1, *term) != NULL)
      return TRUE;
  return FALSE;
}

/* FALSE for what the derivative's equation could not say: "...", or a diagonal. */
static gboolean
read_equation (const LatentNode *node, Equation *equation, GError **error)
{
  const char *text = latent_node_get_string (node, "equation", "");
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_autofree char *whole = g_strjoinv ("", words);
  g_auto (GStrv) sides = g_strsplit (whole, "->", 2);
  gboolean good = strchr (whole, '.') == NULL;

  equation->terms = g_strsplit (sides[0], ",", -1);
  equation->output = sides[1] != NULL ? g_strdup (sides[1]) : make_output (sides[0]);
  for (guint i = 0; equation->terms[i] != NULL; i++)
    good = good && !has_letter_twice (equation->terms[i]);
  if (!good)
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_UNSUPPORTED,
        "equation '%s': training with \"...\", or a letter twice in one operand, is not supported",
        text);
  return good;
}

/* "OUTPUT,OTHERS->TERM", where the term is operand i's without letters that it alone has, and the
 * inputs that go with it. */
static char *
write_equation (LatentGradient *self, const LatentNode *node, const Equation *equation, guint i,
    LatentNode *einsum)
{
  g_autoptr (GString) text = g_string_new (equation->output);
  gsize end;

  latent_node_add_input (einsum, latent_gradient_get (self, latent_node_get_output (node, 0)));
  for (guint k = 0; k < node->inputs->len; k++) {
    if (k == i)
      continue;
    g_string_append_printf (text, ",%s", equation->terms[k]);
    latent_node_add_input (einsum, latent_node_get_input (node, k));
  }
  end = text->len;
  g_string_append (text, "->");
  for (const char *p = equation->terms[i]; *p != '\0'; p++)
    if (memchr (text->str, *p, end) != NULL)
      g_string_append_c (text, *p);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A letter that operand i alone has was summed: the derivative is the same for all its places. */
static LatentValue *
repeat (LatentGradient *self, const Equation *equation, guint i, const char *text,
    const LatentShape *shape, LatentValue *derivative, GError **error)
{
  const char *result = strstr (text, "->") + 2;
  LatentShape kept = *shape;
  gboolean repeats = FALSE;

  for (guint d = 0; d < shape->n; d++)
    if (strchr (result, equation->terms[i][d]) == NULL) {
      kept.dims[d] = 1;
      repeats = TRUE;
    }
  if (!repeats)
    return derivative;
  derivative = latent_gradient_reshape (self, derivative, &kept, error);
  return derivative != NULL ? latent_gradient_apply (self, "Expand", derivative,
                                  latent_gradient_ints (self, shape->dims, shape->n), error)
                            : NULL;
}

static gboolean
derive_einsum (LatentGradient *self, const LatentNode *node, GError **error)
{
  g_auto (Equation) equation = {0};

  if (!read_equation (node, &equation, error))
    return FALSE;
  for (guint i = 0; i < node->inputs->len; i++) {
    LatentValue *x = latent_node_get_input (node, i), *derivative;
    g_autofree char *text = NULL;
    LatentNode *einsum;
    if (!latent_gradient_wants (self, x))
      continue;
    einsum = latent_gradient_node (self, "Einsum", NULL);
    text = write_equation (self, node, &equation, i, einsum);
    latent_node_set_string (einsum, "equation", text);
    derivative = latent_gradient_finish (self, einsum, 1, error);
    if (derivative != NULL)
      derivative = repeat (self, &equation, i, text, &x->shape, derivative, error);
    if (!latent_gradient_add_unbroadcast (self, x, derivative, NULL, error))
      return FALSE;
  }
  return TRUE;
}

/* clang-format off */
const LatentOp latent_ops_einsum[] = {
    {"Einsum", "", 12, LATENT_OPSET_MAX, 1, LATENT_EINSUM_MAX_OPERANDS, 1, 1, LATENT_TYPE_BIT
     (LATENT_DATA_TYPE_FLOAT32) | LATENT_TYPE_BIT (LATENT_DATA_TYPE_FLOAT64), "equation:s",
     infer_einsum, eval_einsum, NULL, NULL, count_macs, .gradient = derive_einsum},
    {0},
};
/* clang-format on */
