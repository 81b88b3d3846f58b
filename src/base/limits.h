/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What an untrusted file may ask for. Errors that come from one of these name it
 * (LATENT_ERROR_LIMIT). */
#define LATENT_LIMIT_FILE_BYTES     (2147483647u) /* a protobuf message is smaller than 2 GiB */
#define LATENT_LIMIT_MESSAGES       100000        /* protobuf messages in a model */
#define LATENT_LIMIT_NESTING        64            /* protobuf messages in one another */
#define LATENT_LIMIT_PARSER_BYTES   (16u << 20)   /* that its parser takes, beside twice the file */
#define LATENT_LIMIT_NODES          20000         /* nodes of a graph */
#define LATENT_LIMIT_VALUES         50000         /* tensors of a graph, constants among them */
#define LATENT_LIMIT_NODE_ARGUMENTS 4096          /* inputs, or outputs, of a node */
#define LATENT_LIMIT_ATTRIBUTES     256           /* attributes of a node */
#define LATENT_LIMIT_METADATA       1000          /* keys of a model */
#define LATENT_LIMIT_FOLDER_MODELS  10000         /* files of a folder that is looked through */
#define LATENT_LIMIT_LATENTS        64            /* names in latent.tensor */
#define LATENT_LIMIT_STATES         256           /* pairs in latent.state */
#define LATENT_LIMIT_TRIAL_SECONDS  10 /* of looking for the frame sizes that a net takes */
#define LATENT_LIMIT_TENSOR_BYTES   (G_GUINT64_CONSTANT (4) << 30) /* one tensor */
#define LATENT_LIMIT_FOLDED_BYTES   (16u << 20) /* constants that one compilation folds, and */
#define LATENT_LIMIT_FOLDED_RATIO   2           /* so many times the bytes of the model's own */
#define LATENT_LIMIT_FOLDED_MACS    (G_GUINT64_CONSTANT (1) << 32)  /* multiply-adds of folding */
#define LATENT_LIMIT_ARENA_BYTES    (G_GUINT64_CONSTANT (16) << 30) /* activations of one context */
#define LATENT_LIMIT_HEADER_BYTES   4096                            /* a sequence header */
#define LATENT_LIMIT_GRID_CHANNELS  8192                            /* of a stream's latents */
#define LATENT_LIMIT_GRID_SYMBOLS   (32u << 20)                     /* of one frame */
#define LATENT_LIMIT_SLICES         64                              /* of one frame */
#define LATENT_LIMIT_PICTURE_SIZE   (1u << 20)  /* width or height of a stream's pictures */
#define LATENT_LIMIT_STREAMS        16          /* of a .lat file */
#define LATENT_LIMIT_PACKET_BYTES   (16u << 20) /* one packet */
#define LATENT_LIMIT_BLOCK_BYTES    (32u << 20) /* packets of a file that are written at once */
#define LATENT_LIMIT_TABLE_BYTES    (64u << 10) /* what is said of them */
#define LATENT_LIMIT_TAG_BYTES      (64u << 10) /* tags of a file that are written at once */
#define LATENT_LIMIT_TAGS           1000        /* of a file */
#define LATENT_LIMIT_EMBEDDED_BYTES (64u << 20) /* a model within a file */
#define LATENT_LIMIT_INDEX_ENTRIES  (1u << 18)  /* of a file; spread where there are more */
#define LATENT_LIMIT_INDEX_BYTES    (8u << 20)  /* those entries, in the file */
#define LATENT_LIMIT_LATE_CHUNKS    64 /* tags and models behind packets that an index names */
#define LATENT_LIMIT_TIME           (G_GUINT64_CONSTANT (1) << 62) /* of packets, in nanoseconds */
#define LATENT_LIMIT_PRIOR_TEXT     (4u << 20)                     /* characters of latent.prior */
