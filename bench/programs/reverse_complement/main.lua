-- The reverse complement of 400,000 random bases, letter by letter, five times over; prints lengths and a checksum.
local function complement(base)
  if base == "a" then return "t" end
  if base == "c" then return "g" end
  if base == "g" then return "c" end
  return "a"
end
local function bases(n)
  local letters, seed, dna = { "a", "c", "g", "t" }, 42, {}
  for i = 1, n do
    seed = (seed * 3877 + 29573) % 139968
    dna[i] = letters[math.floor(seed * 4 / 139968) + 1]
  end
  return table.concat(dna)
end
local function turned(dna)
  local result, len = {}, 0
  for i = #dna, 1, -1 do
    len = len + 1
    result[len] = complement(dna:sub(i, i))
  end
  return table.concat(result)
end
local dna = bases(400000)
for _ = 1, 5 do dna = turned(dna) end
local sum = 0
for i = 1, #dna do
  if dna:sub(i, i) == "a" then sum = (sum + i - 1) % 1000003 end
end
print(#dna .. " " .. sum .. " " .. dna:sub(1, 20))
