// Fills an array of 2,000,000 ints by appending, then sums it by index, five times over.
function fill(n) {
  const xs = [];
  for (let i = 0; i < n; i++) xs.push((i * 3) % 1000);
  return xs;
}
let total = 0;
for (let round = 0; round < 5; round++) {
  const xs = fill(2000000);
  for (let i = 0; i < xs.length; i++) total = total + xs[i];
}
console.log(String(total));
