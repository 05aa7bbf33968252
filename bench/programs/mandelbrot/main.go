// How many points of a 600 × 600 grid stay bounded for 50 iterations.
package main

import "fmt"

func inside(size int) int {
	count := 0
	for y := 0; y < size; y++ {
		ci := 2.0*float64(y)/float64(size) - 1.0
		for x := 0; x < size; x++ {
			cr := 2.0*float64(x)/float64(size) - 1.5
			zr, zi, i := 0.0, 0.0, 0
			for i < 50 && zr*zr+zi*zi <= 4.0 {
				t := zr*zr - zi*zi + cr
				zi = 2.0*zr*zi + ci
				zr = t
				i++
			}
			if i == 50 {
				count++
			}
		}
	}
	return count
}

func main() {
	fmt.Println(inside(600))
}
