package rank

// Fitted are the constants that Rank uses. They were found by [Fit] on the public half of the cases, as
// `entente attribution eval --cross-validate` prints them.
func Fitted() Params {
	return Params{
		TechniqueOdds: -2.262, TechniqueRarity: 0.451, SoftwareOdds: -3.175, SoftwareRarity: 0.956, Size: -0.278,
		Prior: 0.327, Fade: 1.240, Scale: 1.583, Length: -0.566,
		Shift: 0.034, Slope: 0.744, None: 2.553, Lead: 0.350, Explained: 2.408,
	}
}
