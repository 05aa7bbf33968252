-- Fills a table with 500,000 int keys in a scattered order, then sums it by key.
local m, count, key = {}, 0, 1
for i = 0, 500000 - 1 do
  key = key * 75 % 1000003
  if m[key] == nil then count = count + 1 end
  m[key] = i
end
local total = 0
key = 1
for i = 0, 500000 - 1 do
  key = key * 75 % 1000003
  total = total + (m[key] or 0)
end
print(count .. " " .. total)
