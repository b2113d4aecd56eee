package cli

import (
	"os"
	"os/exec"
	"testing"
)

// secondVerifier runs e2e/verify.py over a release, and demands that it ends with the same exit code as entente verify.
func secondVerifier(t *testing.T, dir, root string, want int) {
	t.Helper()
	t.Run("second verifier", func(t *testing.T) {
		for _, py := range []string{os.Getenv("ENTENTE_TEST_PYTHON"), "python3", "/usr/bin/python3"} {
			if py == "" || exec.CommandContext(t.Context(), py, "-c", "import sys, cryptography; assert sys.version_info >= (3, 9)").Run() != nil {
				continue
			}
			c := exec.CommandContext(t.Context(), py, "-B", "../../e2e/verify.py", dir, "--root", root)
			out, err := c.CombinedOutput()
			if got := c.ProcessState.ExitCode(); got != want {
				t.Errorf("exit code %d, want %d: %v\n%s", got, want, err, out)
			}
			return
		}
		t.Skip("there is no python3 with the package cryptography (Debian: python3-cryptography)")
	})
}
