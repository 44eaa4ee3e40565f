package sim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stellr-gateway/stellr"
)

// ParseFaults reads faults as one line, for a command-line flag:
//
//	listSubscriptions:429:every=20,retryAfter=2s;getProduct:latency=300ms;token:503:count=1
//
// Faults are separated by semicolons. Each is an action (or * for any, or token), a kind, and options. A number as the
// kind is a status; latency takes its delay and wrongTotal its total after an equals sign. Options: nth, every, count,
// probability, customer, retryAfter (a duration, or seconds), asDate, commit.
func ParseFaults(text string) ([]Fault, error) {
	var found []Fault
	for _, part := range strings.Split(text, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		f, err := parseFault(part)
		if err != nil {
			return nil, fmt.Errorf("fault %q: %w", part, err)
		}
		found = append(found, f)
	}
	return found, nil
}

func parseFault(text string) (Fault, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) < 2 {
		return Fault{}, fmt.Errorf("want action:kind or action:kind:options")
	}
	f := Fault{Action: stellr.Action(strings.TrimSpace(parts[0]))}
	if f.Action == "*" {
		f.Action = ""
	} else if !knownAction(f.Action) {
		return f, fmt.Errorf("unknown action")
	}
	if err := f.parseKind(strings.TrimSpace(parts[1])); err != nil || len(parts) == 2 {
		return f, err
	}
	for _, option := range strings.Split(parts[2], ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(option), "=")
		if err := f.parseOption(name, value); err != nil {
			return f, fmt.Errorf("option %q: %w", name, err)
		}
	}
	return f, nil
}

func knownAction(action stellr.Action) bool {
	return action == ActionToken || slices.ContainsFunc(stellr.Endpoints(), func(e stellr.Endpoint) bool { return e.Action == action })
}

func (f *Fault) parseKind(text string) (err error) {
	word, value, valued := strings.Cut(text, "=")
	if status, notNumber := strconv.Atoi(word); notNumber == nil {
		word, value, valued = string(FaultStatus), strconv.Itoa(status), true
	}
	f.Kind = FaultKind(word)
	switch f.Kind {
	case FaultStatus:
		if f.Status, err = strconv.Atoi(value); err != nil || f.Status < 400 || f.Status > 599 {
			return fmt.Errorf("a status from 400 to 599 is required")
		}
		return nil
	case FaultLatency:
		f.Delay, err = parseDelay(value)
		return err
	case FaultWrongTotal:
		f.Total, err = strconv.Atoi(value)
		return err
	case FaultReset, FaultHTML, FaultHang, FaultTruncate, FaultRefuse, FaultFailed, FaultDoneFailed, FaultOrphan, FaultEmpty, FaultRepeat:
		if valued {
			return fmt.Errorf("%s takes no value", word)
		}
		return nil
	}
	return fmt.Errorf("unknown kind %q", word)
}

func (f *Fault) parseOption(name, value string) (err error) {
	switch name {
	case "nth":
		f.Nth, err = parseCount(value)
	case "every":
		f.Every, err = parseCount(value)
	case "count":
		f.Count, err = parseCount(value)
	case "probability":
		if f.Probability, err = strconv.ParseFloat(value, 64); err == nil && !(f.Probability > 0 && f.Probability <= 1) {
			err = fmt.Errorf("want more than 0 and at most 1")
		}
	case "customer":
		f.CustomerNo = value
	case "retryAfter":
		f.RetryAfter, err = parseDelay(value)
	case "asDate":
		f.AsDate, err = parseFlag(value)
	case "commit":
		f.Commit, err = parseFlag(value)
	default:
		err = fmt.Errorf("unknown")
	}
	return err
}

func parseCount(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err == nil && n < 1 {
		err = fmt.Errorf("want a number from 1")
	}
	return n, err
}

// parseFlag reads an option that can stand without a value.
func parseFlag(value string) (bool, error) {
	if value == "" {
		return true, nil
	}
	return strconv.ParseBool(value)
}

// parseDelay reads a duration; a bare number is seconds.
func parseDelay(value string) (time.Duration, error) {
	if seconds, err := strconv.Atoi(value); err == nil {
		value = strconv.Itoa(seconds) + "s"
	}
	d, err := time.ParseDuration(value)
	if err == nil && d < 0 {
		err = fmt.Errorf("want no negative duration")
	}
	return d, err
}

// String is the fault as ParseFaults reads it.
func (f Fault) String() string {
	action := string(f.Action)
	if action == "" {
		action = "*"
	}
	kind := string(f.Kind)
	switch f.Kind {
	case FaultStatus:
		kind = strconv.Itoa(f.Status)
	case FaultLatency:
		kind += "=" + f.Delay.String()
	case FaultWrongTotal:
		kind += "=" + strconv.Itoa(f.Total)
	}
	var options []string
	add := func(set bool, option string) {
		if set {
			options = append(options, option)
		}
	}
	add(f.CustomerNo != "", "customer="+f.CustomerNo)
	add(f.Nth > 0, "nth="+strconv.Itoa(f.Nth))
	add(f.Every > 0, "every="+strconv.Itoa(f.Every))
	add(f.Probability > 0, "probability="+strconv.FormatFloat(f.Probability, 'g', -1, 64))
	add(f.Count > 0, "count="+strconv.Itoa(f.Count))
	add(f.RetryAfter > 0, "retryAfter="+f.RetryAfter.String())
	add(f.AsDate, "asDate")
	add(f.Commit, "commit")
	if len(options) == 0 {
		return action + ":" + kind
	}
	return action + ":" + kind + ":" + strings.Join(options, ",")
}
