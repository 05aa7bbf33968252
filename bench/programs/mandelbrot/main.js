// How many points of a 600 x 600 grid stay bounded for 50 iterations.
function inside(size) {
  let count = 0;
  for (let y = 0; y < size; y++) {
    const ci = (2.0 * y) / size - 1.0;
    for (let x = 0; x < size; x++) {
      const cr = (2.0 * x) / size - 1.5;
      let zr = 0.0, zi = 0.0, i = 0;
      while (i < 50 && zr * zr + zi * zi <= 4.0) {
        const t = zr * zr - zi * zi + cr;
        zi = 2.0 * zr * zi + ci;
        zr = t;
        i = i + 1;
      }
      if (i === 50) count++;
    }
  }
  return count;
}
console.log(String(inside(600)));
