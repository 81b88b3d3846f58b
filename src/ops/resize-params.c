/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>

#include "src/ops/resize.h"

#define LONGEST (G_GINT64_CONSTANT (1) << 40) /* a size beyond any tensor's, far from overflow */

static const char *const mode_names[] = {"nearest", "linear", "cubic", NULL};
static const char *const upsample_names[] = {"nearest", "linear", NULL};
static const char *const coordinate_names[] = {"half_pixel", "half_pixel_symmetric",
    "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn",
    "tf_crop_and_resize", NULL};
static const char *const nearest_names[] = {
    "round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL};
static const char *const policy_names[] = {"stretch", "not_larger", "not_smaller", NULL};

/* From opset 11 Resize says how coordinates are computed. */
static gboolean
is_full (const LatentNode *node)
{
  return node->opset >= 11 && g_str_equal (node->op_type, "Resize");
}

static gboolean
read_modes (const LatentNode *node, LatentResizeParams *params, GError **error)
{
  guint mode = 0;
  guint coordinates = LATENT_RESIZE_ASYMMETRIC;
  guint nearest = LATENT_RESIZE_SIMPLE;

  if (!latent_op_get_choice (
          node, "mode", "nearest", is_full (node) ? mode_names : upsample_names, &mode, error))
    return FALSE;
  if (is_full (node) && (!latent_op_get_choice (node, "coordinate_transformation_mode",
                             "half_pixel", coordinate_names, &coordinates, error) ||
                            !latent_op_get_choice (node, "nearest_mode", "round_prefer_floor",
                                nearest_names, &nearest, error)))
    return FALSE;
  params->mode = (LatentResizeMode)mode;
  params->coordinates = (LatentResizeCoordinates)coordinates;
  params->nearest = (LatentResizeNearest)nearest;
  params->cubic_a = latent_node_get_float (node, "cubic_coeff_a", -0.75f);
  params->extrapolation = latent_node_get_float (node, "extrapolation_value", 0);
  params->exclude_outside = latent_node_get_int (node, "exclude_outside", 0) != 0;
  params->antialias = latent_node_get_int (node, "antialias", 0) != 0;
  return TRUE;
}

static gboolean
read_axes (const LatentNode *node, LatentResizeParams *params, GError **error)
{
  const gint64 *axes = latent_node_get_ints (node, "axes", &params->n_axes);
  guint32 mask = 0;

  if (axes == NULL) {
    params->n_axes = params->src.n;
    for (guint i = 0; i < params->n_axes; i++)
      params->axes[i] = i;
    return TRUE;
  }
  if (!latent_op_get_axes_mask (axes, params->n_axes, params->src.n, &mask, error))
    return FALSE;
  for (guint i = 0; i < params->n_axes; i++)
    params->axes[i] = (guint)latent_axis_normalize (axes[i], params->src.n);
  return TRUE;
}

static gboolean
check_entries (const char *what, guint offered, const LatentResizeParams *params, GError **error)
{
  if (offered == params->n_axes)
    return TRUE;
  g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
      "%s wants %u entries, one for each axis, has %u", what, params->n_axes, offered);
  return FALSE;
}

/* Sets the size of an axis that is resized by `scale`. */
static gboolean
set_size (LatentResizeParams *params, guint axis, double scale, double size, GError **error)
{
  gint64 src = params->src.dims[axis];

  if (!isfinite (scale) || scale <= 0 || size >= (double)LONGEST || (src > 0) != (size >= 1)) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "axis %u of %" G_GINT64_FORMAT
        " samples wants a positive scale and a size of 1 or more, has scale %g and size %g",
        axis, src, scale, size);
    return FALSE;
  }
  params->scales[axis] = scale;
  params->dst.dims[axis] = (gint64)size;
  return TRUE;
}

/* Sizes are rounded down as floats: 10 * 0.7 is 7. */
static gboolean
apply_scales (
    LatentResizeParams *params, const double *scales, guint n, gboolean grows, GError **error)
{
  if (!check_entries ("scales", n, params, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    float size = floorf ((float)params->src.dims[params->axes[i]] * (float)scales[i]);
    if (grows && !(scales[i] >= 1)) {
      g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
          "scales want 1 or more, have %g for axis %u", scales[i], params->axes[i]);
      return FALSE;
    }
    if (!set_size (params, params->axes[i], scales[i], size, error))
      return FALSE;
  }
  return TRUE;
}

static double
get_ratio (const LatentResizeParams *params, const gint64 *sizes, guint i)
{
  gint64 src = params->src.dims[params->axes[i]];

  return src == 0 && sizes[i] == 0 ? 1 : (double)sizes[i] / (double)src;
}

/* One scale for all axes, so that no size is larger, or none smaller, than what was asked for. */
static gboolean
apply_aspect (LatentResizeParams *params, const gint64 *sizes, gboolean larger, GError **error)
{
  double scale = larger ? 0 : INFINITY;

  for (guint i = 0; i < params->n_axes; i++) {
    double ratio = get_ratio (params, sizes, i);
    scale = larger ? MAX (scale, ratio) : MIN (scale, ratio);
  }
  for (guint i = 0; i < params->n_axes; i++) {
    double size = round (scale * (double)params->src.dims[params->axes[i]]);
    if (!set_size (params, params->axes[i], scale, size, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
apply_sizes (const LatentNode *node, LatentResizeParams *params, const gint64 *sizes, guint n,
    GError **error)
{
  guint policy = 0;

  if (!check_entries ("sizes", n, params, error) ||
      !latent_op_get_choice (
          node, "keep_aspect_ratio_policy", "stretch", policy_names, &policy, error))
    return FALSE;
  if (policy != 0 && n > 0)
    return apply_aspect (params, sizes, policy == 2, error);
  for (guint i = 0; i < n; i++)
    if (!set_size (params, params->axes[i], get_ratio (params, sizes, i), (double)sizes[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
has_elements (const LatentNode *node, guint i)
{
  const LatentValue *value = latent_node_get_input (node, i);

  return value != NULL && latent_shape_product (&value->shape, 0, value->shape.n) > 0;
}

/* Scales are an attribute of Upsample 7, then an input; sizes came with opset 11. */
static gboolean
read_sizes (const LatentNode *node, LatentResizeParams *params, GError **error)
{
  gboolean upsample = g_str_equal (node->op_type, "Upsample");
  guint scales_input = is_full (node) ? 2 : 1;
  double scales[LATENT_MAX_DIMS] = {0};
  gint64 sizes[LATENT_MAX_DIMS] = {0};
  guint n = 0;
  const float *list = latent_node_get_floats (node, "scales", &n);
  gboolean has_scales = has_elements (node, scales_input);
  gboolean has_sizes = is_full (node) && has_elements (node, 3);

  if (upsample && node->opset < 9) {
    for (guint i = 0; i < MIN (n, LATENT_MAX_DIMS); i++)
      scales[i] = list[i];
    return apply_scales (params, scales, n > LATENT_MAX_DIMS ? 0 : n, TRUE, error);
  }
  if (has_scales == has_sizes) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_FORMAT,
        "either scales or sizes are wanted, %s offered", has_sizes ? "both are" : "neither is");
    return FALSE;
  }
  if (has_scales)
    return latent_op_get_constant_doubles (
               node, scales_input, "scales", LATENT_MAX_DIMS, scales, &n, error) &&
           apply_scales (params, scales, n, upsample, error);
  return latent_op_get_constant_ints (node, 3, "sizes", LATENT_MAX_DIMS, sizes, &n, error) &&
         apply_sizes (node, params, sizes, n, error);
}

static gboolean
check_region (const LatentNode *node, const LatentResizeParams *params, GError **error)
{
  g_autofree char *wanted = NULL;

  if (params->coordinates != LATENT_RESIZE_TF_CROP_AND_RESIZE)
    return TRUE;
  if (!latent_op_check_input (node, 1, "roi", error) ||
      !latent_op_check_type (node, 1, "roi", LATENT_TYPES_F32, error))
    return FALSE;
  const LatentShape *shape = latent_op_get_shape (node, 1);
  if (shape->n == 1 && shape->dims[0] == 2 * (gint64)params->n_axes)
    return TRUE;
  wanted = g_strdup_printf ("%u numbers", 2 * params->n_axes);
  latent_op_set_shape_error (error, "roi", wanted, shape);
  return FALSE;
}

gboolean
latent_resize_get_params (const LatentNode *node, LatentResizeParams *params, GError **error)
{
  const LatentShape *src = latent_op_get_shape (node, 0);

  *params = (LatentResizeParams){.src = *src, .dst = *src};
  for (guint i = 0; i < src->n; i++)
    params->scales[i] = 1;
  return read_modes (node, params, error) && read_axes (node, params, error) &&
         read_sizes (node, params, error) && check_region (node, params, error) &&
         (params->mode == LATENT_RESIZE_NEAREST ||
             latent_op_check_type (node, 0, "input (not nearest)", LATENT_TYPES_F32, error));
}
