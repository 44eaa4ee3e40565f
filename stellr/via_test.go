package stellr

import (
	"context"
	"errors"
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
