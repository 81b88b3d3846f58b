/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "src/train/recipe.h"

#define STRING LATENT_RECIPE_STRING
#define CHOICE LATENT_RECIPE_CHOICE
#define INT    LATENT_RECIPE_INT
#define DOUBLE LATENT_RECIPE_DOUBLE
#define BOOL   LATENT_RECIPE_BOOL
#define INTS   LATENT_RECIPE_INTS
#define SIZE   LATENT_RECIPE_SIZE

#define ACTIVATIONS "none|relu|leaky-relu|elu|gelu|silu|tanh|sigmoid|softplus"
#define DATA        "data"
#define MODEL       "model"
#define LOSS        "loss"
#define OPTIMISER   "optimiser"
#define OUTPUT      "output"

/* clang-format off */
static const LatentRecipeKey keys[] = {
  /* The samples. */
  {DATA, "input",           STRING, NULL, 0, 0, NULL, "What to learn from where no INPUT is given: inputs, apart by semicolons"},
  {DATA, "test",            STRING, NULL, 0, 0, NULL, "What to measure on: an input, or first:N or last:N to hold N samples of the input back"},
  {DATA, "labels",          STRING, NULL, 0, 0, NULL, "IDX or NPY file with the class (or the values) of each sample"},
  {DATA, "test-labels",     STRING, NULL, 0, 0, NULL, "The same for the test set where it is an input of its own"},
  {DATA, "few",             INT,    "0",  0, 1e6, NULL, "Take so many labelled samples of each class alone; 0: all"},
  {DATA, "format",          CHOICE, NULL, 0, 0, "RGB|GRAY8|I420", "What pictures become; without it uint8 arrays are vectors"},
  {DATA, "crop",            SIZE,   NULL, 8, 4096, NULL, "Learn from random pieces of pictures of this size"},
  {DATA, "halve",           BOOL,   "false", 0, 0, NULL, "Halve pictures (each 2x2 pixels averaged) before cropping"},
  {DATA, "flip",            BOOL,   "false", 0, 0, NULL, "Mirror half of the crops"},
  {DATA, "pairs",           BOOL,   "false", 0, 0, NULL, "Take consecutive frames in pairs, cropped alike"},
  {DATA, "crops",           INT,    "8",  1, 1024, NULL, "Crops from each picture"},
  {DATA, "every",           INT,    "1",  1, 1e9, NULL, "Take one frame of so many"},
  {DATA, "max-samples",     INT,    "0",  0, 1e15, NULL, "Take so many samples at most; 0: all"},
  {DATA, "shuffle",         INT,    "0",  0, 1e9, NULL, "Samples in the shuffle buffer; 0: what fits in 512 MiB"},
  {DATA, "window",          INT,    "0",  0, 1e6, NULL, "Sound: samples the net sees at once; 0: 1024"},
  {DATA, "hop",             INT,    "0",  0, 1e6, NULL, "Sound: new samples of a window; 0: all"},
  {DATA, "sample-rate",     INT,    "0",  0, 768000, NULL, "Sound: samples a second; 0: as it comes"},
  {DATA, "channels",        INT,    "0",  0, 64, NULL, "Sound: channels; 0: as it comes"},
  {DATA, "binarise",        BOOL,   "false", 0, 0, NULL, "Values of at least a half become 1, others 0"},
  {DATA, "noise",           DOUBLE, "0",  0, 10, NULL, "Denoising: deviation of the noise that is added to the input alone"},
  {DATA, "mask",            DOUBLE, "0",  0, 0.99, NULL, "Denoising: share of the input's elements that are set to 0"},
  {DATA, "moving",          DOUBLE, "0",  0, 1000, NULL, "Weight that moving pixels have above others'; needs pairs, or a fixed camera"},
  {DATA, "sequence",        INT,    "0",  0, 65536, NULL, "Predict: latents in a row that one sample has; sound: windows in a row that are heard as one"},
  {DATA, "gain",            DOUBLE, "0",  0, 60, NULL, "Sound in sequences: louder or softer at random by so many decibels at most"},
  /* The net. */
  {MODEL, "arch",           CHOICE, "dense", 0, 0, "linear|dense|conv|lapped|vae|transformer", "Kind of net; vae is of dense layers where hidden is set or samples are vectors, else of convolutions"},
  {MODEL, "task",           CHOICE, "autoencode", 0, 0, "autoencode|predict|classify|regress", "What it is for"},
  {MODEL, "init",           STRING, NULL, 0, 0, NULL, "Start from: pca, or a model file"},
  {MODEL, "latent",         INT,    "32", 1, 65536, NULL, "Latents: of a vector or token, or channels of a fully convolutional net"},
  {MODEL, "hidden",         INTS,   NULL, 1, 65536, NULL, "Sizes of hidden layers, the encoder's; the decoder mirrors them"},
  {MODEL, "activation",     CHOICE, "relu", 0, 0, ACTIVATIONS, "Of hidden layers"},
  {MODEL, "latent-activation", CHOICE, "none", 0, 0, ACTIVATIONS, "Of the latent (f1 of a net of one layer)"},
  {MODEL, "output-activation", CHOICE, "none", 0, 0, ACTIVATIONS, "Of the output (f2)"},
  {MODEL, "tied",           BOOL,   "false", 0, 0, NULL, "Linear: the decoder is the encoder transposed"},
  {MODEL, "conv-channels",  INTS,   "32,64", 1, 4096, NULL, "Conv: channels after each halving"},
  {MODEL, "kernel",         INT,    "3",  1, 31, NULL, "Conv: size of kernels, odd"},
  {MODEL, "patch",          INT,    "0",  0, 256, NULL, "Conv: pixels that the first layer gathers (space to depth), 0: none; transformer: pixels (or samples) a token each way"},
  {MODEL, "blocks",         INT,    "0",  0, 64, NULL, "Conv: residual blocks at each size"},
  {MODEL, "direct",         STRING, NULL, 0, 0, NULL, "Conv: linear path beside the convolutions: pca, components of the samples' tiles, or a model of latent pca --tile"},
  {MODEL, "refine",         INT,    "0",  0, 4096, NULL, "Conv: with direct, channels of convolutions over the decoded picture, instead of those on latents"},
  {MODEL, "flat",           BOOL,   "false", 0, 0, NULL, "Conv: one latent vector a picture (dense layers in the middle), of one size alone"},
  {MODEL, "context",        INT,    "0",  0, 16, NULL, "Lapped: windows before whose latents the decoder remembers"},
  {MODEL, "width",          INT,    "64", 1, 4096, NULL, "Transformer: numbers a token has inside"},
  {MODEL, "heads",          INT,    "4",  1, 64, NULL, "Transformer: attention heads"},
  {MODEL, "layers",         INT,    "2",  1, 64, NULL, "Transformer: blocks of the encoder, and of the decoder"},
  {MODEL, "positions",      CHOICE, "learned", 0, 0, "learned|sinusoidal", "Transformer: what tells places apart"},
  {MODEL, "per-token",      BOOL,   "false", 0, 0, NULL, "Transformer: `latent` numbers a token, instead of a sample"},
  {MODEL, "freeze-encoder", BOOL,   "false", 0, 0, NULL, "Learn what follows the latent alone"},
  {MODEL, "head-hidden",    INTS,   NULL, 1, 65536, NULL, "Hidden layers of a classifier or regressor"},
  /* What is minimised. */
  {LOSS, "loss",            STRING, "mse", 0, 0, NULL, "mse, l1, bce, categorical; or by ranges of elements: mse:0-16,bce:16-100; 0.5*mse is half of it"},
  {LOSS, "kl",              DOUBLE, NULL, 0, 1e6, NULL, "Weight of the variational KL term in nats; unset, 1 for vae"},
  {LOSS, "kl-warmup",       INT,    "0",  0, 1e9, NULL, "Steps over which kl rises from 0"},
  {LOSS, "rate",            DOUBLE, "0",  0, 1e6, NULL, "Weight of the bits an element; where steps are drawn, at a step of 1, elsewhere by the step's square"},
  {LOSS, "rate-context",    BOOL,   "false", 0, 0, NULL, "Count bits as a coder does that has seen the symbols around and those of channels before"},
  {LOSS, "spectral",        DOUBLE, "0",  0, 1e6, NULL, "Sound: weight of the error of spectra in decibels"},
  {LOSS, "shaped",          DOUBLE, "0",  0, 1e6, NULL, "Sound: weight of the squared error where the quiet counts for more: by a root of the power at a frequency"},
  {LOSS, "quantise",        DOUBLE, "0",  0, 1e6, NULL, "Step of the quantiser in training; 0: 1 with a rate, else none"},
  {LOSS, "quantise-max",    DOUBLE, "0",  0, 1e6, NULL, "Greatest step: each step of training draws one from quantise to this, so that the model serves all; 0: one alone"},
  {LOSS, "straight-through", DOUBLE, "0.5", 0, 1, NULL, "Share of the steps, the last ones, in which the decoder gets rounded latents instead of noisy ones"},
  {LOSS, "dead-zone",       DOUBLE, "0",  0, 0.5, NULL, "Where latents are rounded: by how much more than a half of a step one must be to count; the codec has 0.12"},
  /* How. */
  {OPTIMISER, "optimiser",  CHOICE, "adam", 0, 0, "sgd|momentum|adam|adamw", "Rule by which weights change"},
  {OPTIMISER, "lr",         DOUBLE, "0.001", 0, 1000, NULL, "Learning rate"},
  {OPTIMISER, "momentum",   DOUBLE, "0.9", 0, 1, NULL, "Of momentum"},
  {OPTIMISER, "beta1",      DOUBLE, "0.9", 0, 1, NULL, "Of adam and adamw"},
  {OPTIMISER, "beta2",      DOUBLE, "0.999", 0, 1, NULL, "Of adam and adamw"},
  {OPTIMISER, "epsilon",    DOUBLE, "1e-8", 0, 1, NULL, "Of adam and adamw"},
  {OPTIMISER, "weight-decay", DOUBLE, "0", 0, 1, NULL, "L2 term of the gradient; of adamw, apart from it. Weights alone, biases not"},
  {OPTIMISER, "schedule",   CHOICE, "constant", 0, 0, "constant|linear|cosine|step", "How the learning rate falls: linear and cosine to lr-end at the last step, step tenfold at 60 and 85 % of the steps"},
  {OPTIMISER, "lr-end",     DOUBLE, "0", 0, 1000, NULL, "Learning rate at the end of linear and cosine"},
  {OPTIMISER, "warmup",     INT,    "0", 0, 1e9, NULL, "Steps over which the learning rate rises from 0"},
  {OPTIMISER, "clip",       DOUBLE, "0", 0, 1e9, NULL, "Greatest norm of the gradient; 0: any"},
  {OPTIMISER, "ema",        DOUBLE, "0", 0, 0.999999, NULL, "Decay of the average of weights that is tested and kept; 0: none"},
  {OPTIMISER, "batch",      INT,    "64", 1, 65536, NULL, "Samples of a step"},
  {OPTIMISER, "epochs",     INT,    "10", 1, 1e9, NULL, "Times that all samples are seen; steps or minutes go before it"},
  {OPTIMISER, "steps",      INT,    "0", 0, 1e15, NULL, "Steps in all; 0: by epochs"},
  {OPTIMISER, "minutes",    DOUBLE, "0", 0, 1e6, NULL, "Time in all; 0: by steps or epochs"},
  {OPTIMISER, "seed",       INT,    "1", 0, 9e18, NULL, "Of all random numbers"},
  {OPTIMISER, "threads",    INT,    "0", 0, 1024, NULL, "0: all processors"},
  {OPTIMISER, "test-interval", INT, "0", 0, 1e15, NULL, "Steps between tests; 0: once an epoch"},
  {OPTIMISER, "patience",   INT,    "0", 0, 1e9, NULL, "Tests without a better loss until training stops; 0: never"},
  /* What comes out. */
  {OUTPUT, "output",        STRING, NULL, 0, 0, NULL, "Model file to write"},
  {OUTPUT, "checkpoint",    STRING, NULL, 0, 0, NULL, "Folder for checkpoints"},
  {OUTPUT, "checkpoint-interval", DOUBLE, "60", 1, 1e6, NULL, "Seconds between checkpoints"},
  {OUTPUT, "resume",        BOOL,   "false", 0, 0, NULL, "Go on from the checkpoint"},
  {OUTPUT, "curve",         STRING, NULL, 0, 0, NULL, "Picture (.png, .svg) or table (.csv) of the loss to write"},
  {NULL, NULL, STRING, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

const LatentRecipeKey *
latent_recipe_get_keys (void)
{
  return keys;
}
