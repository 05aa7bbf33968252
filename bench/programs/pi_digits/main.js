// The first digits of pi, one by one, with numbers that grow: a spigot after Gibbons (2006).
function piDigits(count) {
  let k = 0n;
  let above = 1n, total = 0n, below = 1n;
  let line = "";
  let made = 0;
  while (made < count) {
    k += 1n;
    const odd = 2n * k + 1n;
    total = (total + 2n * above) * odd;
    below *= odd;
    above *= k;
    if (total >= above) {
      const sum = above * 3n + total;
      const digit = sum / below;
      if ((sum % below) + above < below) {
        line += digit;
        made += 1;
        if (made % 10 === 0) {
          console.log(line + "\t:" + made);
          line = "";
        }
        total = (total - below * digit) * 10n;
        above *= 10n;
      }
    }
  }
}
piDigits(6000);
