// Package vit is a Vision Transformer (Dosovitskiy et al. 2021,
// arXiv:2010.11929) and its training: forward, backward, losses and AdamW,
// written out layer by layer, without a tape.
//
// An image of C bands is cut into N patches of P numbers by [patch.Grid]. The
// model is then, for one image,
//
//	x  = [class; patches·Wᵀ + b] + positions                T x D
//	x += proj(softmax(Q·Kᵀ/√K)·V),  Q,K,V = qkv(LN(x))      Depth times,
//	x += fc2(GELU(fc1(LN(x))))                              each with its own weights
//	y  = head(LN(pool(x)))                                  N outputs
//
// where pool takes the class token's row or the mean over the patches. The
// options of [Config] change where the LayerNorms sit (post-LN, as in Vaswani
// et al. 2017, arXiv:1706.03762), what the positions are, and how it pools.
//
// Letters: B batch, T tokens (class token included), D width, H heads, K = D/H
// head width, F MLP width, P patch vector length, N classes or outputs, C bands.
// The shape of every slice parameter is in its comment; all are row-major.
//
// A model may also learn from images without labels, in an [Autoencoder].
//
// Every layer is a forward with its backward directly beneath. Layers are
// structs of weights only; what backward needs is kept in a [Workspace], planned
// once, so that one model serves many goroutines and a step allocates nothing.
// The gradient of x is called dx. Parameter gradients accumulate (+=), input
// gradients are overwritten (=).
//
// # Threads
//
// A batch is cut into chunks of whole images, which know nothing of each other
// until the gradients of the weights. A [Predictor] computes chunks from pixels
// to logits; nobody waits before the batch is done. A [Trainer] goes through the
// blocks in stages: the chunks' forward or backward of one block, and in
// backward the gradients of its weights, each cut into pieces that are summed
// over the whole batch in one product. Who is free takes the next chunk or piece
// ([simd.Workers]), and no bit depends on who that is: there are no sums between
// workers but those over chunks of fixed size, in their order.
//
// Why this should hold on a node of 128 cores, on paper, for ViT-S/16 (T 197, D
// 384, F 1536) with 512 images and 80 GFLOP/s a core:
//
//   - Work per synchronisation: a stage's forward is 24·T·D²·512 + 4·T²·D·512 =
//     390 GFLOP, 38 ms on 128 cores; the some 40 synchronisations of a step
//     cost microseconds each. 512 chunks on 128 cores leave none idle for long; 16
//     images would leave 112 of them without work, and so want fewer workers.
//   - Memory per worker: scratch for one chunk, (D+F)·T numbers and two blocks of
//     attention scores, 2 MiB. Weights, activations and gradients exist once.
//   - NUMA: in a stage a chunk reads and writes about 20·T·D numbers, 6 MB, for
//     0.76 GFLOP: even if all of it lay on another node that is 0.6 GB/s a core,
//     80 GB/s in all, within what two sockets exchange. The weights of a stage,
//     7 MiB, are read by all and fit into each node's cache. Pieces of weight
//     gradients are the hardest: a side of 96 gives 192 pieces, which each read
//     2·96 numbers a row for 2·96² flop, 24 flop a byte: 430 GB/s in all. There
//     memory may bound the step; it is a third of the work.
//
// Read config.go, params.go, block.go and model.go first, then trainer.go.
package vit
