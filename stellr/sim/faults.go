package sim

// Fault is something that goes wrong on a schedule.
type Fault struct{}

type faults struct{}

func (f *faults) add(Fault) {}
