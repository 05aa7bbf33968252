-- Writes 300,000 random bases by their cumulative probabilities, in lines of 60, from a linear congruential generator.
local bases = { "a", "c", "g", "t", "B", "D", "H", "K", "M", "N", "R", "S", "V", "W", "Y" }
local limits = { 0.27, 0.39, 0.51, 0.78, 0.80, 0.82, 0.84, 0.86, 0.88, 0.90, 0.92, 0.94, 0.96, 0.98, 1.0 }
local function pick(r)
  local i = 1
  while limits[i] < r do i = i + 1 end
  return bases[i]
end
local function write(n)
  local seed, line = 42, ""
  for _ = 1, n do
    seed = (seed * 3877 + 29573) % 139968
    line = line .. pick(seed / 139968.0)
    if #line == 60 then
      io.write(line, "\n")
      line = ""
    end
  end
  if #line > 0 then io.write(line, "\n") end
end
write(300000)
