package stellr

import (
	"context"
	"errors"
	"net/http"
	"testing"
)

// Pages that are kept by somebody else are read to their end, although another one of the list has failed.
func TestViaPagesDoNotFailTogether(t *testing.T) {
	refused := errors.New("refused")
	var second context.Context
	list := (&List[*Vendor]{client: &Client{cfg: Config{Concurrency: 4}}}).Via(func(ctx context.Context, number int) (*Page[*Vendor], error) {
		switch number {
		case 1:
			items := make([]*Vendor, PageSize)
			for i := range items {
				items[i] = &Vendor{}
			}
			return &Page[*Vendor]{Items: items, Number: 1, Total: 3 * PageSize, rows: PageSize}, nil
		case 3:
			return nil, refused
		}
		second = ctx
		return &Page[*Vendor]{Number: 2, Total: 3 * PageSize}, nil
	})
	if _, err := list.Collect(t.Context()); !errors.Is(err, refused) || second.Err() != nil {
		t.Errorf("the list: %v; its second page: %v", err, second.Err())
	}
}

// others is a cache that asks nobody: another operation has asked already.
type others struct{ Cache }

func (others) Read(context.Context, Question) (Reading, error) {
	return Reading{Value: &Page[*Vendor]{}}, nil
}

// Whoever is told of a read learns whether its request was its own, and where it goes without any keys.
func TestReadingsOfOthersRequests(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, oneVendor) })
	for name, test := range map[string]struct {
		cache  Cache
		shared bool
	}{"its own": {fetching{}, false}, "another's": {others{}, true}} {
		c := f.client(t, func(c *Config) { c.Cache = test.cache })
		told := 0
		ctx := WithReuse(t.Context(), Reuse{Told: func(q Question, r Reading) {
			told++
			if r.Shared != test.shared || q.Template != c.endpoints[ActionListVendors].Path {
				t.Errorf("%s: %+v %+v", name, q, r)
			}
		}})
		if _, err := c.Vendors().Page(ctx, 1); err != nil || told != 1 {
			t.Error(name, told, err)
		}
	}
}

// fetching is a cache that keeps nothing.
type fetching struct{ Cache }

func (fetching) Read(ctx context.Context, q Question) (Reading, error) {
	raw, _, err := q.Fetch(ctx)
	if err != nil {
		return Reading{}, err
	}
	value, err := q.Decode(raw)
	return Reading{Value: value}, err
}
