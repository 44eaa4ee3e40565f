package browsertest

import (
	"net/url"
	"slices"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// reportViolations turns each violation of the policy into a console error,
// which watch sees.
const reportViolations = `addEventListener('securitypolicyviolation', event =>
	console.error('policy violation:', event.violatedDirective, event.blockedURI, event.sourceFile + ':' + event.lineNumber));`

// Faults is everything the page has done wrong so far: violations of the
// content security policy, exceptions that nothing caught, errors and warnings
// in the console or in the browser's log, requests to another host.
func (p *Page) Faults() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.faults)
}

// watch sees each event of the page, in order. It may not call the browser.
func (p *Page) watch(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.checkHost(e.Request.URL)
	case *network.EventWebSocketCreated:
		p.checkHost(e.URL)
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.fault("exception: " + text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			p.fault("console: " + consoleText(e.Args))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			p.fault("log: " + e.Entry.Text + " " + e.Entry.URL)
		}
	}
}

func (p *Page) checkHost(address string) {
	u, err := url.Parse(address)
	if err != nil {
		p.fault("request: " + address)
		return
	}
	switch u.Scheme {
	case "data", "blob", "about": // bytes that are there already
	default:
		if u.Host != p.host {
			p.fault("request to another host: " + address)
		}
	}
}

func (p *Page) fault(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, text)
}

func consoleText(args []*runtime.RemoteObject) string {
	text := ""
	for _, arg := range args {
		if arg.Value != nil {
			text += string(arg.Value) + " "
		} else {
			text += arg.Description + " "
		}
	}
	return text
}
