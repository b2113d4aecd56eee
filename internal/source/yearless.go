package source

import (
	"fmt"
	"strconv"
	"time"
)

// Yearless finds the files whose records have no year in their times, and whose own time does not bear out the year that was
// taken from it: whoever writes a log changes its file with every record, so that the file's time is that of the last record,
// unless a copy has lost it. (A date in the file's name is not lost, and records of files that have one do not count.)
// Files of which only a part was read do not count either, for their last record is not known. One goroutine uses it.
type Yearless struct {
	records int64
	files   int
	first   *File
	newest  int64 // record of first

	file *File // at hand, and what is known of it
	yearless
}

// yearSlack is how far the time of a file may be from that of its last record: clocks and zones differ.
const yearSlack = 2 * 24 * time.Hour

// yearless is what a block says of the years in its file.
type yearless struct {
	n    int64 // records whose year was taken from the time of their file
	last int64 // time of the newest record of any kind; 0 where there is none
	part bool  // records were passed over
}

func (y *yearless) join(other yearless) {
	y.n += other.n
	y.last = max(y.last, other.last)
	y.part = y.part || other.part
}

// Add counts records of a file that have no year. The newest of its records, of whatever kind, is of that time in nanoseconds
// since 1970, 0 where none has a time; part says that some were not read. What there is of one file comes one after another.
func (y *Yearless) Add(f *File, records, newest int64, part bool) {
	if y.file != f {
		y.judge()
		y.file, y.yearless = f, yearless{}
	}
	if !f.stated {
		y.join(yearless{records, newest, part})
	}
}

// judge counts the file at hand if its time is no good.
func (y *Yearless) judge() {
	f := y.file
	if y.file = nil; f == nil || y.n == 0 || y.part || changed(f).Sub(time.Unix(0, y.last)) <= yearSlack {
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
