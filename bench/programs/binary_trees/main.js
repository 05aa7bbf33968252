// Allocates and walks many binary trees up to depth 14, while one long-lived tree stays.
function make(depth) {
  if (depth === 0) return { left: null, right: null };
  return { left: make(depth - 1), right: make(depth - 1) };
}
function check(tree) {
  if (tree.left === null) return 1;
  return 1 + check(tree.left) + check(tree.right);
}
const deepest = 14;
const kept = make(deepest);
for (let depth = 4; depth <= deepest; depth += 2) {
  let rounds = 16;
  for (let i = 0; i < deepest - depth; i++) rounds *= 2;
  let total = 0;
  for (let i = 0; i < rounds; i++) total += check(make(depth));
  console.log(`${rounds} ${depth} ${total}`);
}
console.log(String(check(kept)));
