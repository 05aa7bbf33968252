// Fills a slice of 2,000,000 ints by appending, then sums it by index, five times over.
package main

import "fmt"

func fill(n int) []int {
	var xs []int
	for i := 0; i < n; i++ {
		xs = append(xs, i*3%1000)
	}
	return xs
}

func main() {
	total := 0
	for round := 0; round < 5; round++ {
		xs := fill(2000000)
		for i := 0; i < len(xs); i++ {
			total += xs[i]
		}
	}
	fmt.Println(total)
}
