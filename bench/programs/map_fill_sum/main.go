// Fills a map with 500,000 int keys in a scattered order, then sums it by key.
package main

import "fmt"

func main() {
	m := map[int]int{}
	key := 1
	for i := 0; i < 500000; i++ {
		key = key * 75 % 1000003
		m[key] = i
	}
	total := 0
	key = 1
	for i := 0; i < 500000; i++ {
		key = key * 75 % 1000003
		total += m[key]
	}
	fmt.Println(len(m), total)
}
