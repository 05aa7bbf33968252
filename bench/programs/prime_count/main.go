// Primes below 400,000 by trial division.
package main

import "fmt"

func isPrime(n int) bool {
	if n < 2 {
		return false
	}
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return true
}

func main() {
	count := 0
	for n := 0; n < 400000; n++ {
		if isPrime(n) {
			count++
		}
	}
	fmt.Println(count)
}
