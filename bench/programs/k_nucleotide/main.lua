-- Counts the pieces of 1, 2, 4 and 8 letters in 120,000 random bases; prints how many differ, and the counts of some.
local function bases(n)
  local letters, seed, dna = { "a", "c", "g", "t" }, 42, {}
  for i = 1, n do
    seed = (seed * 3877 + 29573) % 139968
    dna[i] = letters[math.floor(seed * 4 / 139968) + 1]
  end
  return table.concat(dna)
end
local function count(dna, size)
  local counts, len = {}, 0
  for i = 1, #dna - size + 1 do
    local piece = dna:sub(i, i + size - 1)
    local c = counts[piece]
    if not c then len = len + 1 end
    counts[piece] = (c or 0) + 1
  end
  return counts, len
end
local dna = bases(120000)
for _, size in ipairs({ 1, 2, 4, 8 }) do
  local counts, len = count(dna, size)
  print(size .. " " .. len .. " " .. (counts[("ggtaggta"):sub(1, size)] or 0))
end
