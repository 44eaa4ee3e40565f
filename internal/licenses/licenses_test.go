package licenses

import (
	"bytes"
	"strings"
	"testing"
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

// Whatever a file holds, a table that is read has only what may be in one, and each row is found by all its names.
func FuzzParse(f *testing.F) {
	f.Add(builtin)
	f.Add([]byte(columns + "\n" + e3 + e5))
	f.Add([]byte("\ufeff" + columns + "\r\n\"a\nb\",c,{" + e3id + "},,,\n"))
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
		for _, row := range table.Rows() {
			if err := row.check(); err != nil {
				t.Fatalf("%+v: %v", row, err)
			}
			if !has(table.BySKUID(row.SKUID), row) || !has(table.ByPartNumber(row.PartNumber), row) || row.ProductID != "" && !has(table.ByProduct(row.ProductID), row) {
				t.Fatalf("%+v is not found", row)
			}
		}
	})
}

func has(rows []Row, row Row) bool {
	for _, one := range rows {
		if one == row {
			return true
		}
	}
	return false
}
