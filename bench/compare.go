package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"stellr-gateway/bench/load"
	"stellr-gateway/bench/upstream"
)

// contestant is a server that answers the questions.
type contestant struct {
	name    string
	process *process
	asker   asker
}

// comparison puts the same load on every contestant in turn.
type comparison struct {
	contestants []contestant
	upstream    upstream.Control
	out         io.Writer
	rounds      int
	each        time.Duration
	connections int
	questions   []string
}

// measure is what a contestant did in one round.
type measure struct {
	perSecond float64
	calls     float64 // to the upstream, for each question that was answered
	failed    int
	failure   error
}

// results are the measures of each contestant for each question, by round.
type results map[string]map[string][]measure

// run checks that all answer the same, then measures. Contestants take turns within a round, and each round begins with
// another one: whatever the machine does meanwhile befalls all of them.
func (c *comparison) run(ctx context.Context) error {
	if err := c.check(ctx); err != nil {
		return err
	}
	measured := results{}
	for _, question := range c.questions {
		measured[question] = map[string][]measure{}
	}
	for round := range c.rounds {
		for _, question := range c.questions {
			for i := range c.contestants {
				who := c.contestants[(i+round)%len(c.contestants)]
				m, err := c.measure(ctx, who, question, uint64(round))
				if err != nil {
					return fmt.Errorf("%s, question %s: %w", who.name, question, err)
				}
				measured[question][who.name] = append(measured[question][who.name], m)
			}
		}
		fmt.Fprintf(c.out, "round %d of %d\n", round+1, c.rounds)
	}
	return c.print(measured)
}

const customersChecked = 10 // for question C

// check asks everybody the same, and compares the data.
func (c *comparison) check(ctx context.Context) error {
	for _, question := range c.questions {
		var first [][]customer
		for i, who := range c.contestants {
			answers, err := who.answers(ctx, question)
			if err != nil {
				return fmt.Errorf("%s, question %s: %w", who.name, question, err)
			}
			if i == 0 {
				first = answers
			}
			for j, answer := range answers {
				if differs := difference(first[j], answer); differs != "" {
					return fmt.Errorf("question %s: %s and %s answer different things: %s", question, c.contestants[0].name, who.name, differs)
				}
			}
		}
	}
	fmt.Fprintln(c.out, "all give the same data")
	return nil
}

// answers are what the contestant says to the question; for C, of some customers.
func (who contestant) answers(ctx context.Context, question string) ([][]customer, error) {
	connection, err := load.Dial(ctx, who.process.address)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	requests := who.asker.requests(who.process.address, question)
	var answers [][]customer
	for _, request := range requests[:min(len(requests), customersChecked)] {
		body, err := connection.Ask(request)
		if err != nil {
			return nil, err
		}
		answer, err := normalise(body)
		if err != nil {
			return nil, err
		}
		if len(answer) == 0 || question != list && len(answer[0].Subscriptions) == 0 {
			return nil, errors.New("the answer is empty")
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

const warmUp = 300 * time.Millisecond

func (c *comparison) measure(ctx context.Context, who contestant, question string, seed uint64) (measure, error) {
	plan := load.Plan{
		Address: who.process.address, Requests: who.asker.requests(who.process.address, question),
		Connections: c.connections, For: warmUp, Seed: seed,
	}
	if _, err := plan.Run(ctx); err != nil {
		return measure{}, err
	}
	if err := c.upstream.Reset(ctx); err != nil {
		return measure{}, err
	}
	plan.For = c.each
	result, err := plan.Run(ctx)
	if err != nil {
		return measure{}, err
	}
	counts, err := c.upstream.Counts(ctx)
	if err != nil {
		return measure{}, err
	}
	calls := float64(counts.Total()) / float64(max(result.Answered, 1))
	return measure{result.PerSecond(), calls, result.Failed, result.Failure}, nil
}

// print shows a table for each question, and everything that failed. The error says that something did.
func (c *comparison) print(measured results) error {
	for _, question := range c.questions {
		bases := c.bases(question, measured)
		rows := [][]string{{"", "questions/s"}}
		for _, base := range bases {
			rows[0] = append(rows[0], "to "+base, "min to max")
		}
		rows[0] = append(rows[0], "upstream requests a question")
		for _, who := range c.contestants {
			of := measured[question][who.name]
			row := []string{who.name, fmt.Sprintf("%.0f", median(each(of, func(m measure) float64 { return m.perSecond })))}
			for _, base := range bases {
				row = append(row, ratio(of, measured[question][base])...)
			}
			rows = append(rows, append(row, fmt.Sprintf("%.2f", median(each(of, func(m measure) float64 { return m.calls })))))
		}
		printTable(c.out, fmt.Sprintf("%s: %s", question, inWords(question)), rows)
	}
	var failed error
	for _, question := range c.questions {
		for _, who := range c.contestants {
			for round, m := range measured[question][who.name] {
				if m.failed > 0 {
					fmt.Fprintf(c.out, "FAILED: %s, question %s, round %d: %d answers, the first: %v\n", who.name, question, round+1, m.failed, m.failure)
					failed = errors.New("some answers were none, so the numbers prove nothing")
				}
			}
		}
	}
	return failed
}

// ratio is how much more somebody did than somebody else in the same rounds: the median, and the spread.
func ratio(of, to []measure) []string {
	ratios := make([]float64, len(of))
	for i := range of {
		ratios[i] = of[i].perSecond / to[i].perSecond
	}
	return []string{fmt.Sprintf("%.2f", median(ratios)), fmt.Sprintf("%.2f to %.2f", slices.Min(ratios), slices.Max(ratios))}
}

// bases are those whom a question's numbers are set against: Tailcall, and for one customer what people write by hand.
func (c *comparison) bases(question string, measured results) []string {
	bases := []string{tailcall}
	if question == single {
		bases = append(bases, handCached)
	}
	return slices.DeleteFunc(bases, func(name string) bool { return measured[question][name] == nil })
}

func each(of []measure, value func(measure) float64) []float64 {
	values := make([]float64, len(of))
	for i, m := range of {
		values[i] = value(m)
	}
	return values
}
