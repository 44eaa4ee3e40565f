// Package browsertest opens the playground in a real browser, for tests. The
// browser reaches 127.0.0.1 and nothing else, and everything the page did wrong
// is kept: policy violations, errors, requests to other hosts.
package browsertest

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// patience is how long one step on the page may take.
const patience = time.Minute

// A Page is a page in a browser of its own, with an empty profile. Its methods
// fail the test when a step does not come about in time.
type Page struct {
	t    testing.TB
	ctx  context.Context
	host string

	mu     sync.Mutex
	faults []string
}

// Open starts Chromium, opens address and waits until the query editor can be
// typed in. The browser ends with the test. Without Chromium on the machine
// the test is skipped, or fails where the variable CI is "true".
func Open(t testing.TB, address string) *Page {
	t.Helper()
	p := Start(t, address)
	p.WaitFor(`document.querySelector('.graphiql-query-editor .view-line')`)
	return p
}

// Start is Open without the wait: for a page that is meant to fail.
func Start(t testing.TB, address string) *Page {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options(t)...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(end)

	p := &Page{t: t, ctx: ctx, host: target.Host}
	if err := chromedp.Listen(ctx, p.watch); err != nil { // starts the browser
		t.Fatalf("starting the browser: %v", err)
	}
	script := page.AddScriptToEvaluateOnNewDocumentParams{Source: reportViolations}
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, script); err != nil {
		t.Fatalf("preparing the page: %v", err)
	}
	p.Visit(address)
	return p
}

func options(t testing.TB) []chromedp.ExecAllocatorOption {
	t.Helper()
	return append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)),
		chromedp.NoSandbox, // the sandbox needs rights that containers do not give
		chromedp.DisableGPU,
		chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	)
}

func chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no Chromium in PATH: this test must run in CI")
	}
	t.Skip("no Chromium in PATH: the page was not opened in a browser")
	return ""
}

// Visit opens address in the same tab, with what the browser has stored.
func (p *Page) Visit(address string) {
	p.t.Helper()
	p.do("opening "+address, chromedp.Navigate(address))
}

// WaitFor waits until a JavaScript expression is true.
func (p *Page) WaitFor(expression string) {
	p.t.Helper()
	// chromedp.Poll compiles its argument inside the page, which a policy
	// without eval forbids; an evaluation from outside is not bound by it.
	look := `new Promise(done => { (function look() { (` + expression + `) ? done() : setTimeout(look, 20) })() })`
	p.do("waiting for "+expression, chromedp.Evaluate[chromedp.Void](look, chromedp.EvalAwaitPromise))
}

// soon waits a moment for a JavaScript expression to become true, and says whether it did.
func (p *Page) soon(expression string) bool {
	p.t.Helper()
	const looks = "100" // 20 ms apart
	look := `new Promise(done => { (function look(left) {
		(` + expression + `) ? done(true) : left ? setTimeout(look, 20, left - 1) : done(false)
	})(` + looks + `) })`
	return get(p, chromedp.Evaluate[bool](look, chromedp.EvalAwaitPromise))
}

// Text evaluates a JavaScript expression that gives a string.
func (p *Page) Text(expression string) string {
	p.t.Helper()
	return get(p, chromedp.Evaluate[string](expression))
}

// Click clicks the first element that matches a CSS selector, once it is there.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.do("clicking "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Type clicks a field and types into it; "\r" is the Enter key.
func (p *Page) Type(field, text string) {
	p.t.Helper()
	p.Click(field)
	p.do("typing into "+field, chromedp.KeyEvent(text))
}

// Resize gives the page a window of so many CSS pixels.
func (p *Page) Resize(width, height int64) {
	p.t.Helper()
	p.do("resizing the window", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		size := emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1}
		_, err := cdp.Call(ctx, target, emulation.SetDeviceMetricsOverride, size)
		return err
	}))
}

// Screenshot is the visible part of the page as a PNG.
func (p *Page) Screenshot() []byte {
	p.t.Helper()
	return get(p, chromedp.CaptureScreenshot())
}

// Do runs other actions of chromedp on the page.
func (p *Page) Do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.do("acting", actions...)
}

func (p *Page) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v\nfaults of the page:\n%s", what, err, strings.Join(p.Faults(), "\n"))
	}
}

func get[T any](p *Page, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		p.t.Fatalf("reading the page: %v\nfaults of the page:\n%s", err, strings.Join(p.Faults(), "\n"))
	}
	return value
}
