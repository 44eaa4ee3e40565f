package stellr

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxKey  = 256  // bytes of one key in a path
	maxPath = 2048 // bytes of a path that came from outside
)

var placeholder = regexp.MustCompile(`\{[a-zA-Z]+\}`)

// keys are the values of a path's placeholders, by name.
type keys map[string]string

// fillPath puts the keys into the template, each escaped as one segment.
func fillPath(template string, values keys) (string, error) {
	var path strings.Builder
	var failed error
	for {
		before, rest, hole := strings.Cut(template, "{")
		path.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		if !hole || !closed {
			return path.String(), failed
		}
		segment, err := escapeKey(values[name])
		if err != nil && failed == nil {
			failed = fmt.Errorf("%s %w", name, err)
		}
		path.WriteString(segment)
		template = after
	}
}

// escapeKey is the key as one path segment. A key that could be read as something else than a name is an error.
func escapeKey(key string) (string, error) {
	switch {
	case key == "":
		return "", errors.New("is missing")
	case len(key) > maxKey:
		return "", errors.New("is too long")
	case key == "." || key == "..":
		return "", errors.New("must not be . or ..")
	case !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl):
		return "", errors.New("holds characters that are not text")
	case strings.TrimSpace(key) == "":
		return "", errors.New("is blank")
	}
	return url.PathEscape(key), nil
}

// cleanPath checks a path that came from outside, percent-escapes allowed, and returns it escaped in one fixed way. It
// begins with one slash, has no empty, . or .. segment, and its decoded characters are letters, digits, spaces and a
// few signs that no server takes for anything else: no slash, backslash, percent, question mark, hash or at sign.
func cleanPath(path string) (string, error) {
	if len(path) > maxPath || !strings.HasPrefix(path, "/") || path == "/" {
		return "", errors.New("a path begins with one slash and has at most 2048 characters")
	}
	segments := strings.Split(path[1:], "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil || plain == "" || strings.Trim(plain, ".") == "" || !utf8.ValidString(plain) || strings.ContainsFunc(plain, oddInPath) {
			return "", errors.New("a path has clean segments of letters, digits and -_.~$:,=+ only")
		}
		segments[i] = url.PathEscape(plain)
	}
	return "/" + strings.Join(segments, "/"), nil
}

func oddInPath(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.~$:,=+ ", r)
}

// cleanTemplate checks a configured path against the row it replaces: same placeholders, clean otherwise.
func cleanTemplate(path, row string) error {
	if _, err := cleanPath(placeholder.ReplaceAllString(path, "x")); err != nil {
		return err
	}
	want, got := placeholder.FindAllString(row, -1), placeholder.FindAllString(path, -1)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		return fmt.Errorf("the path needs the placeholders %v, each once", want)
	}
	return nil
}
