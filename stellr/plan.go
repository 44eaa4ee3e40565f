package stellr

import "strings"

// PlanWord is the name of a plan as Google's own documents write it (S): in capitals, with underscores.
func PlanWord(name string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.TrimSpace(name)))
}

// AnnualPlan says whether a plan of Google's binds for a year (S).
func AnnualPlan(name string) bool { return strings.HasPrefix(PlanWord(name), "ANNUAL") }
