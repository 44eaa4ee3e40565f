package stellr

import (
	"regexp"
	"strconv"
	"strings"
)

var seatsChanged = regexp.MustCompile(`(?i)\b(add|increase|remove|decrease|reduce)(?:d|ed)?\s+(\d{1,9})\s+(?:seat|license|licence|unit|user)s?\b`)

var aboutSeats = regexp.MustCompile(`(?i)\b(?:seats?|quantity|licen[cs]es?)\b`)

// AboutSeats says whether the entry is about a number of seats, whether or not it says by how many that changed.
func (e *ChangeLogEntry) AboutSeats() bool {
	return e.SeatsDelta() != nil || aboutSeats.MatchString(e.Activity) || aboutSeats.MatchString(e.Text)
}

// SeatsDelta is by how many seats the entry changed its subscription, read from its text (`Add 3 seats`: 3, `Remove 1
// seat`: -1; O). It is nil when the text does not say.
func (e *ChangeLogEntry) SeatsDelta() *int {
	match := seatsChanged.FindStringSubmatch(e.Text)
	if match == nil {
		return nil
	}
	seats, err := strconv.Atoi(match[2])
	if err != nil {
		return nil
	}
	switch strings.ToLower(match[1]) {
	case "remove", "decrease", "reduce":
		seats = -seats
	}
	return &seats
}
