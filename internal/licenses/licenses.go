// Package licenses knows under which New Commerce offers Microsoft's licenses are sold. What it knows is a table of
// facts from public lists, which ages: it can be replaced by a file of the same form.
package licenses

import (
	"bytes"
	_ "embed" // the table
	"strings"
)

// Row is one line of the table: a license, and an offer under which it is sold as far as that is known. A license has
// several rows where it has several offers, and an offer is in several where it gives several licenses.
type Row struct {
	Name       string // of the license, in words
	PartNumber string // Graph's skuPartNumber
	SKUID      string // Graph's skuId, a GUID in small letters
	ProductID  string // New Commerce; empty where it is not known
	OfferSKU   string // the sku of that product; empty where it is not known
	Confidence Confidence
}

// Confidence is how well the pair of a license and its offer is known.
type Confidence string

// The letters of the table.
const (
	Stated  Confidence = "A" // by Microsoft
	Agreed  Confidence = "B" // two or more independent public lists have it
	Listed  Confidence = "C" // one list has it
	Unknown Confidence = ""  // the pair is not known, or its product alone; the license itself is
)

// Table is the rows, found by license and by offer. It does not change.
type Table struct {
	rows         []Row
	bySKUID      map[string][]Row
	byPartNumber map[string][]Row
	byProduct    map[string][]Row
}

//go:embed m365-licenses.csv
var builtin []byte

// BuiltIn is the table that the program brings along.
func BuiltIn() *Table {
	table, err := Parse(bytes.NewReader(builtin))
	if err != nil {
		panic("the table that is built in: " + err.Error()) // a test reads it
	}
	return table
}

func newTable(rows []Row) *Table {
	t := &Table{rows: rows, bySKUID: map[string][]Row{}, byPartNumber: map[string][]Row{}, byProduct: map[string][]Row{}}
	for _, row := range rows {
		t.bySKUID[row.SKUID] = append(t.bySKUID[row.SKUID], row)
		part := foldPart(row.PartNumber)
		t.byPartNumber[part] = append(t.byPartNumber[part], row)
		if row.ProductID != "" {
			t.byProduct[row.ProductID] = append(t.byProduct[row.ProductID], row)
		}
	}
	return t
}

// Rows are all rows, in the table's order. They are not to be changed.
func (t *Table) Rows() []Row { return t.rows }

// BySKUID are the rows of the license with this skuId, however its GUID is written.
func (t *Table) BySKUID(id string) []Row { return t.bySKUID[FoldID(id)] }

// ByPartNumber are the rows of the license with this skuPartNumber; case does not matter.
func (t *Table) ByPartNumber(part string) []Row { return t.byPartNumber[foldPart(part)] }

// ByProduct are the rows whose license is sold under this New Commerce product, whatever the sku.
func (t *Table) ByProduct(productID string) []Row { return t.byProduct[productID] }

// FoldID is an id in the one form in which two of them are compared: GUIDs come in both cases, in braces, and with spaces
// around.
func FoldID(id string) string {
	id = strings.TrimSpace(id)
	if inner, ok := strings.CutPrefix(id, "{"); ok && strings.HasSuffix(inner, "}") {
		id = strings.TrimSpace(strings.TrimSuffix(inner, "}"))
	}
	return strings.ToLower(id)
}

func foldPart(part string) string { return strings.ToLower(strings.TrimSpace(part)) }
