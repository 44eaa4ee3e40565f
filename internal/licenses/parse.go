package licenses

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// columns is the first line of the table.
const columns = "product,sku_part_number,sku_id,nce_product_id,nce_sku_id,confidence"

// The bounds of a table. Microsoft's own list of licenses has some six hundred.
const (
	maxRows     = 20_000
	maxField    = 200
	maxProblems = 10
)

var (
	guidForm    = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	productForm = regexp.MustCompile(`^CFQ7TTC0[0-9A-Z]{4}$`) // what is sold by the seat; others are no licenses of people
	offerForm   = regexp.MustCompile(`^[0-9A-Z]{4}$`)
)

// Parse reads a table: CSV in UTF-8 with the columns product, sku_part_number, sku_id, nce_product_id, nce_sku_id and
// confidence. The error joins what is wrong with it, each with its line, as far as the first ten.
func Parse(from io.Reader) (*Table, error) {
	reader := csv.NewReader(from)
	reader.FieldsPerRecord = -1 // said in words of our own
	first, err := reader.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, brokenLine(err)
	}
	if len(first) > 0 {
		first[0] = strings.TrimPrefix(first[0], "\ufeff")
	}
	if strings.Join(first, ",") != columns {
		return nil, fmt.Errorf("line 1: the columns must be %s", columns)
	}
	var rows []Row
	var problems []error
	known := names{}
	for len(problems) < maxProblems {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(append(problems, brokenLine(err))...)
		}
		line, _ := reader.FieldPos(0)
		row, err := parseRow(fields)
		if err == nil {
			err = known.add(row, line)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		if rows = append(rows, row); len(rows) > maxRows {
			return nil, fmt.Errorf("line %d: a table has at most %d rows", line, maxRows)
		}
	}
	if len(problems) == 0 && len(rows) == 0 {
		problems = append(problems, errors.New("line 1: no row follows it"))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return newTable(rows), nil
}

// brokenLine is an error of the CSV itself.
func brokenLine(err error) error {
	if broken, ok := errors.AsType[*csv.ParseError](err); ok {
		return fmt.Errorf("line %d: %w", broken.Line, broken.Err)
	}
	return err
}

// parseRow reads one row and checks it by itself.
func parseRow(fields []string) (Row, error) {
	if want := strings.Count(columns, ",") + 1; len(fields) != want {
		return Row{}, fmt.Errorf("it has %d fields, not %d", len(fields), want)
	}
	for i, field := range fields {
		field = strings.TrimSpace(field)
		if len(field) > maxField || strings.ContainsFunc(field, unprintable) {
			return Row{}, fmt.Errorf("field %d is longer than %d bytes, or holds what is no text", i+1, maxField)
		}
		fields[i] = field
	}
	row := Row{
		Name: fields[0], PartNumber: fields[1], SKUID: FoldID(fields[2]), ProductID: strings.ToUpper(fields[3]),
		OfferSKU: strings.ToUpper(fields[4]), Confidence: Confidence(strings.ToUpper(fields[5])),
	}
	return row, row.check()
}

// IsGUID says whether an id, folded, is a GUID.
func IsGUID(id string) bool { return guidForm.MatchString(id) }

func unprintable(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }

func (r Row) check() error {
	letters := []Confidence{Stated, Agreed, Listed, Unknown}
	switch {
	case r.Name == "":
		return errors.New("product is empty")
	case r.PartNumber == "":
		return errors.New("sku_part_number is empty")
	case !guidForm.MatchString(r.SKUID):
		return fmt.Errorf("sku_id %q is not a GUID", r.SKUID)
	case r.ProductID != "" && !productForm.MatchString(r.ProductID):
		return fmt.Errorf("nce_product_id %q is not of the form CFQ7TTC0XXXX", r.ProductID)
	case r.OfferSKU != "" && !offerForm.MatchString(r.OfferSKU):
		return fmt.Errorf("nce_sku_id %q is not four digits or letters", r.OfferSKU)
	case r.OfferSKU != "" && r.ProductID == "":
		return errors.New("nce_sku_id is there without nce_product_id")
	case !slices.Contains(letters, r.Confidence):
		return fmt.Errorf("confidence %q is not A, B, C or empty", string(r.Confidence))
	case r.Confidence != Unknown && r.ProductID == "":
		return fmt.Errorf("confidence %s is there without nce_product_id", r.Confidence)
	case r.Confidence == Unknown && r.OfferSKU != "":
		return errors.New("nce_sku_id is there without confidence")
	}
	return nil
}

// names is what the rows above say: a skuId and a skuPartNumber are names of one license, which has one product name.
type names map[string]named

type named struct {
	row  Row
	line int
}

// add keeps a row's names, unless a row above has them otherwise or is the same.
func (n names) add(row Row, line int) error {
	for column, key := range map[string]string{"sku_id": row.SKUID, "sku_part_number": foldPart(row.PartNumber)} {
		before, ok := n[column+" "+key]
		if ok && (before.row.SKUID != row.SKUID || foldPart(before.row.PartNumber) != foldPart(row.PartNumber) || before.row.Name != row.Name) {
			return fmt.Errorf("its %s is another license in line %d", column, before.line)
		}
	}
	whole := strings.Join([]string{"row", row.SKUID, row.ProductID, row.OfferSKU}, " ")
	if before, ok := n[whole]; ok {
		return fmt.Errorf("it says of its license what line %d says", before.line)
	}
	n["sku_id "+row.SKUID], n["sku_part_number "+foldPart(row.PartNumber)], n[whole] = named{row, line}, named{row, line}, named{row, line}
	return nil
}
