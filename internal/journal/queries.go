package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What both databases are asked, with PostgreSQL's placeholders. SQLite's are ?1 where PostgreSQL's are $1.

const (
	selectCommand = "SELECT " + columns + " FROM commands "

	sqlGet = selectCommand + "WHERE account = $1 AND id = $2"

	sqlByKey = selectCommand + `WHERE account = $1 AND key = $2 AND key <> '' AND ($3 = '' OR organization = $3) AND ($4 = '' OR action = $4)
		ORDER BY released, id DESC LIMIT 1`

	sqlByOperation = selectCommand + `WHERE id = (SELECT min(command_id) FROM command_operations WHERE account = $1 AND operation_id = $2)`

	sqlNextDue = `SELECT coalesce(min(CASE WHEN node <> '' AND lease_until > due_at THEN lease_until ELSE due_at END), 0)
		FROM commands WHERE account = $1 AND due_at > 0`

	sqlCheck = "INSERT INTO checked (id, times) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET times = checked.times + 1"
)

// columnNames are the columns one by one.
func columnNames() []string {
	names := strings.Split(columns, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names
}

// insertSQL puts a row in, and nothing where its key is taken.
func insertSQL() string {
	places := make([]string, len(columnNames()))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	return "INSERT INTO commands (" + columns + ") VALUES (" + strings.Join(places, ", ") +
		") ON CONFLICT (account, organization, action, key) WHERE key <> '' AND NOT released DO NOTHING"
}

// updateSQL writes a row over the one that has the same id, account and version, which it counts up.
func updateSQL() string {
	names := columnNames()
	var sets []string
	for i, name := range names[:len(names)-1] {
		if i >= 2 {
			sets = append(sets, fmt.Sprintf("%s = $%d", name, i+1))
		}
	}
	return fmt.Sprintf("UPDATE commands SET %s, version = version + 1 WHERE id = $1 AND account = $2 AND version = $%d",
		strings.Join(sets, ", "), len(names))
}

// where is the condition of a filter, with its values.
func (f Filter) where() (string, []any) {
	conditions, values := []string{"account = $1"}, []any{text(f.Account)}
	narrow := func(condition string, value any) {
		values = append(values, value)
		conditions = append(conditions, fmt.Sprintf("%s $%d", condition, len(values)))
	}
	texts := []struct{ column, value string }{{"organization", f.Organization}, {"actor", f.Actor}, {"customer_no", f.CustomerNo},
		{"status", string(f.Status)}, {"action", f.Action}}
	for _, t := range texts {
		if t.value != "" {
			narrow(t.column+" =", text(t.value))
		}
	}
	if f.Customers != nil {
		values = append(values, jsonList(f.Customers))
		conditions = append(conditions, fmt.Sprintf("customer_no IN (SELECT value FROM json_array_elements_text($%d::json))", len(values)))
	}
	if !f.From.IsZero() {
		narrow("created_at >=", micros(f.From))
	}
	if !f.To.IsZero() {
		narrow("created_at <", micros(f.To))
	}
	return "WHERE " + strings.Join(conditions, " AND "), values
}

// jsonList is the texts as a JSON list.
func jsonList(texts []string) string {
	clean := make([]string, len(texts))
	for i := range texts {
		clean[i] = text(texts[i])
	}
	list, _ := json.Marshal(clean) // texts always have a form in JSON
	return string(list)
}

// listSQL is the question for a page, with its values.
func listSQL(f Filter, p Page) (string, []any) {
	where, values := f.where()
	if p.After != "" {
		values = append(values, text(p.After))
		where += fmt.Sprintf(" AND id < $%d", len(values))
	}
	if p.Before != "" {
		values = append(values, text(p.Before))
		where += fmt.Sprintf(" AND id > $%d", len(values))
	}
	values = append(values, int64(max(p.Limit, 0)))
	order := "DESC"
	if p.FromEnd {
		order = "ASC"
	}
	return fmt.Sprintf("%s%s ORDER BY id %s LIMIT $%d", selectCommand, where, order, len(values)), values
}

// inOrder puts what listSQL found into the list's order.
func inOrder(found []*Command, p Page) []*Command {
	if p.FromEnd {
		slices.Reverse(found)
	}
	return found
}

// countSQL is the question how many there are, with its values.
func countSQL(f Filter) (string, []any) {
	where, values := f.where()
	return "SELECT count(*) FROM commands " + where, values
}

// operationIDs are the operations of a command, each once.
func operationIDs(c *Command) []string {
	ids := make([]string, 0, len(c.Operations))
	seen := map[string]bool{"": true}
	for _, o := range c.Operations {
		if id := indexed(o.OperationID); !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

var errNoNode = errors.New("commands can only be taken by a node that has a name")

func unreadable(err error) error { return fmt.Errorf("the journal cannot be read: %w", err) }

func unwritable(err error) error { return fmt.Errorf("the journal cannot be written: %w", err) }
