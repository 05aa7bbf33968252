// The reverse complement of 400,000 random bases, letter by letter, five times over; prints lengths and a checksum.
package main

import "fmt"

func complement(base byte) byte {
	if base == 'a' {
		return 't'
	}
	if base == 'c' {
		return 'g'
	}
	if base == 'g' {
		return 'c'
	}
	return 'a'
}

func bases(n int) string {
	seed := 42
	dna := make([]byte, 0, n)
	for i := 0; i < n; i++ {
		seed = (seed*3877 + 29573) % 139968
		dna = append(dna, "acgt"[seed*4/139968])
	}
	return string(dna)
}

func turned(dna string) string {
	var result []byte
	for i := len(dna) - 1; i >= 0; i-- {
		result = append(result, complement(dna[i]))
	}
	return string(result)
}

func main() {
	dna := bases(400000)
	for round := 0; round < 5; round++ {
		dna = turned(dna)
	}
	sum := 0
	for i := 0; i < len(dna); i++ {
		if dna[i] == 'a' {
			sum = (sum + i) % 1000003
		}
	}
	fmt.Println(len(dna), sum, dna[:20])
}
