package fits

// compressionError is what reading a tile-compressed image (FITS Standard 4.0, section 10.1) gives: its header is
// understood, so IsImage, Shape, Header and WCS answer as for any image, but its tiles are not decoded.
func (h *HDU) compressionError() error {
	if h.shapeErr != nil {
		return h.shapeErr
	}
	kind, err := h.header.String("ZCMPTYPE")
	if err != nil {
		return err
	}
	return h.at.unsupported("ZCMPTYPE", "tile-compressed image (%s); unpack it first, with funpack for example", kind)
}
