package store

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// told is an item whose bytes say everything that follows from them.
type told struct {
	ID, Type, Spec, Text, Creator     string
	Version, Created                  int64
	Label                             Label
	Revoked, Redacted, Granular, Part bool
	Parts                             uint8
}

func deriveTold(raw []byte, _ Label) (New, error) {
	var x told
	err := json.Unmarshal(raw, &x)
	return New{
		ID: x.ID, Type: x.Type, Spec: x.Spec, Version: time.UnixMicro(x.Version), VersionText: x.Text, Created: time.UnixMicro(x.Created),
		Creator: x.Creator, CreatorPart: x.Part, Revoked: x.Revoked, Redacted: x.Redacted, Granular: x.Granular, Parts: x.Parts, Class: Class{Label: x.Label},
	}, err
}

func TestWhatStandsBesideBytesIsCompared(t *testing.T) {
	onBothAt(t, Config{NoIndexer: true}, func(t *testing.T, s *Store) {
		t.Helper()
		w, ctx := newWorld(t, s), t.Context()
		add := func(x told) {
			n := must[New](t)(deriveTold(must[[]byte](t)(json.Marshal(x)), 0))
			n.Raw = must[[]byte](t)(json.Marshal(x))
			n.Collection, n.Class.Owner, n.Class.Submitter = w.collection.ID, w.a.ID, w.ann.ID
			must[[]Outcome](t)(s.Add(ctx, []New{n}))
		}
		red := told{ID: "note--1", Type: "note", Spec: "2.1", Text: "then", Version: 7, Created: 5, Creator: "identity--1", Label: Red}
		add(red)
		parts := told{ID: "note--2", Type: "note", Spec: "2.1", Text: "then", Version: 7, Label: Amber, Granular: true, Parts: 1 << Red}
		add(parts)
		red.Text = "again" // other bytes of the same version
		add(red)
		if problems := must[[]Problem](t)(s.Compare(ctx, deriveTold)); len(problems) > 0 {
			t.Fatal(problems)
		}
		change := func(statement string, args ...any) {
			t.Helper()
			if err := s.write(ctx, func(t *tx) error { _, err := t.exec(statement, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		for _, table := range []string{"items", "conflicts"} {
			for column, value := range map[string]any{
				"label": int64(Clear), "object": "note--3", "kind": "nota", "spec": int64(200), "version": int64(8), "version_text": "later", "created": int64(6),
				"creator": int64(1), "revoked": int64(1), "redacted": int64(1), "granular": int64(1 << Amber),
			} {
				if table == "conflicts" && strings.HasPrefix(column, "creat") {
					continue
				}
				change(`ALTER TABLE ` + table + ` ADD COLUMN was ` + map[bool]string{true: "TEXT", false: "BIGINT"}[column == "object" || column == "kind" || column == "version_text"])
				change(`UPDATE ` + table + ` SET was = ` + column)
				change(`UPDATE `+table+` SET `+column+` = $1 WHERE object = 'note--1'`, value)
				problems := must[[]Problem](t)(s.Compare(ctx, deriveTold))
				if len(problems) != 1 || !strings.HasPrefix(problems[0].Where, table) {
					t.Errorf("%s.%s: %v", table, column, problems)
				}
				change(`UPDATE ` + table + ` SET ` + column + ` = was`)
				change(`ALTER TABLE ` + table + ` DROP COLUMN was`)
			}
		}
		change(`UPDATE items SET created = 0, creator = 0`) // older than the columns
		change(`UPDATE items SET granular = 1 WHERE granular <> 0`)
		if problems := must[[]Problem](t)(s.Compare(ctx, deriveTold)); len(problems) > 0 {
			t.Error("of an older store: ", problems)
		}
		change(`UPDATE items SET label = 9 WHERE object = 'note--2'`)
		if problems := must[[]Problem](t)(s.Compare(ctx, deriveTold)); len(problems) != 1 {
			t.Error("a label that there is not: ", problems)
		}
	})
}
