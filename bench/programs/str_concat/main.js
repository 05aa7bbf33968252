// Builds strings of 8,000 characters one piece at a time, 150 times over.
function build(n) {
  let s = "";
  for (let i = 0; i < n; i++) s = s + (i % 2 === 0 ? "a" : "b");
  return s;
}
let total = 0;
for (let round = 0; round < 150; round++) total = total + build(8000).length;
console.log(String(total));
