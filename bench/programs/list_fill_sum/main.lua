-- Fills a table of 2,000,000 ints by appending, then sums it by index, five times over.
local function fill(n)
  local xs = {}
  for i = 0, n - 1 do xs[#xs + 1] = i * 3 % 1000 end
  return xs
end
local total = 0
for round = 1, 5 do
  local xs = fill(2000000)
  for i = 1, #xs do total = total + xs[i] end
end
print(total)
