// The largest singular value of an infinite matrix, by the power method on 400 rows; prints it in units of 1e-9.
package main

import (
	"fmt"
	"math"
)

func entry(i, j int) float64 {
	return 1.0 / float64((i+j)*(i+j+1)/2+i+1)
}

func times(v []float64) []float64 {
	var result []float64
	for i := 0; i < len(v); i++ {
		sum := 0.0
		for j := 0; j < len(v); j++ {
			sum += entry(i, j) * v[j]
		}
		result = append(result, sum)
	}
	return result
}

func timesTransposed(v []float64) []float64 {
	var result []float64
	for i := 0; i < len(v); i++ {
		sum := 0.0
		for j := 0; j < len(v); j++ {
			sum += entry(j, i) * v[j]
		}
		result = append(result, sum)
	}
	return result
}

func main() {
	var u, v []float64
	for i := 0; i < 400; i++ {
		u = append(u, 1.0)
	}
	for round := 0; round < 10; round++ {
		v = timesTransposed(times(u))
		u = timesTransposed(times(v))
	}
	uv, vv := 0.0, 0.0
	for i := range u {
		uv += u[i] * v[i]
		vv += v[i] * v[i]
	}
	fmt.Println(int64(math.Sqrt(uv/vv) * 1000000000.0))
}
