// Product of two 200 × 200 matrices of floats, as slices of rows; prints the trace.
package main

import "fmt"

func matrix(n int, seed float64) [][]float64 {
	var rows [][]float64
	for i := 0; i < n; i++ {
		var row []float64
		for j := 0; j < n; j++ {
			row = append(row, seed*(float64(i)-float64(j))*(float64(i)+float64(j)))
		}
		rows = append(rows, row)
	}
	return rows
}

func multiply(a, b [][]float64, n int) [][]float64 {
	var rows [][]float64
	for i := 0; i < n; i++ {
		left := a[i]
		var row []float64
		for j := 0; j < n; j++ {
			sum := 0.0
			for k := 0; k < n; k++ {
				sum += left[k] * b[k][j]
			}
			row = append(row, sum)
		}
		rows = append(rows, row)
	}
	return rows
}

func main() {
	n := 200
	product := multiply(matrix(n, 1.0), matrix(n, 2.0), n)
	trace := 0.0
	for i := 0; i < n; i++ {
		trace += product[i][i]
	}
	fmt.Println(int64(trace))
}
