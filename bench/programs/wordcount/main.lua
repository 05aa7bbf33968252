-- Counts how often each of 5,000 made-up words comes among 400,000; prints how many words and the largest count.
local function word(n) return "w" .. (n * n % 4999) end
local counts, len, seed = {}, 0, 42
for _ = 1, 400000 do
  seed = (seed * 3877 + 29573) % 139968
  local w = word(seed % 5000)
  if not counts[w] then len = len + 1 end
  counts[w] = (counts[w] or 0) + 1
end
local most = 0
for _, count in pairs(counts) do
  if count > most then most = count end
end
print(len .. " " .. most)
