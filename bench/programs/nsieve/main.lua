-- Sieve of Eratosthenes over tables of booleans, three sizes.
local function nsieve(m)
  local flags = {}
  for i = 0, m - 1 do flags[#flags + 1] = true end
  local count = 0
  for i = 2, m - 1 do
    if flags[i + 1] then
      local j = i + i
      while j < m do
        flags[j + 1] = false
        j = j + i
      end
      count = count + 1
    end
  end
  return count
end
print(nsieve(2000000) .. " " .. nsieve(1000000) .. " " .. nsieve(500000))
