package advisory

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"
)

// Limits on archives, besides those of a pack ([maxFiles] and others).
const (
	maxArchive = maxUnpacked // of the archive itself
	// maxRatio is how many times its packed size a file may unpack to. Text of rules reaches 20.
	maxRatio = 200
	// ratioFloor lets small files of much repetition pass whatever their ratio.
	ratioFloor = 64 << 10
)

// ArchiveExt is how the name of an archive ends.
const ArchiveExt = ".entente.zip"

// ArchiveName is what `entente pack build` calls the archive of a pack.
func (m *Manifest) ArchiveName() string { return m.ID + "-" + m.Version + ArchiveExt }

// zipEpoch is the earliest date that a zip archive can state.
var zipEpoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// WriteArchive writes a pack as one file. The same files give the same bytes, wherever and whenever it is built.
// docs/formats/pack.md describes the archive.
func WriteArchive(w io.Writer, p *Pack) error {
	if !packID(p.Manifest.ID) {
		return fmt.Errorf("the pack's id %q cannot be the name of a folder", p.Manifest.ID)
	}
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestCompression) })
	for _, name := range p.files.names() {
		h := &zip.FileHeader{Name: p.Manifest.ID + "/" + name, Method: zip.Deflate}
		// Not Modified: that would add a field with the time in another form.
		h.ModifiedDate, h.ModifiedTime = dosDate(zipEpoch) //nolint:staticcheck // see above
		f, err := z.CreateHeader(h)
		if err != nil {
			return fmt.Errorf("write archive: %w", err)
		}
		if _, err := f.Write(p.files.data[name]); err != nil {
			return fmt.Errorf("write archive: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

// dosDate is a date and time as zip archives state it.
func dosDate(t time.Time) (date, clock uint16) {
	return uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9), uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
}

// ReadArchive is [Read] for an archive that is in memory. name is for messages.
func ReadArchive(data []byte, name string) (*Pack, Problems, error) {
	files, root, err := unpack(data)
	if err != nil {
		return nil, nil, fmt.Errorf("open pack: %s: %w", name, err)
	}
	if files.data[manifestFile] == nil {
		return nil, nil, fmt.Errorf("open pack: %s has no %s", name, manifestFile)
	}
	p, ps := load(files, name)
	if p.Manifest.ID != "" && p.Manifest.ID != root {
		ps = append(ps, Problem{
			Kind: KindFormat, File: manifestFile, Line: p.at.manifest["id"],
			Reason: fmt.Sprintf("the id is %q, and the archive's folder is %q", p.Manifest.ID, root),
		})
	}
	return p, ps.sorted(), nil
}

// readArchiveFile reads an archive from disk.
func readArchiveFile(name string) (*Pack, Problems, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("open pack: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(f, maxArchive+1))
	if err != nil {
		return nil, nil, fmt.Errorf("open pack: %w", err)
	}
	if len(data) > maxArchive {
		return nil, nil, fmt.Errorf("open pack: %s is larger than %d MiB", name, maxArchive>>20)
	}
	return ReadArchive(data, name)
}

// unpack reads the files of an archive and the name of the folder that they lie in. Any doubt about one file is an error
// about all: an archive that was built by the program has none.
func unpack(data []byte) (*fileSet, string, error) {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) { // something before it could be read as another format
		return nil, "", errors.New("this is no archive of a pack: it is no zip file")
	}
	// archive/zip allocates for each entry of the directory, so that is counted first.
	if n := bytes.Count(data, []byte("PK\x01\x02")); n > maxFiles+maxFiles/4 {
		return nil, "", fmt.Errorf("the pack holds more than %d files", maxFiles)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, "", fmt.Errorf("the zip file is damaged: %w", err)
	}
	if len(z.File) > maxFiles {
		return nil, "", fmt.Errorf("the pack holds more than %d files", maxFiles)
	}
	if len(z.File) == 0 {
		return nil, "", errors.New("the archive is empty")
	}
	s := newFileSet()
	root, _, _ := strings.Cut(z.File[0].Name, "/")
	if !packID(root) {
		return nil, "", fmt.Errorf("%q is no id of a pack: its files lie in a folder of that name", printName(root))
	}
	var declared uint64
	for _, f := range z.File {
		if folder, ok := strings.CutSuffix(f.Name, "/"); ok && f.UncompressedSize64 == 0 && f.Mode().IsDir() && checkName(folder) == nil {
			continue // other tools write entries for folders
		}
		if err := admitEntry(s, root, f); err != nil {
			return nil, "", fmt.Errorf("%s: %w", printName(f.Name), err)
		}
		if declared += f.UncompressedSize64; declared > maxUnpacked {
			return nil, "", fmt.Errorf("the pack is larger than %d MiB", maxUnpacked>>20)
		}
		if err := addEntry(s, strings.TrimPrefix(f.Name, root+"/"), f); err != nil {
			return nil, "", fmt.Errorf("%s: %w", printName(f.Name), err)
		}
	}
	return s, root, nil
}

// admitEntry says whether an entry of an archive can be a file of the pack.
func admitEntry(s *fileSet, root string, f *zip.File) error {
	if err := checkName(f.Name); err != nil {
		return err
	}
	mode := f.Mode()
	switch name, ok := strings.CutPrefix(f.Name, root+"/"); {
	case !ok:
		return fmt.Errorf("it lies outside of the folder %s", root)
	case mode&fs.ModeSymlink != 0:
		return errors.New("this is a symbolic link: a pack holds files only")
	case !mode.IsRegular():
		return errors.New("this is neither a file nor a folder")
	case f.Flags&0x1 != 0:
		return errors.New("it is encrypted")
	case !slices.Contains([]uint16{zip.Store, zip.Deflate}, f.Method):
		return fmt.Errorf("it is packed by method %d: deflate is the format's", f.Method)
	case f.UncompressedSize64 > maxFile:
		return fmt.Errorf("the file is larger than %d MiB", maxFile>>20)
	case f.UncompressedSize64 > ratioFloor && f.UncompressedSize64/maxRatio > f.CompressedSize64:
		return fmt.Errorf("it unpacks to more than %d times its size", maxRatio)
	default:
		return s.admit(name)
	}
}

// addEntry unpacks one file. What the archive says of its size is not relied on.
func addEntry(s *fileSet, name string, f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("it cannot be unpacked: %w", err)
	}
	defer r.Close() //nolint:errcheck // only read
	if err := s.add(name, r); err != nil {
		return fmt.Errorf("it cannot be unpacked: %w", err)
	}
	if n := uint64(len(s.data[name])); n > ratioFloor && n/maxRatio > f.CompressedSize64 {
		return fmt.Errorf("it unpacks to more than %d times its size", maxRatio)
	}
	return nil
}

// printName makes a name from an archive safe to print.
func printName(s string) string { return shorten(quoteName(s), 120) }

func quoteName(s string) string {
	if checkName(s) == nil {
		return s
	}
	return fmt.Sprintf("%q", s)
}

// packID says that s is an id of a pack: lower-case letters, digits and hyphens, 2 to 64.
func packID(s string) bool { return len(s) >= 2 && identifier(s) }

// identifier says that s is made of lower-case letters, digits and hyphens, 1 to 64, and begins with none of the latter.
func identifier(s string) bool {
	if s == "" || len(s) > 64 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		if c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return !reserved(s)
}
