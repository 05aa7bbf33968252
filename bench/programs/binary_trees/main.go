// Allocates and walks many binary trees up to depth 14, while one long-lived tree stays.
package main

import "fmt"

type tree struct{ left, right *tree }

func build(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{build(depth - 1), build(depth - 1)}
}

func check(t *tree) int {
	if t.left == nil {
		return 1
	}
	return 1 + check(t.left) + check(t.right)
}

func main() {
	const deepest = 14
	kept := build(deepest)
	for depth := 4; depth <= deepest; depth += 2 {
		rounds := 16
		for i := 0; i < deepest-depth; i++ {
			rounds *= 2
		}
		total := 0
		for i := 0; i < rounds; i++ {
			total += check(build(depth))
		}
		fmt.Println(rounds, depth, total)
	}
	fmt.Println(check(kept))
}
