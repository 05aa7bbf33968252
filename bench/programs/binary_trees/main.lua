-- Allocates and walks many binary trees up to depth 14, while one long-lived tree stays.
local function make(depth)
  if depth == 0 then return {} end
  return { make(depth - 1), make(depth - 1) }
end
local function check(tree)
  if tree[1] then return 1 + check(tree[1]) + check(tree[2]) end
  return 1
end
local deepest = 14
local kept = make(deepest)
for depth = 4, deepest, 2 do
  local rounds = 16
  for _ = 1, deepest - depth do rounds = rounds * 2 end
  local total = 0
  for _ = 1, rounds do total = total + check(make(depth)) end
  print(rounds .. " " .. depth .. " " .. total)
end
print(check(kept))
