-- The most flips that any permutation of 9 pancakes needs, and a checksum over all of them.
local function fannkuch(n)
  local perm, first, counts = {}, {}, {}
  for i = 1, n do perm[i], first[i], counts[i] = 0, i - 1, 0 end
  local most, checksum, index, r = 0, 0, 0, n
  while true do
    while r ~= 1 do
      counts[r] = r
      r = r - 1
    end
    for i = 1, n do perm[i] = first[i] end
    local flips = 0
    local k = perm[1]
    while k ~= 0 do
      local low, high = 1, k + 1
      while low < high do
        perm[low], perm[high] = perm[high], perm[low]
        low = low + 1
        high = high - 1
      end
      flips = flips + 1
      k = perm[1]
    end
    if flips > most then most = flips end
    if index % 2 == 0 then checksum = checksum + flips else checksum = checksum - flips end
    while true do
      if r == n then
        print(checksum)
        print(most)
        return
      end
      local head = first[1]
      for i = 1, r do first[i] = first[i + 1] end
      first[r + 1] = head
      counts[r + 1] = counts[r + 1] - 1
      if counts[r + 1] > 0 then break end
      r = r + 1
    end
    index = index + 1
  end
end
fannkuch(9)
