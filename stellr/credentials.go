package stellr

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

// looksSecret says whether a field or parameter of that name holds a credential. Records of customers and of vendor
// accounts can carry some (D).
func looksSecret(name string) bool {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
	for _, word := range []string{"password", "passwd", "secret", "token", "apikey", "accesskey", "privatekey", "credential", "authorization"} {
		if strings.Contains(plain, word) {
			return true
		}
	}
	return plain == "pwd" || plain == "pin"
}

// withoutCredentials is the JSON with the values of such fields replaced, and with the secrets taken out of all others,
// in the same order.
func withoutCredentials(value []byte, secrets ...string) json.RawMessage {
	if len(value) == 0 {
		return nil
	}
	var out bytes.Buffer
	copyRedacted(&out, bytes.TrimSpace(bytes.TrimPrefix(value, []byte("\xef\xbb\xbf"))), secrets)
	return out.Bytes()
}

// wordsWithout is the text with the secrets taken out. Very short ones stay: taking them out would only garble the text.
func wordsWithout(text string, secrets []string) string {
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			text = strings.NewReplacer(secret, redacted, url.QueryEscape(secret), redacted).Replace(text)
		}
	}
	return text
}

// copyRedacted goes no deeper than wellFormed allows.
func copyRedacted(out *bytes.Buffer, value []byte, secrets []string) {
	separator := ""
	switch kindOf(value) {
	case '{':
		out.WriteByte('{')
		eachField(value, func(name, inner []byte) {
			out.WriteString(separator)
			separator = ","
			quoted, _ := json.Marshal(string(name)) // a string always can be
			out.Write(quoted)
			out.WriteByte(':')
			if looksSecret(string(name)) && !isNull(inner) {
				out.WriteString(`"` + redacted + `"`)
				return
			}
			copyRedacted(out, inner, secrets)
		})
		out.WriteByte('}')
	case '[':
		out.WriteByte('[')
		eachElement(value, func(inner []byte) {
			out.WriteString(separator)
			separator = ","
			copyRedacted(out, inner, secrets)
		})
		out.WriteByte(']')
	default:
		text := string(value)
		if kindOf(value) == '"' {
			text = stringOf(value)
		}
		if clean := wordsWithout(text, secrets); clean != text {
			value, _ = json.Marshal(clean) // a string always can be
		}
		out.Write(value)
	}
}

// hidingCredentials hides the values of what looks like a credential in a request that came from outside.
func (rq *call) hidingCredentials() *call {
	for name, values := range rq.query {
		for _, value := range values {
			if looksSecret(name) {
				rq.hiding(value)
			}
		}
	}
	var within func(value []byte)
	within = func(value []byte) {
		eachField(value, func(name, inner []byte) {
			if text, ok := textOf(inner); ok && looksSecret(string(name)) {
				rq.hiding(text)
			}
			within(inner)
		})
		eachElement(value, within)
	}
	within(bytes.TrimSpace(rq.body))
	return rq
}
