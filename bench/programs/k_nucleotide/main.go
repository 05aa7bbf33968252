// Counts the pieces of 1, 2, 4 and 8 letters in 120,000 random bases; prints how many differ, and the counts of some.
package main

import "fmt"

func bases(n int) string {
	seed := 42
	dna := make([]byte, 0, n)
	for i := 0; i < n; i++ {
		seed = (seed*3877 + 29573) % 139968
		dna = append(dna, "acgt"[seed*4/139968])
	}
	return string(dna)
}

func count(dna string, size int) map[string]int {
	counts := map[string]int{}
	for i := 0; i < len(dna)-size+1; i++ {
		counts[dna[i:i+size]]++
	}
	return counts
}

func main() {
	dna := bases(120000)
	for _, size := range []int{1, 2, 4, 8} {
		counts := count(dna, size)
		fmt.Println(size, len(counts), counts["ggtaggta"[:size]])
	}
}
