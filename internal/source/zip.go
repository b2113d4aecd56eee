package source

import (
	"archive/zip"
	"bufio"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// zstdOptions keep a decoder to one goroutine and to the memory that frames of sane programs need.
func zstdOptions() []zstd.DOption {
	return []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(128 << 20)}
}

// inflaters reuses the state of deflate, which is larger than many a member.
type inflaters struct{ free []*inflater }

type inflater struct {
	home *inflaters
	in   *bufio.Reader
	z    io.ReadCloser
}

func (p *inflaters) open(r io.Reader) io.ReadCloser {
	if n := len(p.free); n > 0 {
		f := p.free[n-1]
		p.free = p.free[:n-1]
		f.in.Reset(r)
		if z, ok := f.z.(flate.Resetter); ok && z.Reset(f.in, nil) == nil {
			return f
		}
	}
	in := bufio.NewReaderSize(r, 32<<10)
	return &inflater{home: p, in: in, z: flate.NewReader(in)}
}

// openBare returns an inflater that reads no byte of r beyond its data.
func (p *inflaters) openBare(r interface {
	io.Reader
	io.ByteReader
},
) io.ReadCloser {
	return &inflater{z: flate.NewReader(r)}
}

// Read implements [io.Reader].
func (f *inflater) Read(p []byte) (int, error) { return f.z.Read(p) }

// Close implements [io.Closer]; the inflater may be handed out again.
func (f *inflater) Close() error {
	if f.home != nil {
		f.home.free = append(f.home.free, f)
	}
	return nil
}

func (o *opener) zip(ctx context.Context, c container) error {
	at, size := c.at, c.size
	if at == nil {
		var (
			done       func()
			short, err error
		)
		at, size, done, short, err = spool(c.r)
		if done != nil {
			defer done()
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			o.skip(Skipped{File: c.name, Reason: whyNot(err), Named: c.named})
			return nil
		case errors.Is(short, errBomb):
			o.skip(c.rest(short))
			return nil
		case short != nil:
			o.warn(Warning{File: c.name, Offset: size, Message: "the rest of the archive cannot be read: " + whyNot(short)})
		}
	}
	z, err := zip.NewReader(at, size)
	if err != nil {
		return o.scanZip(ctx, c, at, size)
	}
	if what := document(z); what != "" && o.as == nil {
		o.skip(Skipped{File: c.name, Reason: what, Named: c.named})
		return nil
	}
	z.RegisterDecompressor(zip.Deflate, o.zips.open)
	z.RegisterDecompressor(zipBzip2, func(r io.Reader) io.ReadCloser { return io.NopCloser(bzip2.NewReader(r)) })
	z.RegisterDecompressor(zstd.ZipMethodWinZip, zstd.ZipDecompressor(zstdOptions()...))
	files := 0
	for _, f := range z.File {
		if f.Mode().IsDir() || strings.HasSuffix(f.Name, "/") {
			continue
		}
		if over := c.x.ended(); over != nil {
			o.skip(c.rest(over))
			return nil
		}
		files++
		if err := o.member(ctx, c, f); err != nil {
			return err
		}
	}
	if files == 0 {
		o.skip(Skipped{File: c.name, Reason: "archive without files", Named: c.named})
	}
	return nil
}

const zipBzip2 = 12 // APPNOTE 4.4.5

func (o *opener) member(ctx context.Context, c container, f *zip.File) error {
	name := c.name + "!" + printable(f.Name)
	mode := f.Mode()
	switch {
	case mode.Type()&^fs.ModeIrregular != 0:
		o.skip(Skipped{File: name, Reason: special(mode)})
		return nil
	case f.Flags&1 != 0:
		o.skip(Skipped{File: name, Reason: "encrypted: unpack it first"})
		return nil
	}
	r, err := f.Open()
	if err != nil {
		reason := "damaged: " + err.Error()
		if errors.Is(err, zip.ErrAlgorithm) {
			reason = fmt.Sprintf("zip method %d is not supported: unpack it first", f.Method)
		}
		o.skip(Skipped{File: name, Reason: reason})
		return nil
	}
	defer func() { _ = r.Close() }() // it was only read
	m := container{name: name, path: c.path, size: int64(min(f.UncompressedSize64, 1<<62)), depth: c.depth + 1, x: c.x}
	m.when = f.Modified
	m.r = c.x.reader(&wordedReader{r: r, what: "zip"})
	if o.ahead && f.UncompressedSize64 > aheadLen {
		a := readAhead(ctx, m.r, false)
		defer a.close()
		m.r = a
	}
	return o.content(ctx, m)
}

// document says what a zip archive is that is no archive of logs.
func document(z *zip.Reader) string {
	for i, f := range z.File {
		switch {
		case i >= 50:
			return ""
		case f.Name == "[Content_Types].xml":
			return "Office document or package"
		case f.Name == "mimetype":
			return "OpenDocument or e-book"
		case f.Name == "AndroidManifest.xml":
			return "Android program"
		case f.Name == "META-INF/MANIFEST.MF":
			return "Java program"
		}
	}
	return ""
}
