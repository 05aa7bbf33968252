// Writes 300,000 random bases by their cumulative probabilities, in lines of 60, from a linear congruential generator.
package main

import (
	"bufio"
	"os"
)

const bases = "acgtBDHKMNRSVWY"

var limits = []float64{0.27, 0.39, 0.51, 0.78, 0.80, 0.82, 0.84, 0.86, 0.88, 0.90, 0.92, 0.94, 0.96, 0.98, 1.0}

func pick(r float64) byte {
	i := 0
	for limits[i] < r {
		i++
	}
	return bases[i]
}

func write(n int) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	seed := 42
	line := make([]byte, 0, 61)
	for i := 0; i < n; i++ {
		seed = (seed*3877 + 29573) % 139968
		line = append(line, pick(float64(seed)/139968.0))
		if len(line) == 60 {
			out.Write(append(line, '\n'))
			line = line[:0]
		}
	}
	if len(line) > 0 {
		out.Write(append(line, '\n'))
	}
}

func main() {
	write(300000)
}
