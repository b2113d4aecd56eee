package rank

// Fitted are the constants that Rank uses. They were found by [Fit] on the public half of the reports, as
// `entente attribution eval --cross-validate` prints them.
func Fitted() Params {
	return Params{
		TechniqueOdds: -2.233, TechniqueRarity: 0.510, SoftwareOdds: -3.392, SoftwareRarity: 1.071, Size: -0.436,
		Prior: 0.916, Fade: 1.173, Scale: 1.525, Length: -0.499,
		Shift: -0.695, Slope: 0.642, Trust: 1.543, None: 2.721, Lead: 0.355, Explained: 2.668,
	}
}
