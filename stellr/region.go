package stellr

import (
	"fmt"
	"strings"
)

// Region is a country in which TD SYNNEX runs Stellr.
type Region string

// The regions.
const (
	US Region = "US"
	CA Region = "CA"
	BR Region = "BR"
	MX Region = "MX"
)

// ParseRegion reads us, ca, br or mx in any case.
func ParseRegion(word string) (Region, error) {
	region := Region(strings.ToUpper(strings.TrimSpace(word)))
	if _, ok := regions()[region]; !ok {
		return "", fmt.Errorf("unknown region %q: the regions are us, ca, br and mx", word)
	}
	return region, nil
}

// place is where a region is, and how sure that is. An empty URL is not publicly known.
type place struct {
	base, sandbox, token             string
	baseMark, sandboxMark, tokenMark Mark
	currency                         string // of records that do not say (A)
}

func regions() map[Region]place {
	return map[Region]place{
		US: {
			base: "https://api.us.tdsynnex.com", baseMark: Documented,
			sandbox: "https://api-uat.us.tdsynnex.com", sandboxMark: Observed,
			token: "https://sso.us.tdsynnex.com/oauth2/v1/token", tokenMark: Observed, // the sandbox uses the same (O)
			currency: "USD",
		},
		CA: {
			base: "https://api.ca.tdsynnex.com", baseMark: Documented,
			sandbox: "https://api-uat.ca.tdsynnex.com", sandboxMark: Assumed,
			token: "https://sso.ca.tdsynnex.com/oauth2/v1/token", tokenMark: Observed, // weakly
			currency: "CAD",
		},
		BR: {base: "https://api-br.lac.tdsynnex.com", baseMark: Documented, currency: "BRL"},
		MX: {base: "https://api-mx.lac.tdsynnex.com", baseMark: Documented, currency: "MXN"},
	}
}

// locate is where to send requests and where to get tokens, overrides considered.
func locate(cfg Config) (base, token, currency string, err error) {
	at, ok := regions()[cfg.Region]
	if !ok {
		return "", "", "", fmt.Errorf("unknown region %q: the regions are US, CA, BR and MX", cfg.Region)
	}
	base, token = at.base, at.token
	if cfg.Sandbox {
		base = at.sandbox
	}
	inherit(&cfg.BaseURL, base)
	inherit(&cfg.TokenURL, token)
	if cfg.BaseURL == "" {
		return "", "", "", fmt.Errorf("no sandbox address of region %s is publicly known: configure the base URL", cfg.Region)
	}
	if cfg.TokenURL == "" {
		return "", "", "", fmt.Errorf("no token address of region %s is publicly known: configure the token URL", cfg.Region)
	}
	return cfg.BaseURL, cfg.TokenURL, at.currency, nil
}
