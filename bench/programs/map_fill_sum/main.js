// Fills a Map with 500,000 int keys in a scattered order, then sums it by key.
const m = new Map();
let key = 1;
for (let i = 0; i < 500000; i++) {
  key = (key * 75) % 1000003;
  m.set(key, i);
}
let total = 0;
key = 1;
for (let i = 0; i < 500000; i++) {
  key = (key * 75) % 1000003;
  total = total + (m.get(key) ?? 0);
}
console.log(`${m.size} ${total}`);
