/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/gradient-cases.h"

/* 3 steps of 2 sequences of 3 numbers, 2 hidden, but for those of activations with a kink. */
#define X        "x:3x2x3; "
#define RNN      "w:1x2x3; wr:1x2x2; wb:1x4; "
#define GRU      "w:1x6x3; wr:1x6x2; wb:1x12; "
#define LSTM     "w:1x8x3; wr:1x8x2; wb:1x16; "
#define TWO_RNN  "w:2x2x3; wr:2x2x2; wb:2x4; "
#define TWO_GRU  "w:2x6x3; wr:2x6x2; wb:2x12; "
#define TWO_LSTM "w:2x8x3; wr:2x8x2; wb:2x16; "
#define H        "h:1x2x2; "
#define TWO_H    "h:2x2x2; "
#define C        "c:1x2x2; "
#define TWO_C    "c:2x2x2; "

const GradientCase gradient_cases_recurrent[] = {
    {"RNN",                                                               X RNN H "y,yh=RNN(x,w,wr,wb,,h)"},
    {"RNN, Relu",                                                                   X "w:1x2x3 0.1..1; wr:1x2x2 0.1..1; wb:1x4 2..3; "
                    "y,yh=RNN(x,w,wr,wb) activations:S=Relu"},
    {"RNN, reverse",        X RNN H "y,yh=RNN(x,w,wr,wb,,h) direction:s=reverse"},
    {"RNN, two directions",                                                      X TWO_RNN TWO_H "y,yh=RNN(x,w,wr,wb,,h) direction:s=bidirectional"},
    {"GRU",                                                                   X GRU H "y,yh=GRU(x,w,wr,wb,,h)"},
    {"GRU, last state alone",X GRU ",yh=GRU(x,w,wr,wb)"},
    {"GRU, no bias",                                                               X "w:1x6x3; wr:1x6x2; y=GRU(x,w,wr)"},
    {"GRU, reverse",                                                                   X GRU H "y,yh=GRU(x,w,wr,wb,,h) direction:s=reverse"},
    {"GRU, two directions",                                                                                              X TWO_GRU TWO_H "y,yh=GRU(x,w,wr,wb,,h) direction:s=bidirectional"},
    {"GRU, linear",                                                      X GRU H "y,yh=GRU(x,w,wr,wb,,h) linear_before_reset:i=1"},
    {"GRU, linear, two directions",
     X TWO_GRU TWO_H "y,yh=GRU(x,w,wr,wb,,h) linear_before_reset:i=1 direction:s=bidirectional"},
    {"GRU, layout 1","x:2x3x3; " GRU "h:2x1x2; y,yh=GRU(x,w,wr,wb,,h) layout:i=1"},
    {"GRU, lengths",                                               X GRU H "n#3,1; l=Cast(n) to:i=6; y,yh=GRU(x,w,wr,wb,l,h)"},
    {"LSTM",                                                                   X LSTM H C "y,yh,yc=LSTM(x,w,wr,wb,,h,c)"},
    {"LSTM, no states",X LSTM "y=LSTM(x,w,wr,wb)"},
    {"LSTM, cell state alone",                                       X "w:1x8x3; wr:1x8x2; " H ",,yc=LSTM(x,w,wr,,,h)"},
    {"LSTM, reverse",                                                                   X LSTM H C "y,yh,yc=LSTM(x,w,wr,wb,,h,c) direction:s=reverse"},
    {"LSTM, two directions",
     X TWO_LSTM TWO_H TWO_C "y,yh,yc=LSTM(x,w,wr,wb,,h,c) direction:s=bidirectional"},
    {"LSTM, layout 1, two directions",
     "x:2x3x3; " TWO_LSTM "h:2x2x2; c:2x2x2; "
        "y,yh,yc=LSTM(x,w,wr,wb,,h,c) layout:i=1 direction:s=bidirectional"},
    {"LSTM, lengths, reverse",
     X LSTM H C "n#1,2; l=Cast(n) to:i=6; y,yh,yc=LSTM(x,w,wr,wb,l,h,c) direction:s=reverse"},
    {0},
};
