package advisory

import "testing"

// TestCompareVersions: each version comes before the next.
func TestCompareVersions(t *testing.T) {
	versions := []string{
		"0.9.10", "1.0.0-1", "1.0.0-2", "1.0.0-11", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0",
		"1.0.1", "1.2.0", "1.10.0", "2.0.0-a", "2.0.0", "10.0.0", "99999999999999999999.0.0", "100000000000000000000.0.0",
	}
	for i, a := range versions {
		for j, b := range versions {
			got := compareVersions(a, b)
			if i < j && got >= 0 || i == j && got != 0 || i > j && got <= 0 {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
	if compareVersions("1.0.0+a", "1.0.0+b") != 0 {
		t.Error("what stands behind a + counts")
	}
}
