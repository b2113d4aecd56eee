package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/event"
	"entente/internal/report"
	"entente/internal/source"
	"entente/internal/triage"
)

type eventsOptions struct {
	records recordOptions
	read    readOptions
	fields  []string
	format  string
	pretty  bool
	origin  bool
	limit   int64
	quiet   bool
}

var eventsFormats = []string{"jsonl", "csv"}

func newEventsCmd(env Env) *cobra.Command {
	var o eventsOptions
	c := &cobra.Command{
		Use:   "events [flags] PATH…",
		Short: "Print logs of any format as JSON lines",
		Long: `Print the records of logs of any format as JSON, one record a line.

` + describeInputs + `

Each record is one flat object: first its envelope (Windows: Provider_Name, EventID, TimeCreated, Channel,
Computer…), then its data under the names that hunters and rules use. A field with several values is an array;
members of nested objects are named outer.inner. What is printed can be read again by every verb.

The order is that of the inputs: as they were given, folders sorted by name. Damage is reported on standard error with
file and byte, and what is whole around it is printed.

Exit codes: 0 done, 1 no input could be read, or not all of it because of a limit, 2 wrong usage, 130 interrupted.`,
		Example: `  entente events --id 4624 Security.evtx | jq -r .TargetUserName
  entente events --id 1,3 --channel sysmon --since 7d evidence.zip
  entente events --format csv --fields UtcTime,Image,CommandLine --id 1 logs/ > processes.csv
  zcat access.log.gz | entente events --limit 10 --pretty -`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return runEvents(c.Context(), env, &o, args) },
	}
	f := c.Flags()
	o.records.register(f)
	o.read.register(f)
	f.StringArrayVar(&o.fields, "fields", nil, "only these `FIELDS`, in this order: NAME[,NAME…]; records with none of them are left out")
	f.StringVarP(&o.format, "format", "f", "jsonl", "jsonl or csv")
	f.BoolVar(&o.pretty, "pretty", false, "indent the JSON, one field a line")
	f.BoolVar(&o.origin, "origin", false, "add _file, _offset and _source to each record, and _carved to one from slack space")
	f.Int64VarP(&o.limit, "limit", "n", 0, "stop after this `NUMBER` of records; 0 is none")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress, no warnings")
	registerCompletion(c, "format", eventsFormats)
	registerReadCompletion(c)
	return c
}

func runEvents(ctx context.Context, env Env, o *eventsOptions, args []string) error {
	if err := needPaths("events", args); err != nil {
		return err
	}
	po := triage.PrintOptions{Limit: o.limit}
	var err error
	if po.Filter, err = o.records.filter(time.Now()); err != nil {
		return err
	}
	if po.Read, err = o.read.options(); err != nil {
		return err
	}
	fields := splitList(o.fields)
	switch {
	case o.limit < 0:
		return usagef("--limit must not be negative")
	case o.format == "csv" && o.pretty:
		return usagef("--pretty is for JSON: leave out --format csv")
	case o.format == "csv":
		if err := writeAll(env, report.AppendCSVRow(nil, csvHeader(fields)...)); err != nil {
			return pipeEnd(err)
		}
		po.NewFormat = func() triage.Format { return csvEvents(fields) }
	case o.format != "jsonl":
		return usagef("there is no format %q\nhint: jsonl or csv", o.format)
	default:
		po.NewFormat = func() triage.Format {
			format := triage.JSONLines(triage.JSONOptions{Fields: fields, Origin: o.origin})
			if o.pretty {
				format = indented(format)
			}
			return format
		}
	}
	r := newReading(env, &po.Read, readingOptions{
		noBar: o.quiet || stdoutShown(env), noTroubles: o.quiet, as: o.read.as, timed: po.Filter.Timed(),
		nameless: nameless(&po.Filter, o.quiet), noun: "record", hosts: po.Filter.Hosts,
	})
	_, err = triage.Print(ctx, args, po, env.Stdout)
	if err := r.end(err); err != nil {
		return err
	}
	return r.close(nil)
}

// indented spreads the objects that format writes over several lines.
func indented(format triage.Format) triage.Format {
	var line []byte
	var out bytes.Buffer
	return func(dst []byte, f *source.File, ev *event.Event) []byte {
		line = format(line[:0], f, ev)
		if len(line) == 0 {
			return dst
		}
		out.Reset()
		if err := json.Indent(&out, line, "", "  "); err != nil { // it is our own JSON
			return append(dst, line...)
		}
		return append(dst, out.Bytes()...)
	}
}

// csvEnvelope are the columns that every record has in a table.
var csvEnvelope = []string{"time", "host", "source", "channel", "provider", "event_id", "record_id", "file", "offset"}

// csvHeader is the first row: the envelope, then the fields, or the whole record as JSON where none are chosen.
func csvHeader(fields []string) []string {
	header := append([]string(nil), csvEnvelope...)
	if len(fields) == 0 {
		return append(header, "event")
	}
	return append(header, fields...)
}

// csvEvents writes rows under csvHeader.
func csvEvents(fields []string) triage.Format {
	var (
		cells []string
		enc   event.JSONEncoder
		text  []byte
	)
	values := triage.NewFields(fields)
	return func(dst []byte, f *source.File, ev *event.Event) []byte {
		cells = append(cells[:0], "", ev.Host, string(ev.Source), ev.Channel, ev.Provider, "", "", f.Name, strconv.FormatInt(ev.Offset, 10))
		if ev.HasTime {
			cells[0] = string(event.AppendTime(nil, ev.When()))
		}
		if ev.EventID != 0 {
			cells[5] = strconv.FormatUint(uint64(ev.EventID), 10)
		}
		if ev.HasRecordID {
			cells[6] = strconv.FormatUint(ev.RecordID, 10)
		}
		if len(fields) == 0 {
			text = enc.AppendJSON(text[:0], ev)
			return report.AppendCSVRow(dst, append(cells, string(text))...)
		}
		row, some := values.Texts(ev)
		if !some {
			return dst
		}
		return report.AppendCSVRow(dst, append(cells, row...)...)
	}
}
