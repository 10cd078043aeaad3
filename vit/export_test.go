package vit

// Kept is what the branches of a block were multiplied by for an image of the last batch.
func (t *Trainer) Kept(block, image int) [2]float32 { return t.ws.blocks[block].kept[image] }
