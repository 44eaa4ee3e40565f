package graph

// keeper looks after commands that have not ended.
type keeper struct{ r *Resolver }

func newKeeper(r *Resolver) *keeper { return &keeper{r: r} }
