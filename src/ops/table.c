/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "src/ops/private.h"

/* A new operator is a row in its family's file; a new family is a line here and in private.h. */
static const LatentOp *const families[] = {
    latent_ops_arithmetic,
    latent_ops_batch_norm,
    latent_ops_batch_norm_gradient,
    latent_ops_binary_gradient,
    latent_ops_cast,
    latent_ops_constant,
    latent_ops_conv,
    latent_ops_conv_gradient,
    latent_ops_conv_transpose,
    latent_ops_einsum,
    latent_ops_gather,
    latent_ops_integer,
    latent_ops_layout,
    latent_ops_loss_class,
    latent_ops_loss_element,
    latent_ops_loss_latent,
    latent_ops_loss_rate,
    latent_ops_loss_spectrum,
    latent_ops_loss_sum,
    latent_ops_lrn,
    latent_ops_matmul,
    latent_ops_normalize,
    latent_ops_normalize_gradient,
    latent_ops_overlap,
    latent_ops_pad,
    latent_ops_pool,
    latent_ops_pool_gradient,
    latent_ops_quantize,
    latent_ops_quantize_gradient,
    latent_ops_recurrent,
    latent_ops_reduce,
    latent_ops_resample_gradient,
    latent_ops_reshape,
    latent_ops_resize,
    latent_ops_resize_gradient,
    latent_ops_scan,
    latent_ops_scatter,
    latent_ops_slice,
    latent_ops_softmax,
    latent_ops_softmax_gradient,
    latent_ops_unary,
    latent_ops_unary_gradient,
    latent_ops_variadic,
};

static gint
compare_rows (gconstpointer a, gconstpointer b)
{
  const LatentOp *x = *(const LatentOp *const *)a;
  const LatentOp *y = *(const LatentOp *const *)b;
  gint order = strcmp (x->name, y->name);

  if (order == 0)
    order = strcmp (x->domain, y->domain);
  return order != 0 ? order : (gint)x->opset_min - (gint)y->opset_min;
}

static GPtrArray *
make_table (void)
{
  GPtrArray *rows = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    for (const LatentOp *row = families[i]; row->name != NULL; row++)
      g_ptr_array_add (rows, (gpointer)row);
  g_ptr_array_sort (rows, compare_rows);
  return rows;
}

const LatentOp *const *
latent_op_get_table (guint *n)
{
  static GPtrArray *table = NULL;

  if (g_once_init_enter (&table))
    g_once_init_leave (&table, make_table ());
  *n = table->len;
  return (const LatentOp *const *)table->pdata;
}

const LatentOp *const *
latent_op_get_rows (const char *name, const char *domain, guint *n)
{
  guint end = 0;
  const LatentOp *const *rows = latent_op_get_table (&end);
  guint begin = 0;
  LatentOp key = {.name = name, .domain = domain};
  const LatentOp *wanted = &key;

  for (guint above = end; begin < above;) {
    guint middle = begin + (above - begin) / 2;
    if (compare_rows (&rows[middle], &wanted) < 0)
      begin = middle + 1;
    else
      above = middle;
  }
  *n = 0;
  while (begin + *n < end && g_str_equal (rows[begin + *n]->name, name) &&
         g_str_equal (rows[begin + *n]->domain, domain))
    ++*n;
  return rows + begin;
}

const LatentOp *
latent_op_find (const char *name, const char *domain, guint opset)
{
  guint n = 0;
  const LatentOp *const *rows = latent_op_get_rows (name, domain, &n);

  for (guint i = 0; i < n; i++)
    if (rows[i]->opset_min <= opset && opset <= rows[i]->opset_max)
      return rows[i];
  return NULL;
}
