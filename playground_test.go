package main

import (
	"testing"

	"stellr-gateway/playground/browsertest"
)

// The playground of the real gateway opens with the examples as tabs, with the network cut, and runs each of them.
func TestPlaygroundRunsTheExamples(t *testing.T) {
	g := start(t, nil)
	p := browsertest.Open(t, g.url)
	tabs := p.Tabs()
	if len(tabs) < 10 || tabs[0] != "Tour" {
		t.Errorf("tabs %q", tabs)
	}
	for i, tab := range tabs {
		p.OpenTab(i)
		p.WaitForQuery(" " + tab + " {") // query Tour {
		p.Execute()
		p.WaitForResponse(`"data": {`)
	}
	p.Report()
}
