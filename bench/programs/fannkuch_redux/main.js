// The most flips that any permutation of 9 pancakes needs, and a checksum over all of them.
function fannkuch(n) {
  const perm = [], first = [], counts = [];
  for (let i = 0; i < n; i++) {
    perm.push(0);
    first.push(i);
    counts.push(0);
  }
  let most = 0, checksum = 0, index = 0, r = n;
  for (;;) {
    for (; r !== 1; r--) counts[r - 1] = r;
    for (let i = 0; i < n; i++) perm[i] = first[i];
    let flips = 0, k;
    while ((k = perm[0]) !== 0) {
      for (let low = 0, high = k; low < high; low++, high--) {
        const t = perm[low];
        perm[low] = perm[high];
        perm[high] = t;
      }
      flips++;
    }
    if (flips > most) most = flips;
    checksum += index % 2 === 0 ? flips : -flips;
    for (;;) {
      if (r === n) {
        console.log(String(checksum));
        console.log(String(most));
        return;
      }
      const head = first[0];
      for (let i = 0; i < r; i++) first[i] = first[i + 1];
      first[r] = head;
      if (--counts[r] > 0) break;
      r++;
    }
    index++;
  }
}
fannkuch(9);
