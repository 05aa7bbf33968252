// Counts the pieces of 1, 2, 4 and 8 letters in 120,000 random bases; prints how many differ, and the counts of some.
function bases(n) {
  let seed = 42;
  let dna = "";
  for (let i = 0; i < n; i++) {
    seed = (seed * 3877 + 29573) % 139968;
    dna = dna + "acgt"[Math.floor((seed * 4) / 139968)];
  }
  return dna;
}
function count(dna, size) {
  const counts = new Map();
  for (let i = 0; i < dna.length - size + 1; i++) {
    const piece = dna.substring(i, i + size);
    counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return counts;
}
const dna = bases(120000);
for (const size of [1, 2, 4, 8]) {
  const counts = count(dna, size);
  console.log(`${size} ${counts.size} ${counts.get("ggtaggta".substring(0, size)) ?? 0}`);
}
