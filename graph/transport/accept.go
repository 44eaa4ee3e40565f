package transport

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// The media types of answers.
const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
	mediaStream   = "text/event-stream"
)

// wish is what kinds of answer a caller takes.
type wish struct {
	media        string // for one answer: mediaJSON, mediaResponse, or empty when neither will do
	stream       bool   // server-sent events will do
	preferStream bool   // and are wanted even where one answer would do
}

// taste is how much a caller likes a media type: 0 is not at all.
type taste struct {
	quality  float64
	specific int // 2 for the type itself, 1 for a range such as application/*, 0 for */*
}

func (t taste) over(other taste) bool {
	return t.quality > other.quality || t.quality == other.quality && t.specific > other.specific
}

// wishOf reads the Accept headers. Without any, the answer is application/json.
func wishOf(header http.Header) wish {
	ranges := header.Values("Accept")
	if strings.TrimSpace(strings.Join(ranges, "")) == "" {
		return wish{media: mediaJSON}
	}
	tastes := map[string]taste{}
	for _, line := range ranges {
		for part := range strings.SplitSeq(line, ",") {
			note(tastes, part)
		}
	}
	var w wish
	json, response, stream := tastes[mediaJSON], tastes[mediaResponse], tastes[mediaStream]
	one := json
	switch {
	case response.quality > 0 && (response.over(json) || response == json && response.specific == 2):
		w.media, one = mediaResponse, response
	case json.quality > 0:
		w.media = mediaJSON
	}
	w.stream = stream.quality > 0 && stream.specific == 2 // */* is not a wish for an endless answer
	w.preferStream = w.stream && stream.over(one)
	return w
}

// note adds what one media range of an Accept header says about the types that there are. The most specific range
// that names a type is the one that counts.
func note(tastes map[string]taste, part string) {
	name, params, err := mime.ParseMediaType(part)
	if err != nil {
		return
	}
	quality := 1.0
	if text, ok := params["q"]; ok {
		if quality, err = strconv.ParseFloat(text, 64); err != nil || quality < 0 || quality > 1 {
			return
		}
	}
	for _, media := range []string{mediaJSON, mediaResponse, mediaStream} {
		specific := 0
		switch name {
		case media:
			specific = 2
		case media[:strings.Index(media, "/")] + "/*":
			specific = 1
		case "*/*":
		default:
			continue
		}
		if was, ok := tastes[media]; !ok || specific > was.specific {
			tastes[media] = taste{quality, specific}
		}
	}
}

// checkContentType refuses every body that is not plain JSON in UTF-8. That is also what keeps forms of other sites
// out: a browser does not send this content type across sites without asking first, and is never told yes.
func checkContentType(header http.Header) *Refusal {
	unsupported := refuse(http.StatusUnsupportedMediaType, "The content type must be application/json, in UTF-8 and not compressed.")
	values := header.Values("Content-Type")
	if len(values) != 1 {
		return unsupported
	}
	media, params, err := mime.ParseMediaType(values[0])
	if err != nil || media != mediaJSON {
		return unsupported
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return unsupported
		}
	}
	if encoding := header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return unsupported
	}
	return nil
}

// fromElsewhere says whether a browser sent the request on behalf of another site's page.
func fromElsewhere(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none": // none is a person who typed the address
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	from, err := url.Parse(origin)
	return err != nil || !strings.EqualFold(from.Host, r.Host)
}
