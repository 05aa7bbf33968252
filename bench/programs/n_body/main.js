// The Jovian planets, 200,000 steps of 0.01 years; prints the energy before and after, in units of 1e-9.
const solarMass = 4.0 * 3.141592653589793 * 3.141592653589793;
const year = 365.24;
function body(x, y, z, vx, vy, vz, mass) {
  return { x, y, z, vx, vy, vz, mass };
}
function energy(bodies) {
  let e = 0.0;
  for (let i = 0; i < bodies.length; i++) {
    const b = bodies[i];
    e = e + 0.5 * b.mass * (b.vx * b.vx + b.vy * b.vy + b.vz * b.vz);
    for (let j = i + 1; j < bodies.length; j++) {
      const c = bodies[j];
      const dx = b.x - c.x, dy = b.y - c.y, dz = b.z - c.z;
      e = e - (b.mass * c.mass) / Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return e;
}
function advance(bodies, dt) {
  for (let i = 0; i < bodies.length; i++) {
    const b = bodies[i];
    for (let j = i + 1; j < bodies.length; j++) {
      const c = bodies[j];
      const dx = b.x - c.x, dy = b.y - c.y, dz = b.z - c.z;
      const d2 = dx * dx + dy * dy + dz * dz;
      const mag = dt / (d2 * Math.sqrt(d2));
      b.vx = b.vx - dx * c.mass * mag;
      b.vy = b.vy - dy * c.mass * mag;
      b.vz = b.vz - dz * c.mass * mag;
      c.vx = c.vx + dx * b.mass * mag;
      c.vy = c.vy + dy * b.mass * mag;
      c.vz = c.vz + dz * b.mass * mag;
    }
  }
  for (let i = 0; i < bodies.length; i++) {
    const b = bodies[i];
    b.x = b.x + dt * b.vx;
    b.y = b.y + dt * b.vy;
    b.z = b.z + dt * b.vz;
  }
}
const bodies = [
  body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, solarMass),
  body(4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694 * year, 0.00769901118419740425 * year, -0.0000690460016972063023 * year, 0.000954791938424326609 * solarMass),
  body(8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411021 * year, 0.00499852801234917238 * year, 0.0000230417297573763929 * year, 0.000285885980666130812 * solarMass),
  body(12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618 * year, 0.00237847173959480950 * year, -0.0000296589568540237556 * year, 0.0000436624404335156298 * solarMass),
  body(15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322 * year, 0.00162824170038242295 * year, -0.0000951592254519715870 * year, 0.0000515138902046611451 * solarMass),
];
let px = 0.0, py = 0.0, pz = 0.0;
for (const b of bodies) {
  px = px + b.vx * b.mass;
  py = py + b.vy * b.mass;
  pz = pz + b.vz * b.mass;
}
const sun = bodies[0];
sun.vx = -px / solarMass;
sun.vy = -py / solarMass;
sun.vz = -pz / solarMass;
console.log(String(Math.trunc(energy(bodies) * 1000000000.0)));
for (let step = 0; step < 200000; step++) advance(bodies, 0.01);
console.log(String(Math.trunc(energy(bodies) * 1000000000.0)));
