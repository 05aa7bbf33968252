// Sieve of Eratosthenes over slices of bools, three sizes.
package main

import "fmt"

func nsieve(m int) int {
	var flags []bool
	for i := 0; i < m; i++ {
		flags = append(flags, true)
	}
	count := 0
	for i := 2; i < m; i++ {
		if flags[i] {
			for j := i + i; j < m; j += i {
				flags[j] = false
			}
			count++
		}
	}
	return count
}

func main() {
	fmt.Println(nsieve(2000000), nsieve(1000000), nsieve(500000))
}
