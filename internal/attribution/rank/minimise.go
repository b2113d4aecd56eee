package rank

import "math"

// minimise looks for a minimum of f, which gives its value and its slopes, near x, by the method of Broyden, Fletcher, Goldfarb
// and Shanno. It is deterministic and ends after a fixed number of steps at most.
func minimise(x []float64, f func([]float64) (float64, []float64)) []float64 {
	n := len(x)
	x = append([]float64(nil), x...)
	inverse := identity(n)
	value, slope := f(x)
	for range iterations {
		step := make([]float64, n)
		descent := 0.0
		for i := range n {
			for j := range n {
				step[i] -= inverse[i][j] * slope[j]
			}
			descent += step[i] * slope[i]
		}
		if descent >= 0 { // the estimate of the curvature is no good
			inverse = identity(n)
			descent = 0
			for i := range n {
				step[i] = -slope[i]
				descent -= slope[i] * slope[i]
			}
		}
		if descent > -1e-10 {
			break
		}
		to := make([]float64, n)
		var after []float64
		length := 1.0
		for range 40 {
			for i := range n {
				to[i] = x[i] + length*step[i]
			}
			if v, slopes := f(to); v <= value+1e-4*length*descent {
				value, after = v, slopes
				break
			}
			length /= 2
		}
		if after == nil {
			break
		}
		update(inverse, x, to, slope, after)
		x, slope = to, after
	}
	return x
}

func identity(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
		m[i][i] = 1
	}
	return m
}

// update learns from a step what the inverse of the curvature is.
func update(inverse [][]float64, from, to, before, after []float64) {
	n := len(from)
	s, y, hy := make([]float64, n), make([]float64, n), make([]float64, n)
	sy, yhy := 0.0, 0.0
	for i := range n {
		s[i], y[i] = to[i]-from[i], after[i]-before[i]
		sy += s[i] * y[i]
	}
	if sy < 1e-12 || math.IsNaN(sy) {
		return
	}
	for i := range n {
		for j := range n {
			hy[i] += inverse[i][j] * y[j]
		}
		yhy += hy[i] * y[i]
	}
	for i := range n {
		for j := range n {
			inverse[i][j] += (1+yhy/sy)*s[i]*s[j]/sy - (hy[i]*s[j]+s[i]*hy[j])/sy
		}
	}
}
