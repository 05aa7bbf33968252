-- Builds strings of 8,000 characters one piece at a time, 150 times over.
local function build(n)
  local s = ""
  for i = 0, n - 1 do
    if i % 2 == 0 then s = s .. "a" else s = s .. "b" end
  end
  return s
end
local total = 0
for round = 1, 150 do total = total + #build(8000) end
print(total)
