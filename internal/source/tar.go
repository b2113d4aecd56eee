package source

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
)

// maxTarPadding is how much may stand behind the end of an archive.
const maxTarPadding = 16 << 20

// tar reads the members of a tar archive.
func (o *opener) tar(ctx context.Context, c container) error {
	tr := tar.NewReader(c.r)
	files := 0
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			// What packs the archive may still be damaged behind its end.
			if _, err := io.CopyN(io.Discard, c.r, maxTarPadding); err != nil && !errors.Is(err, io.EOF) && ctx.Err() == nil {
				o.warn(Warning{File: c.name, Offset: -1, Message: "damage behind the end of the tar archive: " + whyNot(err)})
			}
			if files == 0 {
				o.skip(Skipped{File: c.name, Reason: "archive without files", Named: c.named})
			}
			return nil
		}
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if over := c.x.ended(); over != nil {
				o.skip(c.rest(over))
				return nil
			}
			o.warn(Warning{File: c.name, Offset: -1, Message: fmt.Sprintf("tar archive is damaged after %d members, the rest is left out: %s", n, whyNot(err))})
			return nil
		}
		name := c.name + "!" + printable(h.Name)
		switch h.Typeflag {
		case tar.TypeReg, tar.TypeGNUSparse:
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		default:
			files++
			o.skip(Skipped{File: name, Reason: special(h.FileInfo().Mode())})
			continue
		}
		files++
		m := container{name: name, path: c.path, size: h.Size, when: h.ModTime, depth: c.depth + 1, x: c.x}
		m.r = c.x.reader(&wordedReader{r: tr, what: "tar"})
		if err := o.content(ctx, m); err != nil {
			return err
		}
	}
}
