// Counts how often each of 5,000 made-up words comes among 400,000; prints how many words and the largest count.
function word(n) {
  return "w" + String((n * n) % 4999);
}
const counts = new Map();
let seed = 42;
for (let i = 0; i < 400000; i++) {
  seed = (seed * 3877 + 29573) % 139968;
  const w = word(seed % 5000);
  counts.set(w, (counts.get(w) ?? 0) + 1);
}
let most = 0;
for (const count of counts.values()) if (count > most) most = count;
console.log(`${counts.size} ${most}`);
