package attack

import (
	"bytes"
	"compress/gzip"
	"testing"
)

func TestEncodeDecode(t *testing.T) {
	f := load(t, small)
	data, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if again.Version != f.Version || len(again.objects) != len(f.objects) || len(again.edges) != len(f.edges) {
		t.Fatalf("%d objects and %d edges became %d and %d", len(f.objects), len(f.edges), len(again.objects), len(again.edges))
	}
	for i, o := range f.objects {
		p := again.objects[i]
		if o.ID != p.ID || o.FullName() != p.FullName() || o.Status != p.Status || ids(o.Tactics) != ids(p.Tactics) ||
			ids(o.Formerly) != ids(p.Formerly) || o.Latest().ID != p.Latest().ID || o.First != p.First || o.order != p.order {
			t.Errorf("%+v became %+v", o, p)
		}
	}
	second, err := again.Encode()
	if err != nil || !bytes.Equal(data, second) {
		t.Errorf("encoding twice gives different bytes (%v)", err)
	}
}

func TestDecodeDamaged(t *testing.T) {
	data, err := load(t, small).Encode()
	if err != nil {
		t.Fatal(err)
	}
	plain := gunzip(t, data)
	for i := range plain {
		if _, err := Decode(gzipped(t, plain[:i])); err == nil {
			t.Errorf("cut off after %d bytes, it decodes", i)
		}
	}
	for _, in := range [][]byte{nil, []byte("x"), gzipped(t, []byte("other")), data[:len(data)-3]} {
		if _, err := Decode(in); err == nil {
			t.Errorf("%q decodes", in)
		}
	}
}

func FuzzDecode(f *testing.F) {
	facts, err := loadStrings(small)
	if err != nil {
		f.Fatal(err)
	}
	data, err := facts.Encode()
	if err != nil {
		f.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		f.Fatal(err)
	}
	var plain bytes.Buffer
	if _, err := plain.ReadFrom(z); err != nil {
		f.Fatal(err)
	}
	f.Add(plain.Bytes())
	f.Fuzz(func(t *testing.T, plain []byte) {
		if facts, err := Decode(gzipped(t, plain)); err == nil {
			for k := Technique; k <= DataComponent; k++ {
				for _, o := range facts.Objects(k) {
					facts.Sources(Uses, o)
					facts.Targets(Uses, o)
				}
			}
			facts.Matrix(Enterprise)
			facts.Search("x")
		}
	})
}

func gunzip(t *testing.T, data []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
