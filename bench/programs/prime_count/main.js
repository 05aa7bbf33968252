// Primes below 400,000 by trial division.
function isPrime(n) {
  if (n < 2) return false;
  let d = 2;
  while (d * d <= n) {
    if (n % d === 0) return false;
    d = d + 1;
  }
  return true;
}
let count = 0;
for (let n = 0; n < 400000; n++) if (isPrime(n)) count++;
console.log(String(count));
