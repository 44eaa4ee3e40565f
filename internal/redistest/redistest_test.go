package redistest_test

import (
	"testing"

	"github.com/redis/rueidis"

	"stellr-gateway/internal/redistest"
)

func TestKilledAndStartedAgain(t *testing.T) {
	s := redistest.Start(t)
	c := s.Client()
	get := func() (string, error) { return c.Do(t.Context(), c.B().Get().Key("k").Build()).ToString() }
	if err := c.Do(t.Context(), c.B().Set().Key("k").Value("v").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	if value, err := get(); value != "v" || err != nil {
		t.Fatal(value, err)
	}
	url := s.URL()
	s.Kill()
	if again := s.Client(); again.Do(t.Context(), again.B().Ping().Build().ToPipe()).Error() == nil {
		t.Error("it answers although it was killed")
	}
	s.Restart()
	if value, err := get(); value != "" || !rueidis.IsRedisNil(err) || s.URL() != url {
		t.Error(value, err)
	}
}
