package source

import (
	"fmt"
	"strconv"
	"time"
)

// Yearless finds the files whose records have no year in their times, and whose own time does not bear out the year that was
// taken from it: whoever writes a log changes its file with every record, so that the file's time is that of the last record,
// unless a copy has lost it. (A date in the file's name is not lost, and records of files that have one do not count.) One
// goroutine uses it.
type Yearless struct {
	records int64
	files   int
	first   *File
	newest  int64 // record of first

	file *File // at hand, and what is known of it
	n    int64
	last int64
}

// yearSlack is how far the time of a file may be from that of its last record: clocks and zones differ.
const yearSlack = 2 * 24 * time.Hour

// yearless are the records of a block whose year was taken from the time of their file.
type yearless struct{ n, newest int64 }

func (y *yearless) join(other yearless) {
	if other.n > 0 && (y.n == 0 || other.newest > y.newest) {
		y.newest = other.newest
	}
	y.n += other.n
}

// Add counts records of a file, the newest of which is of that time in nanoseconds since 1970. Those of one file come one
// after another.
func (y *Yearless) Add(f *File, records, newest int64) {
	if y.file != f {
		y.judge()
		y.file, y.n, y.last = f, 0, newest
	}
	if f.stated {
		return
	}
	y.n += records
	y.last = max(y.last, newest)
}

// judge counts the file at hand if its time is no good.
func (y *Yearless) judge() {
	f := y.file
	if y.file = nil; f == nil || y.n == 0 || changed(f).Sub(time.Unix(0, y.last)) <= yearSlack {
		return
	}
	if y.first == nil {
		y.first, y.newest = f, y.last
	}
	y.files++
	y.records += y.n
}

// changed is when a file was last changed, as far as years are taken from it.
func changed(f *File) time.Time {
	if f.ModTime.IsZero() {
		return time.Now()
	}
	return f.ModTime
}

// Warning says it, once for all files, when all of them have been added; ok is false where there is nothing to say.
func (y *Yearless) Warning() (w Warning, ok bool) {
	y.judge()
	if y.files == 0 {
		return Warning{}, false
	}
	records := strconv.FormatInt(y.records, 10) + " records"
	if y.records == 1 {
		records = "1 record"
	}
	it, its, in := "the file", "its", ""
	w = Warning{File: y.first.Name, Offset: -1}
	if y.files > 1 {
		w.File = ""
		it, its, in = y.first.Name, "the", fmt.Sprintf(" in %d files", y.files)
	}
	from := "the time of " + it + ", " + changed(y.first).UTC().Format("2 Jan 2006")
	if y.first.ModTime.IsZero() {
		from = "today's date"
	}
	w.Message = fmt.Sprintf("the times of %s%s have no year: it is taken from %s, but %s last record is of %s, so that it may be wrong",
		records, in, from, its, time.Unix(0, y.newest).UTC().Format("2 Jan"))
	return w, true
}
