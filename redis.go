package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/redis/rueidis"

	"stellr-gateway/graph"
	"stellr-gateway/internal/cache"
	"stellr-gateway/internal/events"
	"stellr-gateway/internal/ration"
	"stellr-gateway/stellr"
)

// redisConnect is how long Redis may take to connect, where its URL does not say.
const redisConnect = time.Second

// redisURL reads where Redis is. It does not show what it refuses: there may be a password in it.
func redisURL(to *stellr.Secret) func(string) error {
	return func(value string) error {
		if _, err := redisOptions(stellr.Secret(value)); err != nil {
			return err
		}
		return text(to)(value)
	}
}

// redisOptions are the options of a client. The error shows nothing of the URL.
func redisOptions(url stellr.Secret) (rueidis.ClientOption, error) {
	options, err := rueidis.ParseURL(string(url))
	if err != nil || len(options.InitAddress) != 1 || options.Sentinel.MasterSet != "" {
		return options, errors.New("it is not of the form redis://user:password@host:6379/0, or rediss:// for TLS, of one server")
	}
	if options.Dialer.Timeout == 0 {
		options.Dialer = net.Dialer{Timeout: redisConnect}
	}
	options.ForceSingleClient = true // which connects again and again, and need not at the start
	options.DisableCache = true
	return options, nil
}

// shared is what nodes share over Redis. Without Redis all of it is nil: each node is on its own.
type shared struct {
	options rueidis.ClientOption
	client  rueidis.Client
	bus     *events.Redis
	ration  *ration.Ration
}

// openShared connects to Redis, where there is one. That it does not answer is said, and no reason not to start.
func (c *config) openShared(log *slog.Logger) (*shared, error) {
	s := &shared{}
	if c.redis == "" {
		return s, nil
	}
	options, err := redisOptions(c.redis)
	if err != nil {
		return nil, fmt.Errorf("GATEWAY_REDIS_URL: %w", err)
	}
	s.options = options
	s.client, err = rueidis.NewClient(options)
	if s.client == nil {
		return nil, errors.New("GATEWAY_REDIS_URL: Redis cannot be used as it says")
	}
	if err != nil {
		log.Warn("Redis does not answer, or refuses the password: until it does this node is on its own")
	}
	if c.stellr.Rate > 0 {
		c.stellr.Pace = func(ctx context.Context) error { return s.ration.Wait(ctx) }
	}
	return s, nil
}

// join has this node share with others of the same upstream account. It comes before anything is asked of the upstream.
func (s *shared) join(c *config, r *record, log *slog.Logger) {
	if s.client == nil {
		return
	}
	s.bus = events.NewRedis(events.RedisOptions{Client: s.client, Account: r.account, Node: r.node, Logger: log})
	if c.stellr.Rate > 0 {
		s.ration = ration.New(ration.Options{Client: s.client, Account: r.account, Node: r.node, Rate: c.stellr.Rate, Logger: log})
	}
}

// cache is where answers of the upstream account are kept: on this node where there is no Redis.
func (s *shared) cache(account string, o cache.Options) (cache.Cache, error) {
	if s.client == nil {
		return cache.Memory(o), nil
	}
	return cache.Redis(s.options, account, o) // with connections of its own, on which Redis tells what is dropped
}

// carry has the resolver tell other nodes what happens, where there are any.
func (s *shared) carry(o *graph.Options) {
	if s.bus != nil {
		o.Bus = s.bus
	}
}

// Close leaves the others. What waits to be told is told first.
func (s *shared) Close() {
	if s.bus != nil {
		s.bus.Close()
	}
	if s.ration != nil {
		s.ration.Close()
	}
	if s.client != nil {
		s.client.Close()
	}
}
