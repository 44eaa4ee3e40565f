package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"stellr-gateway/stellr"
)

// The functions below read one kind of value each: they check a text and keep what it means. Their errors may show the
// text, so only text is for secrets.

func text[T ~string](to *T) func(string) error {
	return func(value string) error {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return errors.New("it has a line break or another control character in it")
		}
		*to = T(value)
		return nil
	}
}

func oneOf(to *string, words ...string) func(string) error {
	return func(value string) error {
		if !slices.Contains(words, value) {
			return fmt.Errorf("%q is not %s", value, strings.Join(words, " or "))
		}
		*to = value
		return nil
	}
}

func yesNo(to *bool) func(string) error {
	return func(value string) (err error) {
		if *to, err = strconv.ParseBool(value); err != nil {
			return fmt.Errorf("%q is not true or false", value)
		}
		return nil
	}
}

func number[T int | int64 | float64](to *T, least, most T) func(string) error {
	return func(value string) error {
		parsed, err := strconv.ParseFloat(value, 64)
		n := T(parsed)
		if err != nil || float64(n) != parsed || n < least || n > most {
			return fmt.Errorf("%q is not a number from %v to %v", value, least, most)
		}
		*to = n
		return nil
	}
}

func duration(to *time.Duration, least, most time.Duration) func(string) error {
	return func(value string) error {
		d, err := time.ParseDuration(value)
		if err != nil || d < least || d > most {
			return fmt.Errorf("%q is not a duration from %v to %v, such as 500ms or 30s", value, least, most)
		}
		*to = d
		return nil
	}
}

// size reads a number of bytes, also as KiB or MiB.
func size[T int | int64](to *T, least, most T) func(string) error {
	return func(value string) error {
		digits, unit := strings.TrimSpace(value), int64(1)
		if kib, ok := strings.CutSuffix(digits, "KiB"); ok {
			digits, unit = kib, 1<<10
		} else if mib, ok := strings.CutSuffix(digits, "MiB"); ok {
			digits, unit = mib, 1<<20
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 32)
		if n *= unit; err != nil || n < int64(least) || n > int64(most) {
			return fmt.Errorf("%q is not a size from %d to %d bytes, such as 65536 or 64KiB", value, least, most)
		}
		*to = T(n)
		return nil
	}
}

func region(to *stellr.Region) func(string) error {
	return func(value string) (err error) {
		*to, err = stellr.ParseRegion(value)
		return err
	}
}

func logLevel(to *slog.Level) func(string) error {
	return func(value string) error {
		levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
		level, ok := levels[value]
		if !ok {
			return fmt.Errorf("%q is not debug, info, warn or error", value)
		}
		*to = level
		return nil
	}
}

// webAddress reads the address of a server. It does not show what it refuses, since addresses can hold passwords.
func webAddress(to *string) func(string) error {
	return func(value string) error {
		u, err := url.Parse(value)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return errors.New("it is not of the form https://host/path, without user, query and fragment")
		}
		*to = value
		return nil
	}
}

// webOrigins reads a list of origins as browsers send them.
func webOrigins(to *[]string) func(string) error {
	return func(value string) error {
		for origin := range strings.SplitSeq(value, ",") {
			origin = strings.TrimSpace(origin)
			u, err := url.Parse(origin)
			if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Scheme+"://"+u.Host != origin || strings.Contains(origin, "*") {
				return fmt.Errorf("%q is not an origin such as https://app.example.com", origin)
			}
			*to = append(*to, strings.ToLower(origin))
		}
		return nil
	}
}

func listenAddress(to *string) func(string) error {
	return func(value string) error {
		_, port, err := net.SplitHostPort(value)
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			return fmt.Errorf("%q is not host:port, such as 127.0.0.1:8080", value)
		}
		*to = value
		return nil
	}
}

// isLoopback says whether only this machine can reach the address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && isLoopbackHost(host)
}

func isLoopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// durations reads several, with commas between.
func durations(to *[]time.Duration, least, most time.Duration) func(string) error {
	return func(value string) error {
		var all []time.Duration
		for _, word := range strings.Split(value, ",") {
			var one time.Duration
			if err := duration(&one, least, most)(strings.TrimSpace(word)); err != nil {
				return err
			}
			all = append(all, one)
		}
		*to = all
		return nil
	}
}
