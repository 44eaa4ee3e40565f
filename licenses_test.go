package main

import (
	"os"
	"strings"
	"testing"
)

const licenseColumns = "product,sku_part_number,sku_id,nce_product_id,nce_sku_id,confidence\n"

// A table of licenses of one's own is read at the start, whole, and what is wrong with it is named by its line.
func TestLicensesFile(t *testing.T) {
	load := func(table string) (*config, error) {
		path := withFile(t, "licenses.csv", table)
		return loadConfig([]string{"GATEWAY_CONFIG=" + withFile(t, "gateway.yaml", "licenses: {file: "+path+"}")})
	}
	c, err := load(licenseColumns + "Microsoft 365 E9,SPE_E9,05e9a617-0261-4cee-bb44-138d3ef5d969,CFQ7TTC0LFL9,0001,A\n")
	if err != nil || len(c.licenses.Rows()) != 1 || len(c.licenses.ByPartNumber("SPE_E9")) != 1 {
		t.Fatalf("%+v, %v", c.licenses, err)
	}
	_, err = load(licenseColumns + "E9,SPE_E9,no guid,,,\nE9,SPE_E9,05e9a617-0261-4cee-bb44-138d3ef5d969,CFQ7TTC0LFL9,0001,D\n")
	for _, want := range []string{`licenses.csv: line 2: sku_id "no guid" is not a GUID`, `licenses.csv: line 3: confidence "D"`, "gateway.yaml: licenses: file: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	for text, want := range map[string]string{
		"licenses: {file: /nowhere}":   "licenses: file: open /nowhere: no such file",
		"licenses: {file: /dev/zero}":  "licenses: file: it is larger than 1 MiB",
		"licenses: {file: /dev/null}":  "licenses: file: /dev/null: line 1: the columns must be",
		"licenses: {files: /dev/null}": `unknown field "files"`,
	} {
		if _, err := loadConfig([]string{"GATEWAY_CONFIG=" + withFile(t, "gateway.yaml", text)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nwant an error with %q, got %v", text, want, err)
		}
	}
}

// The gateway matches by the table that it was given, and by nothing of the one that is built in.
func TestMatchesByTheFile(t *testing.T) {
	table := withFile(t, "licenses.csv", licenseColumns+"Ours of the E3,OUR_E3,11111111-2222-3333-4444-555555555555,CFQ7TTC0LFLX,0001,A\n")
	config := withFile(t, "gateway.yaml", "licenses: {file: "+table+"}")
	for environ, want := range map[string]string{"GATEWAY_CONFIG=" + config: "Ours of the E3", "GATEWAY_DEADLINE=20s": "Microsoft 365 E3"} {
		var data struct{ Ours, Builtin []struct{ Reason string } }
		start(t, nil, environ).ask(`{ours: licenseMatches(customerNo: "100001", license: {skuPartNumber: "OUR_E3"}) {reason}
			builtin: licenseMatches(customerNo: "100001", license: {skuPartNumber: "SPE_E3"}) {reason}}`, &data)
		if all := append(data.Ours, data.Builtin...); len(all) != 1 || !strings.Contains(all[0].Reason, want) {
			t.Errorf("%s: %+v, want %s", environ, data, want)
		}
	}
}

// Another table counts from the next start on, and reading the configuration anew says so.
func TestAnotherTableCountsLater(t *testing.T) {
	table := withFile(t, "licenses.csv", licenseColumns+"E3,OUR_E3,11111111-2222-3333-4444-555555555555,,,\n")
	path := withFile(t, "gateway.yaml", "licenses: {file: "+table+"}")
	c, err := loadConfig([]string{"GATEWAY_CONFIG=" + path})
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := c.reload(); changed || err != nil {
		t.Errorf("what is the same has changed: %v, %v", changed, err)
	}
	if err := os.WriteFile(path, []byte("licenses: {}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if changed, err := c.reload(); !changed || err != nil {
		t.Errorf("what is different has not changed: %v, %v", changed, err)
	}
}
