package main

import (
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/internal/cache"
)

// keeping is what is set about what is kept of Stellr's answers.
type keeping struct {
	on      string // on or off
	lives   graph.Lives
	memory  int64         // bytes
	answers time.Duration // whole answers; 0 keeps none
}

// cacheSettings is every key of `cache` in gateway.yaml.
func (c *config) cacheSettings() []setting {
	k := &c.keeping
	const most = 24 * time.Hour
	return []setting{
		{name: "catalogue", fallback: "1h", set: duration(&k.lives.Catalogue, 0, most), does: "vendors and products"},
		{name: "customers", fallback: "1m", set: duration(&k.lives.Customers, 0, most), does: "customers, their agreements and vendor accounts"},
		{name: "subscriptions", fallback: "10s", set: duration(&k.lives.Subscriptions, 0, most), does: "subscriptions, their renewal options and change logs, and people"},
		{name: "invoices", fallback: "5m", set: duration(&k.lives.Invoices, 0, most), does: "invoices, charges and consumption"},
		{name: "missing", fallback: "5s", set: duration(&k.lives.Missing, 0, most), does: "that something is not there"},
		{name: "stale", fallback: "1m", set: duration(&k.lives.Stale, 0, most), does: "how much longer any of it is shown while it is read anew, and never longer than its life again"},
		{name: "memory", fallback: "64MiB", set: size(&k.memory, 1<<20, 1<<40), does: "memory for it, about"},
	}
}

// setCache sets what given holds, and the rest to its fallback.
func (c *config) setCache(given map[string]any) error {
	err := setAll("setting of the cache", c.cacheSettings(), given)
	if c.keeping.on == "off" {
		c.keeping.lives = graph.Lives{}
	}
	return err
}

// open prepares what answers are kept in, once it is known whose they are.
func (c *config) open(kept *graph.Kept, account string, s *shared) (err error) {
	kept.Account, kept.Lives = account, c.keeping.lives
	kept.Store, err = s.cache(account, cache.Options{MaxBytes: c.keeping.memory})
	return err
}
