// The first digits of pi, one by one, with numbers that grow: a spigot after Gibbons (2006).
package main

import (
	"bufio"
	"fmt"
	"math/big"
	"os"
)

func main() {
	const count = 6000
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	above, total, below := big.NewInt(1), big.NewInt(0), big.NewInt(1)
	sum, digit, rest, twice := new(big.Int), new(big.Int), new(big.Int), new(big.Int)
	three, ten := big.NewInt(3), big.NewInt(10)
	line := ""
	for k, made := int64(0), 0; made < count; {
		k++
		odd := big.NewInt(2*k + 1)
		total.Add(total, twice.Lsh(above, 1)).Mul(total, odd)
		below.Mul(below, odd)
		above.Mul(above, big.NewInt(k))
		if total.Cmp(above) < 0 {
			continue
		}
		sum.Mul(above, three).Add(sum, total)
		digit.QuoRem(sum, below, rest)
		if rest.Add(rest, above).Cmp(below) < 0 {
			line += digit.String()
			made++
			if made%10 == 0 {
				fmt.Fprintf(out, "%s\t:%d\n", line, made)
				line = ""
			}
			total.Sub(total, rest.Mul(below, digit)).Mul(total, ten)
			above.Mul(above, ten)
		}
	}
}
