// Sieve of Eratosthenes over arrays of booleans, three sizes.
function nsieve(m) {
  const flags = [];
  for (let i = 0; i < m; i++) flags.push(true);
  let count = 0;
  for (let i = 2; i < m; i++) {
    if (flags[i]) {
      for (let j = i + i; j < m; j += i) flags[j] = false;
      count++;
    }
  }
  return count;
}
console.log(`${nsieve(2000000)} ${nsieve(1000000)} ${nsieve(500000)}`);
