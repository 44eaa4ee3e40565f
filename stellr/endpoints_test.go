package stellr

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// notEndpoints are the exported methods of Client that stand for no row of the table.
var notEndpoints = []string{
	"Authenticated", "Available", "BaseURL", "Check", "Circuit", "Format", "HasResellerSubscriptions", "Region", "Sandbox", "TokenExpiresAt",
}

func TestEveryEndpointHasItsMethod(t *testing.T) {
	client := reflect.TypeFor[*Client]()
	var served []string
	for _, row := range Endpoints() {
		if _, ok := client.MethodByName(row.Client); !ok {
			t.Errorf("%s: Client has no method %s", row.Action, row.Client)
		}
		served = append(served, row.Client)
		if reading := row.Method == http.MethodGet; row.Method != "" && reading == row.Writes {
			t.Errorf("%s: %s cannot be writes %v", row.Action, row.Method, row.Writes)
		}
		if row.Path != "" {
			if err := cleanTemplate(row.Path, row.Path); err != nil {
				t.Errorf("%s: %v", row.Action, err)
			}
		}
	}
	for i := range client.NumMethod() {
		name := strings.TrimPrefix(client.Method(i).Name, "Kept") // what a cache has of the same
		if !slices.Contains(served, name) && !slices.Contains(notEndpoints, name) {
			t.Errorf("Client.%s stands for no row of the table", name)
		}
	}
}

// call calls every endpoint method with ones and reads what it returns to its end.
func callEverything(t *testing.T, c *Client) map[string]error {
	errs := map[string]error{}
	value := reflect.ValueOf(c)
	for _, row := range Endpoints() {
		method := value.MethodByName(row.Client)
		var in []reflect.Value
		for i := range method.Type().NumIn() {
			in = append(in, sample(t, method.Type().In(i)))
		}
		out := method.Call(in)
		if len(out) == 1 {
			out = out[0].MethodByName("Collect").Call([]reflect.Value{reflect.ValueOf(t.Context())})
		}
		errs[row.Client], _ = out[1].Interface().(error)
	}
	return errs
}

func sample(t *testing.T, of reflect.Type) reflect.Value {
	switch of {
	case reflect.TypeFor[context.Context]():
		return reflect.ValueOf(t.Context())
	case reflect.TypeFor[string]():
		return reflect.ValueOf("1")
	case reflect.TypeFor[Date]():
		return reflect.ValueOf(NewDate(2026, 7, 9))
	case reflect.TypeFor[RenewalDecision]():
		return reflect.ValueOf(RenewalReject)
	case reflect.TypeFor[GenericRequest]():
		return reflect.ValueOf(GenericRequest{Method: "GET", Path: "/api/v1/generic"})
	}
	value := reflect.New(of).Elem()
	switch of.Kind() {
	case reflect.Struct:
		for i := range of.NumField() {
			value.Field(i).Set(sample(t, of.Field(i).Type))
		}
	case reflect.Int:
		value.SetInt(1)
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Slice:
		value = reflect.Append(value, sample(t, of.Elem()))
	case reflect.Pointer:
		value = reflect.New(of.Elem())
		value.Elem().Set(sample(t, of.Elem()))
	}
	return value
}

// Every method asks for what its row says, and for nothing else.
func TestEveryMethodAsksForItsRow(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, 200, `{"requestId":"r","data":{"customerNo":1,"subscriptionId":"1","operationId":1,"productId":1,"skuNo":"1","vendorId":"1","agreementType":"1","total":0,"records":[]}}`)
	})
	c := f.client(t, func(cfg *Config) { cfg.Paths = map[Action]string{ActionListResellerSubscriptions: "/api/v1/all"} })
	for method, err := range callEverything(t, c) {
		if err != nil {
			t.Errorf("%s: %v", method, err)
		}
	}
	var asked, want []string
	for _, request := range f.seen() {
		asked = append(asked, request.method+" "+request.path)
	}
	for _, row := range Endpoints() {
		path := placeholder.ReplaceAllString(row.Path, "1")
		switch row.Action {
		case ActionGenericRequest:
			row.Method, path = "GET", "/api/v1/generic"
		case ActionListResellerSubscriptions:
			path = "/api/v1/all"
		}
		want = append(want, row.Method+" "+path)
	}
	slices.Sort(asked)
	slices.Sort(want)
	if !slices.Equal(asked, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(asked, "\n"), strings.Join(want, "\n"))
	}
}

// No method sends anything without its keys.
func TestNoMethodSendsAnEmptyKey(t *testing.T) {
	f := newFake(t, nil)
	value := reflect.ValueOf(f.client(t))
	for _, row := range Endpoints() {
		if !strings.Contains(row.Path, "{") {
			continue
		}
		method := value.MethodByName(row.Client)
		strung := 0
		for i := range method.Type().NumIn() {
			if method.Type().In(i).Kind() == reflect.String {
				strung++
			}
		}
		for empty := range strung {
			var in []reflect.Value
			key := 0
			for i := range method.Type().NumIn() {
				arg := sample(t, method.Type().In(i))
				if arg.Kind() == reflect.String {
					if key == empty {
						arg = reflect.ValueOf("")
					}
					key++
				}
				in = append(in, arg)
			}
			out := method.Call(in)
			if len(out) == 1 {
				out = out[0].MethodByName("Collect").Call([]reflect.Value{reflect.ValueOf(t.Context())})
			}
			err, _ := out[1].Interface().(error)
			wantError(t, err, CodeInvalid, NotSent)
		}
	}
	if len(f.dials()) != 0 {
		t.Error("something was sent")
	}
}
