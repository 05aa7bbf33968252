// The largest singular value of an infinite matrix, by the power method on 400 rows; prints it in units of 1e-9.
function entry(i, j) {
  return 1.0 / (((i + j) * (i + j + 1)) / 2 + i + 1);
}
function times(v) {
  const result = [];
  for (let i = 0; i < v.length; i++) {
    let sum = 0.0;
    for (let j = 0; j < v.length; j++) sum = sum + entry(i, j) * v[j];
    result.push(sum);
  }
  return result;
}
function timesTransposed(v) {
  const result = [];
  for (let i = 0; i < v.length; i++) {
    let sum = 0.0;
    for (let j = 0; j < v.length; j++) sum = sum + entry(j, i) * v[j];
    result.push(sum);
  }
  return result;
}
let u = [], v = [];
for (let i = 0; i < 400; i++) u.push(1.0);
for (let round = 0; round < 10; round++) {
  v = timesTransposed(times(u));
  u = timesTransposed(times(v));
}
let uv = 0.0, vv = 0.0;
for (let i = 0; i < u.length; i++) {
  uv = uv + u[i] * v[i];
  vv = vv + v[i] * v[i];
}
console.log(String(Math.trunc(Math.sqrt(uv / vv) * 1000000000.0)));
