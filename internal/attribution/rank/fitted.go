package rank

// Fitted are the constants that Rank uses. They were found by [Fit] on the public half of the reports, as
// `entente attribution eval --cross-validate` prints them.
func Fitted() Params {
	return Params{
		TechniqueOdds: -2.102, TechniqueRarity: 0.544, SoftwareOdds: -3.535, SoftwareRarity: 1.220, Size: -0.754,
		Prior: 1.274, Fade: 0.483, Scale: 1.161, Length: -0.212, Share: 3.247,
		Shift: -0.456, Slope: 0.716, Trust: 1.095, None: 2.714, Lead: 0.412, Explained: 2.392,
	}
}
