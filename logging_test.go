package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"stellr-gateway/internal/access"
)

// hostile is what a caller may call things in the hope that a log repeats it.
func hostile() map[string]string {
	return map[string]string{
		"a line break":         "a\nlevel=ERROR msg=forged",
		"a carriage return":    "a\r{\"level\":\"ERROR\",\"msg\":\"forged\"}",
		"a line of JSON":       "a\"}\n{\"level\":\"ERROR\",\"msg\":\"forged\"}",
		"a closing quotation":  `a" level=ERROR msg="forged`,
		"a field of JSON":      `a","level":"ERROR","msg":"forged`,
		"a backslash":          `a\" msg=forged \n`,
		"colours":              "\x1b[31mforged\x1b[0m",
		"eight-bit colours":    "\u009b31mforged",
		"a title":              "\x1b]0;forged\x07",
		"a backspace":          "forged\b\b\b\b\b\b\x7f",
		"nothing":              "a\x00b",
		"text from the right":  "a\u202eforged\u2066",
		"a separator of lines": "a\u2028level=ERROR\u2029\u0085b",
		"no UTF-8":             "a\xff\xfe\xc3",
		"beyond the plane":     "a\U000e0001\U0001f600",
		"a template":           "%s%d%n${jndi:x}",
		"equals signs":         "a=b level=ERROR",
		"much":                 strings.Repeat("forged ", 2000),
	}
}

// isInert complains of a line that is none, shows what a terminal obeys, or cannot be read by programs.
func isInert(t *testing.T, format, line string) map[string]any {
	t.Helper()
	if !utf8.ValidString(line) || strings.ContainsFunc(line, unprintable) {
		t.Errorf("the %s log shows what is not printable: %q", format, line)
	}
	fields := map[string]any{}
	if format == logJSON {
		decoder := json.NewDecoder(strings.NewReader(line))
		if err := decoder.Decode(&fields); err != nil || decoder.More() {
			t.Errorf("no line of JSON: %v, %q", err, line)
		}
		return fields
	}
	for _, pair := range regexp.MustCompile(`(?:^| )([a-z_.]+)=("(?:[^"\\]|\\.)*"|[^" =]*)`).FindAllStringSubmatch(line, -1) {
		if _, twice := fields[pair[1]]; twice {
			t.Errorf("%s stands there twice: %q", pair[1], line)
		}
		fields[pair[1]] = pair[2]
	}
	return fields
}

// Whatever a text is, wherever in a line it stands: it stays within its line and its place in that.
func TestLogLines(t *testing.T) {
	for name, text := range hostile() {
		for _, format := range []string{logText, logJSON} {
			var out bytes.Buffer
			log := newLogger(&out, slog.LevelDebug, format)
			ctx := context.WithValue(t.Context(), requestKey{}, text)
			log.InfoContext(ctx, "a request", "path", text, "error", fmt.Errorf("wrapped: %s", text), "list", []string{text})
			log.With("caller", text).Warn(text)
			slog.NewLogLogger(log.Handler(), slog.LevelWarn).Print(text)
			lines := strings.Split(out.String(), "\n")
			if len(lines) != 4 || lines[3] != "" {
				t.Fatalf("%s: %d lines: %q", name, len(lines), lines)
			}
			for i, level := range []string{"INFO", "WARN", "WARN"} {
				if fields := isInert(t, format, lines[i]); fields["level"] != level {
					t.Errorf("%s: the level is %v: %q", name, fields["level"], lines[i])
				}
			}
			if format == logJSON && utf8.ValidString(text) {
				if fields := isInert(t, format, lines[0]); fields["path"] != text || fields["request_id"] != text {
					t.Errorf("%s: the line says %q", name, fields["path"])
				}
			}
		}
	}
}

// secrets is what no log may hold, at no level.
var secrets = []string{"s3cret-value", "s3cret-token", "s3cret-cookie", "s3cret-body", "s3cret-name"}

// Callers who send all of that, everywhere that they can, write no line, field or secret of theirs into the log.
func TestTheLogIsInert(t *testing.T) {
	for _, format := range []string{logText, logJSON} {
		key, hash := access.NewKey()
		name, _ := json.Marshal("ada\nlevel=ERROR msg=forged \x1b[31m\u009b31m")
		path := withFile(t, "gateway.yaml", fmt.Sprintf("organizations: {reseller: {customers: all}}\nauth: {api_keys: [{name: %s, sha256: %q, roles: [admin], organizations: [reseller]}]}\n", name, hash))
		g := start(t, []string{"-sim-operation-time", "-1s"}, "GATEWAY_AUTH=required", "GATEWAY_CONFIG="+path, "GATEWAY_LOG_FORMAT="+format, "GATEWAY_LOG_LEVEL=debug")
		bearer := "Bearer " + key
		for _, text := range hostile() {
			text = text[:min(len(text), 500)]
			_, _, _ = g.do("GET", "/"+url.PathEscape(text)+"?token=s3cret-token", "")
			_, _, _ = g.do("GET", "/graphql?query="+url.QueryEscape("{"+text+"}"), "", "Authorization", bearer)
			for _, query := range []string{text, "query " + text + " {viewer {subject}}", "{customer(customerNo: " + quoted(text) + ") {name}}", `{nothing(a: "s3cret-value")}`} {
				body, _ := json.Marshal(map[string]any{"query": query, "operationName": text, "variables": map[string]string{text: "s3cret-value"}})
				_, _, _ = g.do("POST", "/graphql", string(body), "Authorization", bearer, "Cookie", "a=s3cret-cookie")
				_, _, _ = g.do("POST", "/graphql", strings.Replace(string(body), `"operationName"`, `"other"`, 1), "Authorization", bearer)
			}
			_, _, _ = g.do("POST", "/graphql", `{"query": s3cret-body `+text, "Authorization", bearer)
			_, _, _ = g.do("POST", "/graphql", whoAmI, "Authorization", "Bearer s3cret-token")
			g.raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: " + strings.NewReplacer("\n", "", "\r", "").Replace(text) + "\r\n\r\n")
			g.raw("GET /" + text + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: " + text + "\r\n\r\n")
		}
		g.raw(strings.Repeat("FORGED", 1000) + " / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		var data struct {
			Customer struct {
				Subscriptions struct {
					Nodes []struct{ SubscriptionID string }
				}
			}
		}
		g.ask(`{customer(customerNo: "100001") {subscriptions(first: 5) {nodes {subscriptionId}}}}`, &data, "Authorization", bearer)
		for _, s := range data.Customer.Subscriptions.Nodes {
			suspend := fmt.Sprintf(`mutation {suspendSubscription(input: {customerNo: "100001", subscriptionId: %q, reason: "s3cret-name"}) {command {id}}}`, s.SubscriptionID)
			body, _ := json.Marshal(map[string]string{"query": suspend})
			_, _, _ = g.do("POST", "/graphql", string(body), "Authorization", bearer)
		}
		g.stop()
		_ = g.waitEnd()
		text := g.log.String()
		for _, secret := range append(slices.Clone(secrets), key, hash) {
			if strings.Contains(text, secret) {
				t.Errorf("the %s log shows %q", format, secret)
			}
		}
		messages := map[string]int{}
		for line := range strings.Lines(text) {
			fields := isInert(t, format, strings.TrimSuffix(line, "\n"))
			messages[strings.Trim(fmt.Sprint(fields["msg"]), `"`)]++
			if fields["level"] == "ERROR" || len(line) > 3000 {
				t.Errorf("a line of %d bytes: %.1000q", len(line), line)
			}
		}
		for _, message := range []string{"request", "an operation met an error", "a command was sent"} {
			if messages[message] == 0 {
				t.Errorf("the %s log has no line %q, only %v", format, message, messages)
			}
		}
		if messages["forged"] > 0 {
			t.Errorf("a line of the %s log is forged:\n%s", format, text)
		}
	}
}

// raw sends what no HTTP client would, and answers what comes until the server has no more to say.
func (g *running) raw(request string) string {
	g.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
	if err != nil {
		g.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		g.t.Fatal(err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	answer, _ := io.ReadAll(bufio.NewReader(conn)) // a reset is an answer too
	return string(answer)
}
