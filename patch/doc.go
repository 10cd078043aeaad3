// Package patch is the road between pixels and tokens: crops, stretches,
// resampling, augmentation and the grid of patches. In that order an image goes
// through [Image.CenterCrop], [Stretch.Fill], [Resize], [Stretch.Apply],
// [Augment.Apply], [Mix.Apply] and [Grid.Extract]; [Preview] and [Overlay] show
// it to people.
//
// Images are planar float32 [C, H, W], each band row-major; y runs along the
// slow axis, in the order in which the file has it, so that row 0 of a FITS
// image is its first. Pixel positions are 0-based: the centre of the first
// pixel is 0.
//
// A patch is a vector ordered (band, y, x), which is the order of a
// convolution's weight [D, C, P, P] flattened, so that pretrained patch
// embeddings are used as they are. Patches run row-major over the image.
package patch
