package source

import (
	"bytes"
	"strconv"
)

// kind is what the first bytes of a stream say about it, before any log format is asked.
type kind int

const (
	kindLog kind = iota // nothing that this table knows: let the formats look
	kindGzip
	kindZstd
	kindBzip2
	kindZip
	kindTar
	kindOther // known, and not something that can be read; kindOf says what
)

type signature struct {
	at    int
	magic string
	kind  kind
	what  string
}

// signatures are the magic numbers of containers, and of things that lie beside logs and are none.
var signatures = [...]signature{
	{0, "\x1f\x8b\x08", kindGzip, ""},
	{0, "\x28\xb5\x2f\xfd", kindZstd, ""},
	{0, "PK\x03\x04", kindZip, ""},
	{0, "PK\x05\x06", kindZip, ""},
	{0, "PK\x07\x08", kindOther, "part of a split zip archive: join the parts first"},
	{0, "\xfd7zXZ\x00", kindOther, "xz data is not supported: unpack it first"},
	{0, "7z\xbc\xaf\x27\x1c", kindOther, "7z archives are not supported: unpack it first"},
	{0, "\x04\x22\x4d\x18", kindOther, "lz4 data is not supported: unpack it first"},
	{0, "Rar!\x1a\x07", kindOther, "rar archives are not supported: unpack it first"},
	{0, "MSCF\x00\x00\x00\x00", kindOther, "cabinet archives are not supported: unpack it first"},
	{0, "LZIP", kindOther, "lzip data is not supported: unpack it first"},
	{0, "\xff\x06\x00\x00sNaPpY", kindOther, "snappy data is not supported: unpack it first"},
	{0, "\x1f\x9d", kindOther, "compress (.Z) data is not supported: unpack it first"},
	{0, "\x30\x00\x00\x00LfLe", kindOther, "event log of Windows XP or 2003 (.evt): export it as .evtx on a newer Windows"},
	{0, "LPKSHHRH", kindOther, "binary systemd journal: export it with journalctl -o json"},
	{0, "\xd4\xc3\xb2\xa1", kindOther, "packet capture (pcap)"},
	{0, "\xa1\xb2\xc3\xd4", kindOther, "packet capture (pcap)"},
	{0, "\x4d\x3c\xb2\xa1", kindOther, "packet capture (pcap)"},
	{0, "\xa1\xb2\x3c\x4d", kindOther, "packet capture (pcap)"},
	{0, "\x0a\x0d\x0d\x0a", kindOther, "packet capture (pcapng)"},
	{0, "%PDF-", kindOther, "PDF document"},
	{0, "{\\rtf", kindOther, "RTF document"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", kindOther, "Microsoft compound file (old Office document or installer)"},
	{0, "\x7fELF", kindOther, "program (ELF)"},
	{0, "\xcf\xfa\xed\xfe", kindOther, "program (Mach-O)"},
	{0, "\xca\xfe\xba\xbe", kindOther, "program (Java class or Mach-O)"},
	{0, "\x89PNG\r\n\x1a\n", kindOther, "picture (PNG)"},
	{0, "\xff\xd8\xff", kindOther, "picture (JPEG)"},
	{0, "GIF8", kindOther, "picture (GIF)"},
	{0, "SQLite format 3\x00", kindOther, "SQLite database"},
	{0, "regf", kindOther, "Windows registry hive"},
	{0, "MDMP", kindOther, "Windows memory dump"},
	{0, "PAGEDU", kindOther, "Windows memory dump"},
	{0, "SCCA", kindOther, "Windows prefetch file"},
	{4, "SCCA", kindOther, "Windows prefetch file"},
	{0, "MAM\x04", kindOther, "Windows prefetch file"},
	{0, "\x4c\x00\x00\x00\x01\x14\x02\x00", kindOther, "Windows shortcut"},
	{4, "\xef\xcd\xab\x89", kindOther, "ESE database"},
	{0, "PAR1", kindOther, "Parquet file: export it as JSON lines"},
	{0, "Obj\x01", kindOther, "Avro file: export it as JSON lines"},
	{0, "!<arch>\n", kindOther, "ar archive"},
	{0, "\x00\x05\x16\x07", kindOther, "file attributes of macOS"},
	{0, "bplist00", kindOther, "binary property list"},
	{257, "ustar", kindTar, ""},
}

// kindOf tells containers and known other things by their magic numbers. what says why a kindOther is not read.
func kindOf(prefix []byte) (k kind, what string) {
	for _, s := range signatures {
		if len(prefix) >= s.at+len(s.magic) && string(prefix[s.at:s.at+len(s.magic)]) == s.magic {
			return s.kind, s.what
		}
	}
	switch {
	case len(prefix) >= 10 && string(prefix[:3]) == "BZh" && prefix[3] >= '1' && prefix[3] <= '9' &&
		(string(prefix[4:10]) == "1AY&SY" || string(prefix[4:10]) == "\x17\x72\x45\x38\x50\x90"):
		return kindBzip2, ""
	case len(prefix) >= 4 && prefix[0]&0xF0 == 0x50 && string(prefix[1:4]) == "\x2a\x4d\x18":
		return kindZstd, "" // a skippable frame comes first
	case len(prefix) >= 64 && string(prefix[:2]) == "MZ" && bytes.IndexByte(prefix[:64], 0) >= 0:
		return kindOther, "program (Windows)"
	case oldTar(prefix):
		return kindTar, ""
	}
	if what, ok := IsReport(prefix); ok {
		return kindOther, what + ", and no log"
	}
	return kindLog, ""
}

// oldTar tells archives from before POSIX, which have no magic number, by the checksum of their first header.
func oldTar(prefix []byte) bool {
	if len(prefix) < 512 || prefix[0] == 0 {
		return false
	}
	field := bytes.Trim(prefix[148:156], " \x00")
	want, err := strconv.ParseUint(string(field), 8, 32)
	if err != nil {
		return false
	}
	var sum uint64
	for i, c := range prefix[:512] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += uint64(c)
	}
	return sum == want && bytes.IndexByte(prefix[:100], 0) > 0
}

// unknown says why a stream that no format recognises is not read.
func unknown(prefix []byte) string {
	if leadingZeroes(prefix) == len(prefix) {
		return "nothing but zero bytes at its start"
	}
	return "binary data of unknown kind"
}
