package plane

// Linear is a linear map of the plane: the matrix {{∂mx/∂x, ∂mx/∂y}, {∂my/∂x, ∂my/∂y}}, for instance.
type Linear [2][2]float64

// Apply returns where a point comes to lie.
func (m Linear) Apply(x, y float64) (mx, my float64) {
	return m[0][0]*x + m[0][1]*y, m[1][0]*x + m[1][1]*y
}

// Determinant is the factor by which areas grow, negative where the map mirrors.
func (m Linear) Determinant() float64 { return m[0][0]*m[1][1] - m[0][1]*m[1][0] }

// Inverse returns the map back. Its elements are not all finite where there is none.
func (m Linear) Inverse() Linear {
	d := m.Determinant()
	return Linear{{m[1][1] / d, -m[0][1] / d}, {-m[1][0] / d, m[0][0] / d}}
}
