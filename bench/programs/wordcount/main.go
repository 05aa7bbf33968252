// Counts how often each of 5,000 made-up words comes among 400,000; prints how many words and the largest count.
package main

import (
	"fmt"
	"strconv"
)

func word(n int) string {
	return "w" + strconv.Itoa(n*n%4999)
}

func main() {
	counts := map[string]int{}
	seed := 42
	for i := 0; i < 400000; i++ {
		seed = (seed*3877 + 29573) % 139968
		counts[word(seed%5000)]++
	}
	most := 0
	for _, count := range counts {
		if count > most {
			most = count
		}
	}
	fmt.Println(len(counts), most)
}
