/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/ops/einsum.h"

/* Labels as numbers: A to Z, a to z (the order that an output left out has), then the dimensions
 * of "...", counted from the innermost. */
#define ELLIPSIS 52

typedef struct {
  const char *p;                          /* what is left of the equation */
  gint64 sizes[LATENT_EINSUM_MAX_LABELS]; /* -1: not seen */
  guint counts[LATENT_EINSUM_MAX_LABELS]; /* how often the operands name it */
  guint n_ellipsis;
} Parser;

/* The labels of an operand or of the output, outermost first. */
typedef struct {
  guint n;
  guint labels[LATENT_EINSUM_MAX_LABELS + LATENT_MAX_DIMS];
} Term;

static void
set_error (GError **error, const LatentNode *node, const char *what)
{
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT, "equation '%s': %s",
      latent_node_get_string (node, "equation", ""), what);
}

static void
skip_spaces (Parser *parser)
{
  while (*parser->p == ' ')
    parser->p++;
}

static gint
get_letter (char c)
{
  return g_ascii_isupper (c) ? c - 'A' : g_ascii_islower (c) ? c - 'a' + 26 : -1;
}

/* Letters of the term at hand, and whether "..." is among them. */
static guint
count_letters (const char *p, gboolean *has_ellipsis)
{
  guint n = 0;

  *has_ellipsis = FALSE;
  for (; *p != '\0' && *p != ',' && *p != '-'; p++) {
    n += get_letter (*p) >= 0;
    *has_ellipsis |= *p == '.';
  }
  return n;
}

static gboolean
add_label (Term *term, guint label)
{
  if (term->n == G_N_ELEMENTS (term->labels))
    return FALSE;
  term->labels[term->n++] = label;
  return TRUE;
}

/* Reads a term, "..." being `n_ellipsis` dimensions. NULL, or what is wrong. */
static const char *
read_term (Parser *parser, guint n_ellipsis, Term *term)
{
  gboolean has_ellipsis = FALSE;

  term->n = 0;
  for (skip_spaces (parser); *parser->p != '\0' && *parser->p != ',' && *parser->p != '-';
       skip_spaces (parser)) {
    gint letter = get_letter (*parser->p);
    if (letter >= 0) {
      parser->p++;
      if (!add_label (term, (guint)letter))
        return "a term is too long";
      continue;
    }
    if (has_ellipsis || !g_str_has_prefix (parser->p, "..."))
      return "wants letters, one \"...\" a term, \",\" and \"->\"";
    has_ellipsis = TRUE;
    parser->p += 3;
    for (guint i = n_ellipsis; i-- > 0;)
      if (!add_label (term, ELLIPSIS + i))
        return "a term is too long";
  }
  return NULL;
}

/* A size of 1 is repeated where another operand has more. */
static gboolean
merge_size (Parser *parser, guint label, gint64 size)
{
  gint64 *known = &parser->sizes[label];

  parser->counts[label]++;
  if (*known < 0 || *known == 1)
    *known = size;
  return *known == size || size == 1;
}

static gboolean
read_operand (
    const LatentNode *node, Parser *parser, guint i, LatentEinsumParams *params, GError **error)
{
  const LatentShape *shape = latent_op_get_shape (node, i);
  gint64 strides[LATENT_MAX_DIMS];
  Term term;
  gboolean has_ellipsis = FALSE;
  guint n_letters = count_letters (parser->p, &has_ellipsis);
  guint n_ellipsis = has_ellipsis && shape->n > n_letters ? shape->n - n_letters : 0;
  const char *wrong = read_term (parser, n_ellipsis, &term);

  if (wrong == NULL && term.n != shape->n) {
    g_autofree char *wanted = g_strdup_printf ("%u dimensions", term.n);
    g_autofree char *what = g_strdup_printf ("equation's operand %u", i);
    latent_op_set_shape_error (error, what, wanted, shape);
    return FALSE;
  }
  if (wrong != NULL) {
    set_error (error, node, wrong);
    return FALSE;
  }
  parser->n_ellipsis = MAX (parser->n_ellipsis, n_ellipsis);
  latent_shape_get_strides (shape, strides);
  for (guint d = 0; d < term.n; d++) {
    if (!merge_size (parser, term.labels[d], shape->dims[d])) {
      set_error (error, node, "operands give one label different sizes");
      return FALSE;
    }
    if (shape->dims[d] != 1)
      params->strides[i][term.labels[d]] += (gsize)strides[d];
  }
  return TRUE;
}

/* "..." first, then in the order of the alphabet the letters that were named once. */
static void
make_output (const Parser *parser, Term *term)
{
  term->n = 0;
  for (guint i = parser->n_ellipsis; i-- > 0;)
    add_label (term, ELLIPSIS + i);
  for (guint label = 0; label < ELLIPSIS; label++)
    if (parser->counts[label] == 1)
      add_label (term, label);
}

static const char *
check_output (const Parser *parser, const Term *term)
{
  guint seen[LATENT_EINSUM_MAX_LABELS] = {0};
  guint n_ellipsis = 0;

  for (guint i = 0; i < term->n; i++) {
    if (parser->sizes[term->labels[i]] < 0)
      return "the output has a label that no operand has";
    if (seen[term->labels[i]]++ > 0)
      return "the output has a label twice";
    n_ellipsis += term->labels[i] >= ELLIPSIS;
  }
  if (term->n > LATENT_MAX_DIMS)
    return "the output has too many dimensions";
  return n_ellipsis == parser->n_ellipsis ? NULL : "the output lacks \"...\"";
}

static const char *
read_output (Parser *parser, Term *term)
{
  const char *wrong = NULL;

  skip_spaces (parser);
  if (*parser->p == '\0') {
    make_output (parser, term);
    return check_output (parser, term);
  }
  if (!g_str_has_prefix (parser->p, "->"))
    return "it has more terms than the node has inputs";
  parser->p += 2;
  wrong = read_term (parser, parser->n_ellipsis, term);
  if (wrong == NULL && *parser->p != '\0')
    wrong = "something stands behind the output";
  return wrong != NULL ? wrong : check_output (parser, term);
}

static gsize
sum_strides (const LatentEinsumParams *params, guint label)
{
  gsize sum = 0;

  for (guint i = 0; i < params->n_operands; i++)
    sum += params->strides[i][label];
  return sum;
}

/* Loops in their order: the output's, then what is summed with the smallest strides innermost. */
static void
order_loops (const Parser *parser, const Term *output, LatentEinsumParams *params)
{
  LatentEinsumParams sorted = {.n_operands = params->n_operands, .n_outer = output->n};
  guint order[LATENT_EINSUM_MAX_LABELS];
  gboolean taken[LATENT_EINSUM_MAX_LABELS] = {FALSE};
  guint n = 0;

  for (; n < output->n; n++) {
    order[n] = output->labels[n];
    taken[order[n]] = TRUE;
  }
  for (guint label = 0; label < LATENT_EINSUM_MAX_LABELS; label++) {
    if (taken[label] || parser->sizes[label] < 0)
      continue;
    guint at = n++;
    for (; at > output->n && sum_strides (params, order[at - 1]) < sum_strides (params, label);
         at--)
      order[at] = order[at - 1];
    order[at] = label;
  }
  sorted.n_loops = n;
  for (guint loop = 0; loop < n; loop++) {
    sorted.sizes[loop] = (gsize)parser->sizes[order[loop]];
    for (guint i = 0; i < params->n_operands; i++)
      sorted.strides[i][loop] = params->strides[i][order[loop]];
  }
  *params = sorted;
}

static gboolean
check_steps (const LatentEinsumParams *params, GError **error)
{
  guint64 steps = 1;

  for (guint i = 0; i < params->n_loops; i++)
    steps = latent_macs_multiply (steps, params->sizes[i]);
  if (steps <= LATENT_EINSUM_MAX_STEPS)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_LIMIT,
      "equation asks for %" G_GUINT64_FORMAT " products, more than the limit of %" G_GUINT64_FORMAT,
      steps, LATENT_EINSUM_MAX_STEPS);
  return FALSE;
}

gboolean
latent_einsum_get_params (
    const LatentNode *node, LatentEinsumParams *params, LatentShape *dst, GError **error)
{
  Parser parser = {.p = latent_node_get_string (node, "equation", "")};
  Term output = {0};
  const char *wrong = NULL;

  *params = (LatentEinsumParams){.n_operands = node->inputs->len};
  memset (parser.sizes, 0xff, sizeof parser.sizes);
  if (!latent_op_check_attribute (node, "equation", error))
    return FALSE;
  for (guint i = 0; i < params->n_operands; i++) {
    if (i > 0 && *parser.p++ != ',') {
      set_error (error, node, "it has fewer terms than the node has inputs");
      return FALSE;
    }
    if (!read_operand (node, &parser, i, params, error))
      return FALSE;
  }
  wrong = read_output (&parser, &output);
  if (wrong != NULL) {
    set_error (error, node, wrong);
    return FALSE;
  }
  dst->n = output.n;
  for (guint i = 0; i < output.n; i++)
    dst->dims[i] = parser.sizes[output.labels[i]];
  order_loops (&parser, &output, params);
  return check_steps (params, error);
}
