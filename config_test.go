package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
)

// withFile writes a file into a folder of the test and returns its path.
func withFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// someKey is a gateway.yaml with one key in it.
func someKey(t *testing.T) (key, path string) {
	t.Helper()
	key, hash := access.NewKey()
	return key, withFile(t, "gateway.yaml", fmt.Sprintf(`
auth:
  api_keys:
    - {name: billing, sha256: "%s", roles: [viewer], organizations: [reseller]}
organizations:
  reseller: {customers: all}
`, hash))
}

func TestDefaults(t *testing.T) {
	c, err := loadConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !c.simulated || c.auth != authNone || c.addr != "127.0.0.1:8080" || c.deadline != 30*time.Second || c.maxCalls != 500 ||
		c.callsAtOnce != 16 || c.stellr.Region != stellr.US || c.stellr.Concurrency != 16 || c.logLevel != slog.LevelInfo {
		t.Errorf("got %+v", c)
	}
	if l := c.limits; l.graph.Body != 256<<10 || l.graph.Depth != 12 || l.headerWait != 5*time.Second || c.stellr.MaxAnswer != 8<<20 {
		t.Errorf("limits are %+v", l)
	}
}

func TestSettings(t *testing.T) {
	_, path := someKey(t)
	secret := withFile(t, "secret", "  s3cret-of-file\n")
	c, err := loadConfig([]string{
		"STELLR_CLIENT_ID=id", "STELLR_CLIENT_SECRET_FILE=" + secret, "STELLR_REGION=BR", "STELLR_SANDBOX=true",
		"STELLR_BASE_URL=https://a.example/x", "STELLR_TOKEN_URL=https://b.example/token", "STELLR_RATE=2.5", "STELLR_CONCURRENCY=4",
		"GATEWAY_ADDR=0.0.0.0:80", "GATEWAY_CONFIG=" + path, "GATEWAY_ORIGINS=https://app.example, http://localhost:5173",
		"GATEWAY_DEADLINE=5s", "GATEWAY_MAX_CALLS=7", "GATEWAY_CALLS_AT_ONCE=3", "GATEWAY_LOG_LEVEL=warn", "GATEWAY_LOG_FORMAT=json",
		"PATH=/bin", "GATEWAY_CALLER_RATE=3", "GATEWAY_ANSWER_CACHE=5s", "GATEWAY_CACHE=off", "STELLR_CLIENT_SECRE=x", "STELLR_REGION_FILE=y", "GATEWAY_ADR=",
	})
	if err != nil {
		t.Fatal(err)
	}
	s := c.stellr
	if s.ClientID != "id" || s.ClientSecret != "s3cret-of-file" || s.Region != stellr.BR || !s.Sandbox || s.BaseURL != "https://a.example/x" ||
		s.TokenURL != "https://b.example/token" || s.Rate != 2.5 || s.Concurrency != 4 {
		t.Errorf("stellr is %+v", s)
	}
	if c.simulated || c.auth != authRequired || keysOf(c) != 1 || c.addr != "0.0.0.0:80" || c.deadline != 5*time.Second || c.maxCalls != 7 ||
		c.callsAtOnce != 3 || c.logLevel != slog.LevelWarn || c.logFormat != logJSON ||
		c.keeping.answers != 5*time.Second || c.keeping.lives != (graph.Lives{}) || !slices.Equal(c.origins, []string{"https://app.example", "http://localhost:5173"}) {
		t.Errorf("got %+v", c)
	}
	if want := []string{"STELLR_CLIENT_SECRE", "STELLR_REGION_FILE"}; !slices.Equal(c.unknown, want) {
		t.Errorf("unknown are %q, want %q", c.unknown, want)
	}
}

func TestBadSettings(t *testing.T) {
	_, path := someKey(t)
	credentials := []string{"STELLR_CLIENT_ID=id", "STELLR_CLIENT_SECRET=s3cret", "GATEWAY_CONFIG=" + path}
	for _, test := range []struct {
		want    string
		environ []string
	}{
		{`STELLR_REGION: unknown region "uk"`, []string{"STELLR_REGION=uk"}},
		{`STELLR_SANDBOX: "maybe" is not true or false`, []string{"STELLR_SANDBOX=maybe"}},
		{`STELLR_BASE_URL: it is not of the form https://host/path`, append(credentials, "STELLR_BASE_URL=api.us.tdsynnex.com")},
		{`STELLR_BASE_URL: it is not of the form`, append(credentials, "STELLR_BASE_URL=https://user:s3cret@host/")},
		{`STELLR_TOKEN_URL: it is not of the form`, append(credentials, "STELLR_TOKEN_URL=ftp://host/s3cret")},
		{`STELLR_RATE: "-1" is not a number from 0`, []string{"STELLR_RATE=-1"}},
		{`STELLR_RATE: "NaN" is not a number`, []string{"STELLR_RATE=NaN"}},
		{`STELLR_CONCURRENCY: "1.5" is not a number from 1 to 1024`, []string{"STELLR_CONCURRENCY=1.5"}},
		{`STELLR_CONCURRENCY: "0" is not a number from 1 to 1024`, []string{"STELLR_CONCURRENCY=0"}},
		{`GATEWAY_ADDR: "8080" is not host:port`, []string{"GATEWAY_ADDR=8080"}},
		{`GATEWAY_ADDR: "127.0.0.1:99999" is not host:port`, []string{"GATEWAY_ADDR=127.0.0.1:99999"}},
		{`GATEWAY_AUTH: "off" is not required or none`, []string{"GATEWAY_AUTH=off"}},
		{`GATEWAY_ORIGINS: "*" is not an origin`, []string{"GATEWAY_ORIGINS=https://a.example,*"}},
		{`GATEWAY_ORIGINS: "https://*.example" is not an origin`, []string{"GATEWAY_ORIGINS=https://*.example"}},
		{`GATEWAY_ORIGINS: "https://a.example/" is not an origin`, []string{"GATEWAY_ORIGINS=https://a.example/"}},
		{`GATEWAY_DEADLINE: "30" is not a duration from 100ms to 10m0s`, []string{"GATEWAY_DEADLINE=30"}},
		{`GATEWAY_MAX_CALLS: "many" is not a number from 1`, []string{"GATEWAY_MAX_CALLS=many"}},
		{`GATEWAY_LOG_LEVEL: "loud" is not debug, info, warn or error`, []string{"GATEWAY_LOG_LEVEL=loud"}},
		{`GATEWAY_LOG_FORMAT: "xml" is not text or json`, []string{"GATEWAY_LOG_FORMAT=xml"}},
		{`GATEWAY_CONFIG: open /nowhere: no such file`, []string{"GATEWAY_CONFIG=/nowhere"}},
		{`GATEWAY_REDIS_URL: it is not of the form redis://`, []string{"GATEWAY_REDIS_URL=http://:s3cret@host"}},
		{`GATEWAY_REDIS_URL: it is not of the form redis://`, []string{"GATEWAY_REDIS_URL=redis://:s3cret@host%zz/"}},
		{`GATEWAY_REDIS_URL: it is not of the form redis://`, []string{"GATEWAY_REDIS_URL=redis://:s3cret@host/s3cret"}},
		{`GATEWAY_REDIS_URL: it is not of the form redis://`, []string{"GATEWAY_REDIS_URL=redis://:s3cret@host?addr=b"}},
		{`GATEWAY_REDIS_URL: it is not of the form redis://`, []string{"GATEWAY_REDIS_URL=redis://:s3cret@host?master_set=m"}},
		{`only one of them is set`, []string{"STELLR_CLIENT_ID=id"}},
		{`only one of them is set`, []string{"STELLR_CLIENT_SECRET=s3cret"}},
		{`they need STELLR_CLIENT_ID`, []string{"STELLR_TOKEN_URL=https://b.example"}},
		{`STELLR_CLIENT_SECRET: set either it or STELLR_CLIENT_SECRET_FILE`, append(credentials, "STELLR_CLIENT_SECRET_FILE=/nowhere")},
		{`STELLR_CLIENT_SECRET: the file in STELLR_CLIENT_SECRET_FILE cannot be read`, []string{"STELLR_CLIENT_ID=id", "STELLR_CLIENT_SECRET_FILE=/nowhere"}},
		{`STELLR_CLIENT_SECRET: the file in STELLR_CLIENT_SECRET_FILE is empty`, []string{"STELLR_CLIENT_ID=id", "STELLR_CLIENT_SECRET_FILE=/dev/null"}},
		{`STELLR_CLIENT_SECRET: the file in STELLR_CLIENT_SECRET_FILE cannot be read: it is larger`, []string{"STELLR_CLIENT_ID=id", "STELLR_CLIENT_SECRET_FILE=/dev/zero"}},
		{`STELLR_CLIENT_SECRET: it has a line break`, []string{"STELLR_CLIENT_ID=id", "STELLR_CLIENT_SECRET=s3cret\ns3cret"}},
		{`GATEWAY_AUTH: with none, anybody who reaches :8080`, []string{"GATEWAY_ADDR=:8080"}},
		{`GATEWAY_AUTH: with none, anybody who reaches 192.0.2.1:80`, append(credentials, "GATEWAY_AUTH=none", "GATEWAY_ADDR=192.0.2.1:80")},
	} {
		_, err := loadConfig(test.environ)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: want an error with %q, got %v", test.environ, test.want, err)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:80", "[::1]:80", "127.9.9.9:80"} {
		if _, err := loadConfig(append(credentials, "GATEWAY_AUTH=none", "GATEWAY_ADDR="+addr)); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestAllBadSettingsAreNamed(t *testing.T) {
	_, err := loadConfig([]string{"STELLR_REGION=uk", "STELLR_RATE=x", "GATEWAY_AUTH=y"})
	for _, name := range []string{"STELLR_REGION: ", "STELLR_RATE: ", "GATEWAY_AUTH: "} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
}

func TestFile(t *testing.T) {
	_, hash := access.NewKey()
	c, err := loadConfig([]string{"GATEWAY_CONFIG=" + withFile(t, "gateway.yaml", `
auth:
  api_keys:
    - name: billing
      sha256: "`+hash+`"
      roles: [viewer]
      organizations: [reseller]
organizations:
  acme: {customers: ["100001", 100002]}
  reseller: {customers: all}
stellr:
  paths:
    listResellerSubscriptions: /api/v1/subscriptions
limits:
  body: 1MiB
  depth: 20
  idle_wait: 1m
  stellr_retry_budget: 0.5
`)})
	if err != nil {
		t.Fatal(err)
	}
	if keysOf(c) != 1 || c.stellr.Paths["listResellerSubscriptions"] != "/api/v1/subscriptions" || c.limits.graph.Body != 1<<20 ||
		c.limits.graph.Depth != 20 || c.limits.idleWait != time.Minute || c.stellr.RetryBudget != 0.5 || c.limits.graph.Tokens != 1000 {
		t.Errorf("got %+v", c)
	}
	for _, empty := range []string{"", "# nothing\n", "---\n", "auth:\n"} {
		if _, err := loadConfig([]string{"GATEWAY_CONFIG=" + withFile(t, "gateway.yaml", empty)}); err != nil {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

func TestBadFile(t *testing.T) {
	_, hash := access.NewKey()
	for text, want := range map[string]string{
		"auth: {api_key: s3cret}":                                                     `unknown field "api_key"`,
		"auth: {jwt: {issuer: https://idp.example}}":                                  "auth: jwt: audience is missing",
		"auth: {jwt: {issuer: https://idp.example, audience: a, secret: s3cret}}":     `unknown field "secret"`,
		"auth: {jwt: {issuer: http://idp.example, audience: a, algorithms: [HS256]}}": `jwt: algorithms: "HS256"`,
		"limit: {}":                                               `unknown field "limit"`,
		"limits: {bodies: 1}":                                     `limits: there is no limit "bodies"`,
		"limits: {body: 1TiB}":                                    `limits: body: "1TiB" is not a size`,
		"limits: {depth: 0}":                                      `limits: depth: "0" is not a number from 1`,
		"limits: {depth: [s3cret]}":                               `limits: depth: it must be one word or number`,
		"limits: {depth: 1, depth: 2}":                            `mapping key "depth" already defined`,
		"stellr: {paths: {listCustomer: /x}}":                     `stellr.paths: there is no action "listCustomer" with a path`,
		"stellr: {paths: {genericRequest: /x}}":                   `stellr.paths: there is no action "genericRequest" with a path`,
		"organizations: {acme: {customers: [000123]}}":            "must stand in quotes", // to YAML that is 83
		"organizations: {acme: {customers: [1.0]}}":               "must stand in quotes",
		"organizations: {acme: {customers: some}}":                "customers is the word all or a list",
		"organizations: {acme: {customers: {a: 1}}}":              "gateway.yaml",
		"auth: {api_keys: [{name: a, sha256: s3cret}]}":           `auth: key "a": sha256 is not the SHA-256`,
		"auth: {api_keys: [{name: a, key: s3cret}]}":              `unknown field "key"`,
		"auth: [s3cret":                                           "gateway.yaml",
		"auth: s3cret":                                            "gateway.yaml",
		"limits: {}\n---\nlimits: {}":                             "a second document",
		"a: &a [s3cret]\nb: *a":                                   "unknown field",
		"auth: {api_keys: [{name: a, sha256: \"" + hash + "\"}]}": "it has no role",
	} {
		_, err := loadConfig([]string{"GATEWAY_CONFIG=" + withFile(t, "gateway.yaml", text)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nwant an error with %q, got %v", text, want, err)
		} else if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), hash) {
			t.Errorf("the error shows what may be a secret: %v", err)
		}
	}
}

func keysOf(c *config) int {
	keys, _, _ := c.directory.Counts()
	return keys
}
