package stellr

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"runtime"
	"strconv"
	"testing"
)

// A long page is read in parts: in its order, with all that was odd, whatever the number of rows.
func TestLongPagesAreReadInOrder(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, length := range []int{0, 1, 31, 32, 63, 64, 65, 127, 128, 129, 200} {
		page := pageOfNumbers(length, nil)
		if len(page.Items) != length-(length+6)/7 || page.Dropped != (length+6)/7 {
			t.Errorf("%d rows: %d items, %d dropped", length, len(page.Items), page.Dropped)
		}
		last := -1
		for _, item := range page.Items {
			if *item <= last || *item%7 == 0 {
				t.Fatalf("%d rows: %d comes after %d", length, *item, last)
			}
			last = *item
		}
	}
}

// A panic in any part comes to whoever reads the page.
func TestPanicsOfPartsCome(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, bad := range []int{1, 50, 99, 198} {
		func() {
			defer func() {
				if p := recover(); p != fmt.Sprint("row ", bad) {
					t.Errorf("row %d brought %v", bad, p)
				}
			}()
			pageOfNumbers(200, func(row int) bool { return row == bad })
		}()
	}
}

// pageOfNumbers is a page of rows that are numbers, without those that seven divides. Each takes so much room that the page
// is shared out.
func pageOfNumbers(length int, bad func(row int) bool) *Page[*int] {
	var data bytes.Buffer
	for row := range length {
		fmt.Fprintf(&data, "%c%*d", "[,"[min(row, 1)], worthSharing/20, row)
	}
	data.WriteString("]")
	list := &List[*int]{client: &Client{cfg: Config{Logger: slog.New(slog.DiscardHandler)}, seed: maphash.MakeSeed()}, read: func(row []byte, n *notes) (*int, int, bool) {
		end := valueEnd(row, 0)
		number, _ := strconv.Atoi(string(row[:end]))
		if bad != nil && bad(number) {
			panic(fmt.Sprint("row ", number))
		}
		return &number, end, number%7 != 0
	}}
	page := new(Page[*int])
	list.fill(context.Background(), &call{}, page, data.Bytes())
	return page
}
