// The reverse complement of 400,000 random bases, letter by letter, five times over; prints lengths and a checksum.
function complement(base) {
  if (base === "a") return "t";
  if (base === "c") return "g";
  if (base === "g") return "c";
  return "a";
}
function bases(n) {
  let seed = 42;
  let dna = "";
  for (let i = 0; i < n; i++) {
    seed = (seed * 3877 + 29573) % 139968;
    dna = dna + "acgt"[Math.floor((seed * 4) / 139968)];
  }
  return dna;
}
function turned(dna) {
  let result = "";
  for (let i = dna.length - 1; i >= 0; i--) result = result + complement(dna[i]);
  return result;
}
let dna = bases(400000);
for (let round = 0; round < 5; round++) dna = turned(dna);
let sum = 0;
for (let i = 0; i < dna.length; i++) if (dna[i] === "a") sum = (sum + i) % 1000003;
console.log(`${dna.length} ${sum} ${dna.substring(0, 20)}`);
