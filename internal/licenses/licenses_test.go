package licenses

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// The built-in table is good, and has what it is known for.
func TestBuiltIn(t *testing.T) {
	table := BuiltIn()
	if len(table.Rows()) < 60 {
		t.Errorf("it has %d rows", len(table.Rows()))
	}
	for part, want := range map[string]Row{
		"SPE_E3":                      {"Microsoft 365 E3", "SPE_E3", "05e9a617-0261-4cee-bb44-138d3ef5d965", "CFQ7TTC0LFLX", "0001", Agreed},
		"o365_business_premium":       {"Microsoft 365 Business Standard", "O365_BUSINESS_PREMIUM", "f245ecc8-75af-4f8e-b61f-27d8114de5f3", "CFQ7TTC0LDPB", "0001", Agreed}, // a trap
		" SPE_F1 ":                    {"Microsoft 365 F3", "SPE_F1", "66b55226-6b4f-492c-910c-a3b7a3c9d993", "CFQ7TTC0LH05", "0001", Agreed},                               // another
		"Microsoft_365_E5_(no_Teams)": {"Microsoft 365 E5 (no Teams)", "Microsoft_365_E5_(no_Teams)", "18a4bd3f-0b5b-4887-b04f-61dd0ee15f5e", "CFQ7TTC0LFLZ", "", Unknown},
	} {
		if rows := table.ByPartNumber(part); len(rows) != 1 || rows[0] != want {
			t.Errorf("%s: %+v", part, rows)
		}
		for _, id := range []string{want.SKUID, strings.ToUpper(want.SKUID), " {" + want.SKUID + "} "} {
			if rows := table.BySKUID(id); len(rows) != 1 || rows[0] != want {
				t.Errorf("%s: %+v", id, rows)
			}
		}
	}
	if rows := table.ByProduct("CFQ7TTC0LH1G"); len(rows) != 2 || rows[0].PartNumber != "O365_BUSINESS" || rows[1].PartNumber != "SMB_BUSINESS" {
		t.Errorf("one offer of two licenses has %+v", rows)
	}
	if table.BySKUID("") != nil || table.ByPartNumber("") != nil || table.ByProduct("") != nil {
		t.Error("nothing finds something")
	}
}

const (
	e3   = "Microsoft 365 E3,SPE_E3,05e9a617-0261-4cee-bb44-138d3ef5d965,CFQ7TTC0LFLX,0001,B\n"
	e3id = "05e9a617-0261-4cee-bb44-138d3ef5d965"
	e5   = "Microsoft 365 E5,SPE_E5,06ebc4ee-1bb5-47dd-8120-11324bc54e06,CFQ7TTC0LFLZ,0002,B\n"
)

// A license may have several offers and an offer several licenses; ids may be in either case, lines end either way.
func TestParse(t *testing.T) {
	for name, text := range map[string]string{
		"two offers of one license": columns + "\n" + e3 + strings.Replace(e3, "0001", "0009", 1),
		"two licenses of one offer": columns + "\n" + e3 + "E5,SPE_E5,06ebc4ee-1bb5-47dd-8120-11324bc54e06,CFQ7TTC0LFLX,0001,C\n",
		"as Excel writes it":        "\ufeff" + columns + "\r\n" + strings.ReplaceAll(e3+e5, "\n", "\r\n"),
		"small letters, braces":     columns + "\n" + strings.ToLower(e5) + strings.Replace(e3, e3id, "{"+strings.ToUpper(e3id)+"}", 1),
		"quotes and spaces":         columns + "\n" + `"Microsoft 365 E3", SPE_E3 ,05e9a617-0261-4cee-bb44-138d3ef5d965 ,CFQ7TTC0LFLX,0001,b` + "\n" + e5,
	} {
		table, err := Parse(strings.NewReader(text))
		if err != nil || len(table.Rows()) != 2 || len(table.BySKUID(e3id)) == 0 || len(table.ByProduct("CFQ7TTC0LFLX")) == 0 {
			t.Errorf("%s: %+v, %v", name, table, err)
		}
	}
}

// What is wrong is said with its line.
func TestParseRefuses(t *testing.T) {
	row := func(fields ...string) string { return columns + "\n" + e5 + strings.Join(fields, ",") + "\n" }
	const guid = "11111111-2222-3333-4444-555555555555"
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "line 1: the columns must be product,sku_part_number"},
		{"other columns", "product,sku\n", "line 1: the columns must be"},
		{"no row", columns + "\n", "line 1: no row follows"},
		{"too few fields", row("E3", "SPE_E3"), "line 3: it has 2 fields, not 6"},
		{"a quote that does not end", row(`"E3`, "SPE_E3"), "line 3: "},
		{"no name", row("", "SPE_E3", guid, "", "", ""), "line 3: product is empty"},
		{"no part number", row("E3", " ", guid, "", "", ""), "line 3: sku_part_number is empty"},
		{"no id", row("E3", "SPE_E3", "", "", "", ""), `line 3: sku_id "" is not a GUID`},
		{"half an id", row("E3", "SPE_E3", guid[:30], "", "", ""), "line 3: sku_id"},
		{"a product that no part number would name", row("E3", "SPE_E3", guid, "DG7GMGF0D5RK", "0001", "A"), "line 3: nce_product_id"},
		{"a long sku", row("E3", "SPE_E3", guid, "CFQ7TTC0LFLX", "00001", "A"), "line 3: nce_sku_id"},
		{"a sku of nothing", row("E3", "SPE_E3", guid, "", "0001", "A"), "line 3: nce_sku_id is there without nce_product_id"},
		{"another letter", row("E3", "SPE_E3", guid, "CFQ7TTC0LFLX", "0001", "D"), `line 3: confidence "D"`},
		{"sure of nothing", row("E3", "SPE_E3", guid, "", "", "A"), "line 3: confidence A is there without nce_product_id"},
		{"a pair that nobody knows", row("E3", "SPE_E3", guid, "CFQ7TTC0LFLX", "0001", ""), "line 3: nce_sku_id is there without confidence"},
		{"an id of two licenses", row("E3", "SPE_E3", "06ebc4ee-1bb5-47dd-8120-11324bc54e06", "", "", ""), "line 3: its sku_id is another license in line 2"},
		{"a part number of two licenses", row("E3", "spe_e5", guid, "", "", ""), "line 3: its sku_part_number is another license in line 2"},
		{"a license of two names", columns + "\n" + e5 + strings.Replace(e5, "E5", "E5 new", 1), "line 3: its sku_"},
		{"a line twice", columns + "\n" + e5 + e5, "line 3: it says of its license what line 2 says"},
		{"a long field", row(strings.Repeat("E", 201), "SPE_E3", guid, "", "", ""), "line 3: field 1 is longer than 200 bytes"},
		{"no text", row("E3", "SPE\x00E3", guid, "", "", ""), "line 3: field 2"},
		{"no UTF-8", row("E3\xff", "SPE_E3", guid, "", "", ""), "line 3: field 1"},
	} {
		table, err := Parse(strings.NewReader(test.text))
		if err == nil || table != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want %q, got %v", test.name, test.want, err)
		}
	}
	_, err := Parse(strings.NewReader(columns + strings.Repeat("\nE3", 50)))
	if n := strings.Count(err.Error(), "line "); n != maxProblems {
		t.Errorf("%d problems are told", n)
	}
}

// Whatever a file holds, a table that is read has only what may be in one, each row is found by all its names and by no other
// license's, and written out again it is the same table.
func FuzzParse(f *testing.F) {
	f.Add(builtin)
	f.Add([]byte(columns + "\n" + e3 + e5))
	f.Add([]byte("\ufeff" + columns + "\r\n\"a\nb\",c,{" + e3id + "},,,\n"))
	const guid = "{11111111-2222-3333-4444-55555555555A}"
	for _, row := range []string{ // one short step from what is no table, or from another
		"E3,SPE_E3", "E3, SPE_E3 ," + guid + ",cfq7ttc0lflx,000a,c", "E3,spe_e5," + guid + ",,,", "E5,SPE_E5," + guid + ",,,", "E3,SPE_E3,06EBC4EE-1bb5-47dd-8120-11324bc54e06,,,",
		"Microsoft 365 E5,spe_e5,06EBC4EE-1bb5-47dd-8120-11324bc54e06,CFQ7TTC0LFLZ,0003,A", "E3,SPE_E3," + guid + ",DG7GMGF0D5RK,0001,A", "E3,SPE_E3," + guid + ",CFQ7TTC0LFLX,00001,A",
		"E3,SPE_E3," + guid + ",,0001,A", "E3,SPE_E3," + guid + ",CFQ7TTC0LFLX,0001,D", "E3,SPE_E3," + guid + ",,,A", "E3,SPE_E3," + guid + ",CFQ7TTC0LFLX,0001,", ",SPE_E3," + guid + ",,,",
		"E3, ," + guid + ",,,", "E3,SPE\u200bE3," + guid + ",,,", "E3,SPE_E3,11111111,,,", "E3,SPE_E3,,,,", strings.TrimSpace(e5), strings.Repeat("E", 201) + ",SPE_E3," + guid + ",,,",
	} {
		f.Add([]byte(columns + "\n" + e5 + row + "\n"))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		table, err := Parse(bytes.NewReader(raw))
		if (table == nil) == (err == nil) {
			t.Fatalf("%v, %v", table, err)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Fatalf("no line: %v", err)
			}
			return
		}
		for i, row := range table.Rows() {
			if problem := wrongIn(row); problem != "" {
				t.Fatalf("%+v: %s", row, problem)
			}
			if !slices.Contains(table.BySKUID(row.SKUID), row) || !slices.Contains(table.ByPartNumber(row.PartNumber), row) || row.ProductID != "" && !slices.Contains(table.ByProduct(row.ProductID), row) {
				t.Fatalf("%+v is not found", row)
			}
			for _, other := range slices.Concat(table.BySKUID(row.SKUID), table.ByPartNumber(row.PartNumber)) {
				if other.Name != row.Name || other.SKUID != row.SKUID || strings.ToLower(other.PartNumber) != strings.ToLower(row.PartNumber) {
					t.Fatalf("%+v and %+v have a name together", row, other)
				}
			}
			if slices.ContainsFunc(table.Rows()[:i], func(o Row) bool {
				return o.SKUID == row.SKUID && o.ProductID == row.ProductID && o.OfferSKU == row.OfferSKU
			}) {
				t.Fatalf("%+v is there twice", row)
			}
		}
		if again, err := Parse(strings.NewReader(written(t, table))); err != nil || !slices.Equal(again.Rows(), table.Rows()) {
			t.Fatalf("written out it is another: %v", err)
		}
	})
}

// wrongIn is what must not be in a row, in words of its own, so that it can disagree with what is tested; empty if nothing.
func wrongIn(row Row) string {
	plain := func(text, letters string, length int) bool {
		return len(text) == length && strings.Trim(text, letters) == ""
	}
	const upper = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for _, field := range []string{row.Name, row.PartNumber, row.SKUID, row.ProductID, row.OfferSKU, string(row.Confidence)} {
		if field != strings.TrimSpace(field) || len(field) > 200 || strings.ContainsAny(field, "\x00\t\n\r\x7f\u200b\ufeff\ufffd") || !utf8.ValidString(field) {
			return fmt.Sprintf("%q is no text", field)
		}
	}
	blank := strings.Map(func(r rune) rune {
		if strings.ContainsRune("0123456789abcdef", r) {
			return '0'
		}
		return r
	}, row.SKUID)
	switch {
	case row.Name == "" || row.PartNumber == "":
		return "it has no name"
	case blank != "00000000-0000-0000-0000-000000000000":
		return "its skuId is no GUID in small letters"
	case row.ProductID != "" && (!strings.HasPrefix(row.ProductID, "CFQ7TTC0") || !plain(row.ProductID, upper, 12)):
		return "its product is none that is sold by the seat"
	case row.OfferSKU != "" && (row.ProductID == "" || !plain(row.OfferSKU, upper, 4)):
		return "its sku is none, or of nothing"
	case row.Confidence != "" && (row.ProductID == "" || !plain(string(row.Confidence), "ABC", 1)), row.Confidence == "" && row.OfferSKU != "":
		return "its confidence is none, or of nothing"
	}
	return ""
}

// written is a table as a file.
func written(t *testing.T, table *Table) string {
	t.Helper()
	var text strings.Builder
	text.WriteString(columns + "\n")
	to := csv.NewWriter(&text)
	for _, row := range table.Rows() {
		if err := to.Write([]string{row.Name, row.PartNumber, row.SKUID, row.ProductID, row.OfferSKU, string(row.Confidence)}); err != nil {
			t.Fatal(err)
		}
	}
	to.Flush()
	return text.String()
}
