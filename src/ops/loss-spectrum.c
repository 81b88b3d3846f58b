/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include "src/base/parallel.h"
#include "src/ops/fourier.h"
#include "src/ops/loss.h"

/* SpectralError (y, target, weights, count): mean absolute difference in decibels of what two
 * sounds have at each frequency and time. y and target are windows x channels x samples, of which
 * `sequence` in a row make one stream. It is cut into frames of `size` samples (a power of 2), one
 * every `hop`, under a Hann window; P is the power at each of size / 2 + 1 frequencies, 1 for white
 * noise of variance 1, and the difference |10 log10 ((P_y + floor) / (P_target + floor))|. There
 * are no weights. */

/* ShapedError (y, target, weights, count): the mean of |Y - T|^2 x (ref / (P + floor))^shape over
 * the same frequencies and times, Y and T being both sounds' spectra, and P the mean of the
 * target's power over frequencies up to size / 64 away. With shape 0 it is the squared error. */

#define LEAST_SIZE 16
#define MOST_SIZE  2048
#define DECIBELS   4.342944819f /* of a natural logarithm */

typedef struct {
  guint size;
  gsize hop;
  gsize width;    /* samples of a window */
  gsize channels; /* of sound */
  gsize sequence; /* windows of a stream */
  gsize streams;  /* channels counted, those that count */
  gsize frames;   /* of a stream */
  float floor;
  float shape;
  float ref;
  const float *y;
  const float *target;
  const LatentComplex *roots;
  const float *window;
  double *sums; /* of streams */
  float *dst;   /* of a gradient */
  float factor;
} Job;

static gsize
count_frames (const LatentNode *node, guint first)
{
  const LatentShape *shape = latent_op_get_shape (node, first);
  gsize n = (gsize)shape->dims[2] * (gsize)latent_node_get_int (node, "sequence", 1);
  gsize size = (gsize)latent_node_get_int (node, "size", 0);

  return n < size ? 0 : (n - size) / (gsize)latent_node_get_int (node, "hop", 1) + 1;
}

static gboolean
check_attributes (const LatentNode *node, guint first, GError **error)
{
  gint64 size = latent_node_get_int (node, "size", 0);
  gint64 hop = latent_node_get_int (node, "hop", 1);
  gint64 sequence = latent_node_get_int (node, "sequence", 1);
  gint64 n = latent_op_get_shape (node, first)->dims[0];
  float least = latent_node_get_float (node, "floor", 1e-8f);

  if (size < LEAST_SIZE || size > MOST_SIZE || (size & (size - 1)) != 0 || hop < 1) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "frames of %" G_GINT64_FORMAT " samples, one every %" G_GINT64_FORMAT
        ": wanted is a power of 2 from %d to %d",
        size, hop, LEAST_SIZE, MOST_SIZE);
    return FALSE;
  }
  if (sequence < 1 || n % sequence != 0 || !(least > 0) || count_frames (node, first) == 0) {
    g_set_error (error, LATENT_ERROR, LATENT_ERROR_SHAPE,
        "%" G_GINT64_FORMAT " windows in sequences of %" G_GINT64_FORMAT
        " have no frames of %" G_GINT64_FORMAT " samples above %g",
        n, sequence, size, (double)least);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_sounds (const LatentNode *node, guint first, GError **error)
{
  return latent_loss_check (node, first, LATENT_TYPES_F32, error) &&
         latent_op_check_rank (node, first, "y", 3, 3, error) &&
         (latent_shape_equal (
              latent_op_get_shape (node, first), latent_op_get_shape (node, first + 1)) ||
             latent_op_check_shape (
                 node, first + 1, "target", latent_op_get_shape (node, first), error)) &&
         check_attributes (node, first, error);
}

static gboolean
infer_error (const LatentNode *node, GError **error)
{
  return check_sounds (node, 0, error) && latent_loss_set_scalar (node, 0, error);
}

static gboolean
infer_error_grad (const LatentNode *node, GError **error)
{
  return check_sounds (node, 1, error) && latent_op_set_output (node, 0, LATENT_DATA_TYPE_FLOAT32,
                                              latent_op_get_shape (node, 1), error);
}

/* Scratch: roots, window, sums. */
static gsize
measure_scratch (const LatentNode *node, guint first)
{
  const LatentShape *shape = latent_op_get_shape (node, first);
  gsize size = (gsize)latent_node_get_int (node, "size", 0);

  return size / 2 * sizeof (LatentComplex) + size * sizeof (float) +
         (gsize)(shape->dims[0] * shape->dims[1]) * sizeof (double);
}

static gsize
get_scratch_size (const LatentNode *node)
{
  return measure_scratch (node, 0);
}

static gsize
get_grad_scratch_size (const LatentNode *node)
{
  return measure_scratch (node, 1);
}

/* Of a Hann window, so that white noise of variance 1 has the power 1. */
static void
fill_window (float *window, guint size)
{
  double scale = sqrt (8. / 3. / size);

  for (guint i = 0; i < size; i++)
    window[i] = (float)(scale * pow (sin (G_PI * (i + 0.5) / size), 2));
}

/* y is input `first`. */
static Job
make_job (const LatentEval *eval, guint first)
{
  const LatentNode *node = eval->node;
  const LatentShape *shape = latent_op_get_shape (node, first);
  gsize count = latent_loss_get_count (
      latent_loss_get_view (eval, first + 3), (gsize)shape->dims[0]);
  Job job = {
      .size = (guint)latent_node_get_int (node, "size", 0),
      .hop = (gsize)latent_node_get_int (node, "hop", 1),
      .width = (gsize)shape->dims[2],
      .channels = (gsize)shape->dims[1],
      .sequence = (gsize)latent_node_get_int (node, "sequence", 1),
      .frames = count_frames (node, first),
      .floor = latent_node_get_float (node, "floor", 1e-8f),
      .shape = latent_node_get_float (node, "shape", 0),
      .ref = latent_node_get_float (node, "ref", 1),
      .y = eval->src[first].data,
      .target = eval->src[first + 1].data,
  };
  double *sums = eval->scratch;
  LatentComplex *roots = (LatentComplex *)(sums + shape->dims[0] * shape->dims[1]);
  float *window = (float *)(roots + job.size / 2);

  latent_fourier_fill_roots (roots, job.size);
  fill_window (window, job.size);
  job.streams = count / job.sequence * job.channels;
  job.sums = sums;
  job.roots = roots;
  job.window = window;
  return job;
}

/* Where sample i of a stream is. */
static inline gsize
get_place (const Job *job, gsize stream, gsize i)
{
  gsize line = (stream / job->channels * job->sequence + i / job->width) * job->channels +
               stream % job->channels;

  return line * job->width + i % job->width;
}

/* The spectra of both at once: y's samples are real parts, the target's imaginary ones. */
static void
transform (const Job *job, gsize stream, gsize begin, LatentComplex *data)
{
  for (guint i = 0; i < job->size; i++) {
    gsize at = get_place (job, stream, begin + i);
    data[i] = (LatentComplex){job->window[i] * job->y[at], job->window[i] * job->target[at]};
  }
  latent_fourier (data, job->size, job->roots);
}

/* Of frequency k: y's, and the target's power. */
static inline LatentComplex
split (const LatentComplex *data, guint size, guint k, float *power_of_target)
{
  LatentComplex a = data[k], b = data[(size - k) % size];
  LatentComplex y = {(a.re + b.re) / 2, (a.im - b.im) / 2};
  LatentComplex target = {(a.im + b.im) / 2, (b.re - a.re) / 2};

  *power_of_target = target.re * target.re + target.im * target.im;
  return y;
}

static void
sum_streams (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  LatentComplex spectrum[MOST_SIZE];

  for (gsize stream = begin; stream < end; stream++) {
    double sum = 0;
    for (gsize frame = 0; frame < job->frames; frame++) {
      transform (job, stream, frame * job->hop, spectrum);
      for (guint k = 0; k <= job->size / 2; k++) {
        float power;
        LatentComplex y = split (spectrum, job->size, k, &power);
        sum += (double)fabsf (
            logf ((y.re * y.re + y.im * y.im + job->floor) / (power + job->floor)));
      }
    }
    job->sums[stream] = sum;
  }
}

/* The derivatives by y's spectrum, conjugated so that transforming forward gives those by its
 * samples. */
static void
slope_spectrum (const Job *job, const LatentComplex *spectrum, LatentComplex *slopes)
{
  memset (slopes, 0, job->size * sizeof *slopes);
  for (guint k = 0; k <= job->size / 2; k++) {
    float power;
    LatentComplex y = split (spectrum, job->size, k, &power);
    float own = y.re * y.re + y.im * y.im;
    float slope = own == power ? 0 : copysignf (2 / (own + job->floor), own - power);
    slopes[k] = (LatentComplex){slope * y.re, -slope * y.im};
  }
}

static void
slope_streams (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  LatentComplex spectrum[MOST_SIZE], slopes[MOST_SIZE];

  for (gsize stream = begin; stream < end; stream++)
    for (gsize frame = 0; frame < job->frames; frame++) {
      transform (job, stream, frame * job->hop, spectrum);
      slope_spectrum (job, spectrum, slopes);
      latent_fourier (slopes, job->size, job->roots);
      for (guint i = 0; i < job->size; i++)
        job->dst[get_place (job, stream, frame * job->hop + i)] += job->factor * job->window[i] *
                                                                   slopes[i].re;
    }
}

/* The spectra of the difference and the target. */
static void
transform_difference (const Job *job, gsize stream, gsize begin, LatentComplex *data)
{
  for (guint i = 0; i < job->size; i++) {
    gsize at = get_place (job, stream, begin + i);
    data[i] = (LatentComplex){
        job->window[i] * (job->y[at] - job->target[at]), job->window[i] * job->target[at]};
  }
  latent_fourier (data, job->size, job->roots);
}

/* What the square of the difference counts at each frequency. */
static void
fill_shape (const Job *job, const LatentComplex *spectrum, float *weights)
{
  float sums[MOST_SIZE / 2 + 2] = {0};
  guint n = job->size / 2 + 1, near = job->size / 64;

  for (guint k = 0; k < n; k++) {
    float power;
    split (spectrum, job->size, k, &power);
    sums[k + 1] = sums[k] + power;
  }
  for (guint k = 0; k < n; k++) {
    guint begin = k > near ? k - near : 0, end = MIN (k + near + 1, n);
    float mean = MAX (sums[end] - sums[begin], 0) / (float)(end - begin);
    weights[k] = powf (job->ref / (mean + job->floor), job->shape);
  }
}

static void
sum_shaped (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  LatentComplex spectrum[MOST_SIZE];
  float weights[MOST_SIZE / 2 + 1];

  for (gsize stream = begin; stream < end; stream++) {
    double sum = 0;
    for (gsize frame = 0; frame < job->frames; frame++) {
      transform_difference (job, stream, frame * job->hop, spectrum);
      fill_shape (job, spectrum, weights);
      for (guint k = 0; k <= job->size / 2; k++) {
        float power;
        LatentComplex error = split (spectrum, job->size, k, &power);
        sum += (double)(weights[k] * (error.re * error.re + error.im * error.im));
      }
    }
    job->sums[stream] = sum;
  }
}

/* As slope_streams(). */
static void
slope_shaped (gsize begin, gsize end, gpointer data)
{
  const Job *job = data;
  LatentComplex spectrum[MOST_SIZE], slopes[MOST_SIZE];
  float weights[MOST_SIZE / 2 + 1];

  for (gsize stream = begin; stream < end; stream++)
    for (gsize frame = 0; frame < job->frames; frame++) {
      transform_difference (job, stream, frame * job->hop, spectrum);
      fill_shape (job, spectrum, weights);
      memset (slopes, 0, job->size * sizeof *slopes);
      for (guint k = 0; k <= job->size / 2; k++) {
        float power;
        LatentComplex error = split (spectrum, job->size, k, &power);
        slopes[k] = (LatentComplex){2 * weights[k] * error.re, -2 * weights[k] * error.im};
      }
      latent_fourier (slopes, job->size, job->roots);
      for (guint i = 0; i < job->size; i++)
        job->dst[get_place (job, stream, frame * job->hop + i)] += job->factor * job->window[i] *
                                                                   slopes[i].re;
    }
}

/* What makes a mean of the sum over all. */
static double
get_scale (const Job *job)
{
  return 1 / (double)MAX (job->streams * job->frames * (job->size / 2 + 1), 1);
}

static void
eval_sum (const LatentEval *eval, LatentParallelFunc sum, double unit)
{
  Job job = make_job (eval, 0);

  latent_parallel (eval->threads, job.streams, 1, sum, &job);
  *(float *)eval->dst[0].data = (float)(unit * get_scale (&job) *
                                        latent_loss_sum (job.sums, job.streams));
}

static void
eval_slopes (const LatentEval *eval, LatentParallelFunc slope, double unit)
{
  Job job = make_job (eval, 1);

  job.dst = eval->dst[0].data;
  job.factor = (float)(unit * get_scale (&job) * latent_loss_get_slope (eval));
  memset (job.dst, 0, eval->dst[0].n * sizeof (float));
  latent_parallel (eval->threads, job.streams, 1, slope, &job);
}

static gboolean
eval_error (const LatentEval *eval, GError **error)
{
  eval_sum (eval, sum_streams, (double)DECIBELS);
  return TRUE;
}

static gboolean
eval_error_grad (const LatentEval *eval, GError **error)
{
  eval_slopes (eval, slope_streams, (double)DECIBELS);
  return TRUE;
}

static gboolean
eval_shaped (const LatentEval *eval, GError **error)
{
  eval_sum (eval, sum_shaped, 1);
  return TRUE;
}

static gboolean
eval_shaped_grad (const LatentEval *eval, GError **error)
{
  eval_slopes (eval, slope_shaped, 1);
  return TRUE;
}

/* clang-format off */
const LatentOp latent_ops_loss_spectrum[] = {
    {"SpectralError", LATENT_DOMAIN_TRAINING, 1, 1, 2, 4, 1, 1, LATENT_TYPES_F32,
     "size:i hop:i sequence:i floor:f", infer_error, eval_error, get_scratch_size,
     .gradient = latent_loss_gradient},
    {"SpectralErrorGrad", LATENT_DOMAIN_TRAINING, 1, 1, 3, 5, 1, 1, LATENT_TYPES_F32,
     "size:i hop:i sequence:i floor:f", infer_error_grad, eval_error_grad, get_grad_scratch_size},
    {"ShapedError", LATENT_DOMAIN_TRAINING, 1, 1, 2, 4, 1, 1, LATENT_TYPES_F32,
     "size:i hop:i sequence:i floor:f shape:f ref:f", infer_error, eval_shaped, get_scratch_size,
     .gradient = latent_loss_gradient},
    {"ShapedErrorGrad", LATENT_DOMAIN_TRAINING, 1, 1, 3, 5, 1, 1, LATENT_TYPES_F32,
     "size:i hop:i sequence:i floor:f shape:f ref:f", infer_error_grad, eval_shaped_grad,
     get_grad_scratch_size},
    {0},
};
/* clang-format on */
