package graph

import (
	"slices"
	"strings"
	"unicode"
)

// productWords is the product in a name, as words that can be compared: without term and billing, which distributors write
// behind it in parentheses, behind a dash or a comma, or just so, and without what means nothing. Everything else counts:
// E3 is not E5, and what is sold without Teams says so.
func productWords(name string) []string {
	var words []string
	apart := func(r rune) bool { return strings.ContainsRune("()[],;|–—", r) }
	for segment := range strings.FieldsFuncSeq(strings.ReplaceAll(strings.ToLower(name), " - ", ","), apart) {
		words = append(words, withoutTerm(wordsOf(segment))...)
	}
	words = slices.DeleteFunc(words, func(word string) bool { return word == "and" || word == "the" })
	if len(words) > 1 && words[0] == "microsoft" && words[1] != "365" { // some write Microsoft Teams, some Teams
		words = words[1:]
	}
	return words
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// withoutTerm is a part of a name without the words at its end that tell term and billing; numbers are such only where the
// whole part is about the term, since plans have numbers as well.
func withoutTerm(words []string) []string {
	end := len(words)
	for end > 0 && isTerm(words[end-1]) {
		end--
	}
	number := func(word string) bool { return !isNumber(word) }
	if end < len(words) && !slices.ContainsFunc(words[:end], number) {
		return nil
	}
	return words[:end]
}

func isNumber(word string) bool { return strings.Trim(word, "0123456789") == "" }

// isTerm says whether a word tells how long something runs, how it is billed, or that it is sold in New Commerce.
func isTerm(word string) bool {
	switch word {
	case "annual", "annually", "year", "yearly", "years", "yr", "month", "monthly", "months", "mth", "triennial", "term", "billing", "billed",
		"payment", "commitment", "commit", "prepaid", "upfront", "nce", "csp", "com", "new", "commerce", "experience", "commercial",
		"license", "licence", "subscription", "p1m", "p1y", "p3y", "1m", "1y", "3y", "1yr", "3yr", "12m", "36m", "trial":
		return true
	}
	return false
}

func sameWords(a, b []string) bool { return len(a) > 0 && slices.Equal(a, b) }
