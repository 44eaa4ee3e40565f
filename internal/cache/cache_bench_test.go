package cache

import (
	"testing"

	"stellr-gateway/internal/redistest"
)

func BenchmarkMemory(b *testing.B) { benchmark(b, Memory(Options{})) }
func BenchmarkRedis(b *testing.B)  { benchmark(b, node(b, redistest.Start(b), Options{})) }

func benchmark(b *testing.B, c Cache) {
	q := (&upstream{}).question("key", "a", "b", "c")
	get(b, c, q, "1")
	b.Run("Peek", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := c.Peek(q.Key, q.Tags); !ok {
				b.Fatal("it is gone")
			}
		}
	})
	b.Run("Get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if answer, err := c.Get(b.Context(), q); err != nil || !answer.Kept {
				b.Fatal(answer, err)
			}
		}
	})
	b.Run("Version", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c.Version(q.Tags...)
		}
	})
	if r, ok := c.(*redis); ok {
		b.Run("LookAgain", func(b *testing.B) { // something else was invalidated under the same mark
			b.ReportAllocs()
			for b.Loop() {
				r.marks.all()
				if answer, err := c.Get(b.Context(), q); err != nil || !answer.Kept {
					b.Fatal(answer, err)
				}
			}
		})
		b.Run("Load", func(b *testing.B) { // another node fetched it
			b.ReportAllocs()
			for b.Loop() {
				r.entries.InvalidateAll()
				if answer, err := c.Get(b.Context(), q); err != nil || !answer.Kept {
					b.Fatal(answer, err)
				}
			}
		})
	}
}
