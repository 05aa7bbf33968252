// Writes 300,000 random bases by their cumulative probabilities, in lines of 60, from a linear congruential generator.
const bases = ["a", "c", "g", "t", "B", "D", "H", "K", "M", "N", "R", "S", "V", "W", "Y"];
const limits = [0.27, 0.39, 0.51, 0.78, 0.80, 0.82, 0.84, 0.86, 0.88, 0.90, 0.92, 0.94, 0.96, 0.98, 1.0];
function pick(r) {
  let i = 0;
  while (limits[i] < r) i++;
  return bases[i];
}
function write(n) {
  let seed = 42;
  let line = "";
  const lines = [];
  for (let i = 0; i < n; i++) {
    seed = (seed * 3877 + 29573) % 139968;
    line = line + pick(seed / 139968.0);
    if (line.length === 60) {
      lines.push(line);
      line = "";
    }
  }
  if (line.length > 0) lines.push(line);
  process.stdout.write(lines.join("\n") + "\n");
}
write(300000);
