package vit

import (
	"slices"

	"github.com/astrovit/astrovit/simd"
)

// Rollout is the attention rollout (Abnar & Zuidema 2020, arXiv:2005.00928,
// section 3) of each image of the last Forward on ws, a rollout workspace:
// the heads' mean with the identity added for the skip connection, each row
// normalised, multiplied over the blocks. It writes to maps [B, N patches] how
// much each patch reaches what the head sees: the class token's row, or the
// mean of the patches' rows.
func (m *Model) Rollout(ws *Workspace, maps []float32) {
	c := m.Config
	if !ws.keep || ws.scratch == nil {
		panic("vit: rollout needs a rollout workspace")
	}
	t, n := c.Tokens(), c.Grid.Patches()
	for image := range ws.batch {
		// Only the pooled row is wanted, so that a row vector goes down through
		// the blocks instead of a product of T x T matrices going up.
		row := make([]float64, t)
		if c.Pool == PoolClass {
			row[0] = 1
		} else {
			for i := c.prefix(); i < t; i++ {
				row[i] = 1 / float64(n)
			}
		}
		for _, a := range slices.Backward(ws.blocks) {
			next := make([]float64, t)
			for i, weight := range row {
				next[i] += 0.5 * weight
			}
			for h := range c.Heads {
				q := c.headView(a.qkv, image, 0, h)
				ws.scratch.keys.Pack(c.headView(a.qkv, image, 1, h), simd.TransB)
				for queries := range (span{0, t}).blocks(queryRows) {
					p := c.weights(ws.scratch, rowsOf(q, queries)).Data
					for i := range queries.len() {
						weight := 0.5 * row[queries.lo+i] / float64(c.Heads)
						for j, p := range p[i*t:][:t] {
							next[j] += weight * float64(p)
						}
					}
				}
			}
			row = next
		}
		for i := range n {
			maps[image*n+i] = float32(row[c.prefix()+i])
		}
	}
}
