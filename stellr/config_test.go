package stellr

import (
	"strings"
	"testing"
	"time"
)

func TestRegions(t *testing.T) {
	tests := []struct {
		region     Region
		sandbox    bool
		base, lack string
	}{
		{US, false, "https://api.us.tdsynnex.com", ""},
		{"", false, "https://api.us.tdsynnex.com", ""},
		{US, true, "https://api-uat.us.tdsynnex.com", ""},
		{CA, false, "https://api.ca.tdsynnex.com", ""},
		{CA, true, "https://api-uat.ca.tdsynnex.com", ""},
		{BR, false, "", "configure the token URL"},
		{MX, false, "", "configure the token URL"},
		{BR, true, "", "configure the base URL"},
		{"XX", false, "", "the regions are US, CA, BR and MX"},
	}
	for _, test := range tests {
		c, err := New(Config{ClientID: "x", ClientSecret: "x", Region: test.region, Sandbox: test.sandbox})
		if test.lack != "" {
			if err == nil || !strings.Contains(err.Error(), test.lack) {
				t.Errorf("%s sandbox %v: got %v, want %q", test.region, test.sandbox, err, test.lack)
			}
			continue
		}
		if err != nil || c.BaseURL() != test.base || c.Sandbox() != test.sandbox || c.Authenticated() || c.Circuit() != "closed" {
			t.Errorf("%s sandbox %v: got %v, %v", test.region, test.sandbox, c, err)
		}
	}
	c, err := New(Config{ClientID: "x", ClientSecret: "x", Region: MX, TokenURL: "https://sso.test/token"})
	if err != nil || c.currency != "MXN" || c.Region() != MX {
		t.Errorf("got %v, %v", c, err)
	}
	for word, want := range map[string]Region{"us": US, " CA ": CA, "Br": BR, "mx": MX, "": "", "uk": ""} {
		if got, err := ParseRegion(word); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v", word, got, err)
		}
	}
}

func TestConfigThatCannotWork(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no id":            func(c *Config) { c.ClientID = "" },
		"no secret":        func(c *Config) { c.ClientSecret = "" },
		"negative rate":    func(c *Config) { c.Rate = -1 },
		"negative places":  func(c *Config) { c.Concurrency = -1 },
		"negative time":    func(c *Config) { c.TokenTimeout = -time.Second },
		"share beyond all": func(c *Config) { c.BreakerShare = 2 },
		"plain HTTP":       func(c *Config) { c.BaseURL = "http://stellr.test" },
		"plain HTTP token": func(c *Config) { c.TokenURL = "http://stellr.test/" + testSecret },
		"another scheme":   func(c *Config) { c.BaseURL = "ftp://stellr.test" },
		"no scheme":        func(c *Config) { c.BaseURL = "stellr.test" },
		"a user":           func(c *Config) { c.BaseURL = "https://user:" + testSecret + "@stellr.test" },
		"a query":          func(c *Config) { c.TokenURL = "https://stellr.test/?secret=" + testSecret },
		"a fragment":       func(c *Config) { c.BaseURL = "https://stellr.test/#x" },
		"a path with dots": func(c *Config) { c.BaseURL = "https://stellr.test/a/../b" },
		"no host":          func(c *Config) { c.BaseURL = "https:///api" },
		"not an address":   func(c *Config) { c.BaseURL = "https://" + testSecret + "\x7f" },
	} {
		cfg := Config{ClientID: "x", ClientSecret: "x"}
		change(&cfg)
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		} else {
			wantNoSecrets(t, strings.ReplaceAll(err.Error(), "https://", ""))
		}
	}
	for _, address := range []string{"http://127.0.0.1:8080", "http://[::1]:8080/stellr/", "http://localhost"} {
		if _, err := New(Config{ClientID: "x", ClientSecret: "x", BaseURL: address, TokenURL: address}); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
