// The most flips that any permutation of 9 pancakes needs, and a checksum over all of them.
package main

import "fmt"

func fannkuch(n int) {
	perm, first, counts := make([]int, n), make([]int, n), make([]int, n)
	for i := range first {
		first[i] = i
	}
	most, checksum, index, r := 0, 0, 0, n
	for {
		for ; r != 1; r-- {
			counts[r-1] = r
		}
		for i := 0; i < n; i++ {
			perm[i] = first[i]
		}
		flips := 0
		for k := perm[0]; k != 0; k = perm[0] {
			for low, high := 0, k; low < high; low, high = low+1, high-1 {
				perm[low], perm[high] = perm[high], perm[low]
			}
			flips++
		}
		if flips > most {
			most = flips
		}
		if index%2 == 0 {
			checksum += flips
		} else {
			checksum -= flips
		}
		for {
			if r == n {
				fmt.Println(checksum)
				fmt.Println(most)
				return
			}
			head := first[0]
			for i := 0; i < r; i++ {
				first[i] = first[i+1]
			}
			first[r] = head
			counts[r]--
			if counts[r] > 0 {
				break
			}
			r++
		}
		index++
	}
}

func main() {
	fannkuch(9)
}
