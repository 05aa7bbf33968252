// Product of two 200 x 200 matrices of floats, as arrays of rows; prints the trace.
function matrix(n, seed) {
  const rows = [];
  for (let i = 0; i < n; i++) {
    const row = [];
    for (let j = 0; j < n; j++) row.push(seed * (i - j) * (i + j));
    rows.push(row);
  }
  return rows;
}
function multiply(a, b, n) {
  const rows = [];
  for (let i = 0; i < n; i++) {
    const left = a[i];
    const row = [];
    for (let j = 0; j < n; j++) {
      let sum = 0.0;
      for (let k = 0; k < n; k++) sum = sum + left[k] * b[k][j];
      row.push(sum);
    }
    rows.push(row);
  }
  return rows;
}
const n = 200;
const product = multiply(matrix(n, 1.0), matrix(n, 2.0), n);
let trace = 0.0;
for (let i = 0; i < n; i++) trace = trace + product[i][i];
console.log(String(BigInt(Math.trunc(trace))));
