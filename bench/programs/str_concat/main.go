// Builds strings of 8,000 characters one piece at a time, 150 times over.
package main

import "fmt"

func build(n int) string {
	s := ""
	for i := 0; i < n; i++ {
		if i%2 == 0 {
			s = s + "a"
		} else {
			s = s + "b"
		}
	}
	return s
}

func main() {
	total := 0
	for round := 0; round < 150; round++ {
		total += len(build(8000))
	}
	fmt.Println(total)
}
