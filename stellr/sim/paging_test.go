package sim

import (
	"fmt"
	"testing"

	"stellr-gateway/stellr"
)

func TestListsWithoutPagingAnswerNothing(t *testing.T) {
	eachList(t, func(t *testing.T, e stellr.Endpoint) {
		s, _ := start(t, Options{ResellerSubscriptionsPath: testResellerPath})
		_, target, _ := request(s, e)
		for _, cut := range []string{"&pageNo=1", "&pageSize=200"} {
			path := ""
			for i := range target {
				if i+len(cut) <= len(target) && (target[i:i+len(cut)] == cut || target[i:i+len(cut)] == "?"+cut[1:]) {
					path = target[:i] + "?x=1" + target[i+len(cut):]
					if target[i] == '&' {
						path = target[:i] + target[i+len(cut):]
					}
				}
			}
			want(t, decoded(t, send(s, "GET", path, ""), 200)["data"].(object), "total", 0, "records", "[]")
		}
	})
}

func TestPages(t *testing.T) {
	s, _ := calm(t)
	huge := s.world.all()[hugeCustomer].record.CustomerNo
	for _, c := range []struct {
		query   string
		records int
		status  int
	}{
		{"pageNo=1&pageSize=200", 200, 200}, {"pageNo=1&pageSize=5000", 200, 200}, {"pageNo=2&pageSize=200", hugeCount - 200, 200}, {"pageNo=3&pageSize=200", 0, 200},
		{"pageNo=9223372036854775807&pageSize=200", 0, 200}, {"pageNo=2&pageSize=100", 100, 200}, {"pageNo=0&pageSize=10", 0, 400}, {"pageNo=1&pageSize=-1", 0, 400},
		{"pageNo=one&pageSize=10", 0, 400},
	} {
		o := decoded(t, send(s, "GET", "/api/v1/customers/"+huge+"/subscriptions?"+c.query, ""), c.status)
		if data, ok := o["data"].(object); ok {
			if got := len(data["records"].([]any)); got != c.records || fmt.Sprint(data["total"]) != fmt.Sprint(hugeCount) {
				t.Errorf("%s: %d records of %v", c.query, got, data["total"])
			}
		}
	}
}
