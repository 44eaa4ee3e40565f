package events

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

const (
	maxMessage   = 1 << 20         // bytes of one message; what is bigger is dropped
	waiting      = 1024            // events that may wait to be told
	atOnce       = 64              // of these, told in one trip
	freshFor     = 5 * time.Second // an event that waited longer is dropped: a late one misleads more than it tells
	tellPatience = time.Second     // Redis has so long to take events, then all that wait are dropped
	lastWords    = time.Second     // and at the end
	askPatience  = 2 * time.Second // and to let this node listen
	comeBack     = 250 * time.Millisecond
	quietLog     = 10 * time.Second // at most one warning of a kind in that time
)

// form is what a message begins with: its version. A line each for the node and the kind follow, then the event as JSON.
const form = "1"

// RedisOptions are what a Redis bus works with. Logger alone may be nil.
type RedisOptions struct {
	Client  rueidis.Client
	Account string // nodes with the same one hear each other
	Node    string // names this node among them
	Logger  *slog.Logger
}

// Redis is a Bus over Redis's publish and subscribe. While Redis is away, events reach their own node only.
type Redis struct {
	o         RedisOptions
	channel   string
	queue     chan told
	ctx       context.Context // ends when nothing more is taken
	cancel    context.CancelFunc
	ended     sync.WaitGroup
	connected atomic.Bool
	warned    [warnings]atomic.Int64 // when, of each kind of warning
}

// told is an event on its way.
type told struct {
	kind  string
	event any
	at    time.Time
}

// The kinds of warnings.
const (
	notTold = iota
	notHeard
	notUnderstood
	warnings // how many there are
)

// NewRedis makes a bus. Redis need not be reachable.
func NewRedis(o RedisOptions) *Redis {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Node = strings.ReplaceAll(o.Node, "\n", " ")
	name := sha256.Sum256([]byte(o.Account))
	ctx, cancel := context.WithCancel(context.Background())
	r := &Redis{
		o: o, channel: "stellr-gateway:events:" + hex.EncodeToString(name[:16]), queue: make(chan told, waiting), ctx: ctx, cancel: cancel,
	}
	r.ended.Go(r.tell)
	return r
}

// Close tells what waits, as far as Redis takes it at once, and nothing after. The client stays open.
func (r *Redis) Close() {
	r.cancel()
	r.ended.Wait()
}

// Connected says whether what other nodes tell arrives at the moment.
func (r *Redis) Connected() bool { return r.connected.Load() }

// Publish implements Bus.
func (r *Redis) Publish(kind string, event any) {
	if r.ctx.Err() != nil {
		return
	}
	select {
	case r.queue <- told{kind, event, time.Now()}:
	default:
		r.warn(notTold, "events are not told to other nodes: Redis does not take them in time")
	}
}

// tell tells what waits, many at once.
func (r *Redis) tell() {
	for {
		select {
		case first := <-r.queue:
			r.send(tellPatience, r.gather([]told{first}))
		case <-r.ctx.Done():
			for end := time.Now().Add(lastWords); len(r.queue) > 0 && time.Now().Before(end); {
				r.send(time.Until(end), r.gather(nil))
			}
			return
		}
	}
}

// gather adds what else waits.
func (r *Redis) gather(events []told) []told {
	for len(events) < atOnce {
		select {
		case next := <-r.queue:
			events = append(events, next)
		default:
			return events
		}
	}
	return events
}

func (r *Redis) send(patience time.Duration, events []told) {
	var commands rueidis.Commands
	for _, e := range events {
		if time.Since(e.at) > freshFor {
			r.warn(notTold, "events are not told to other nodes: Redis does not take them in time")
			continue
		}
		message, err := r.encode(e)
		if err != nil {
			r.warn(notUnderstood, "an event cannot be told to other nodes: "+err.Error(), slog.String("kind", e.kind))
			continue
		}
		// Not knowing whether it was told, it is told again: who hears it twice takes it once.
		commands = append(commands, r.o.Client.B().Publish().Channel(r.channel).Message(message).Build().ToRetryable())
	}
	if len(commands) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, result := range r.o.Client.DoMulti(ctx, commands...) {
		if err := result.Error(); err != nil {
			r.warn(notTold, "events are not told to other nodes: Redis "+words(err))
			for len(r.gather(nil)) > 0 { // what waits would only come late
			}
			return
		}
	}
}

var errLarge = errors.New("it is larger than 1 MiB")

// encode writes an event as a message. The error holds nothing of the event.
func (r *Redis) encode(e told) (string, error) {
	event, err := json.Marshal(e.event)
	if err != nil {
		return "", fmt.Errorf("it is not JSON (%T)", e.event)
	}
	message := form + "\n" + r.o.Node + "\n" + e.kind + "\n" + string(event)
	if len(message) > maxMessage {
		return "", errLarge
	}
	return message, nil
}

// decode reads a message. Those of the node itself are nothing new.
func (r *Redis) decode(text string) (m Message, own bool, err error) {
	if len(text) > maxMessage {
		return m, false, errLarge
	}
	parts := strings.SplitN(text, "\n", 4)
	switch {
	case len(parts) != 4 || parts[0] != form:
		return m, false, errors.New("it has another form")
	case parts[1] == r.o.Node:
		return m, true, nil
	case !json.Valid([]byte(parts[3])):
		return m, false, errors.New("it is not JSON")
	}
	return Message{Node: parts[1], Kind: parts[2], Event: json.RawMessage(parts[3])}, false, nil
}

// Listen implements Bus.
func (r *Redis) Listen(ctx context.Context, hear func(Message)) {
	for missed := false; ctx.Err() == nil; {
		err := r.receive(ctx, hear, missed)
		missed = true
		if r.connected.Store(false); ctx.Err() != nil {
			return
		}
		r.warn(notHeard, "events of other nodes do not arrive: Redis "+words(err))
		timer := time.NewTimer(comeBack)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// receive listens on a connection of its own until that breaks or ctx ends.
func (r *Redis) receive(ctx context.Context, hear func(Message), missed bool) error {
	connection, release := r.o.Client.Dedicate()
	defer func() { go release() }() // which waits for Redis
	broken := connection.SetPubSubHooks(rueidis.PubSubHooks{
		OnMessage: func(m rueidis.PubSubMessage) {
			if m.Channel == r.channel && ctx.Err() == nil {
				r.hear(m.Message, hear)
			}
		},
		OnSubscription: func(s rueidis.PubSubSubscription) {
			if s.Kind == "subscribe" && !r.connected.Swap(true) && missed {
				r.o.Logger.Info("events of other nodes arrive again; those of the meantime do not come")
			}
		},
	})
	asking, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	if err := connection.Do(asking, connection.B().Subscribe().Channel(r.channel).Build()).Error(); err != nil {
		return err
	}
	select {
	case err := <-broken:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Redis) hear(text string, hear func(Message)) {
	m, own, err := r.decode(text)
	switch {
	case own:
	case err != nil:
		r.warn(notUnderstood, "a message on the way of events is not understood: "+err.Error())
	default:
		hear(m)
	}
}

// warn says something, unless it said something of the kind a moment ago.
func (r *Redis) warn(kind int, text string, attrs ...any) {
	now := time.Now().UnixNano()
	last := r.warned[kind].Load()
	if (last == 0 || now-last >= int64(quietLog)) && r.warned[kind].CompareAndSwap(last, now) {
		r.o.Logger.Warn(text, attrs...)
	}
}

// words is what went wrong with Redis, without addresses and without what it says itself.
func words(err error) string {
	if answer, ok := rueidis.IsRedisErr(err); ok {
		code, _, _ := strings.Cut(answer.Error(), " ")
		return "refuses it (" + code + ")"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "does not answer in time"
	}
	return "cannot be reached"
}
