-- The largest singular value of an infinite matrix, by the power method on 400 rows; prints it in units of 1e-9.
local function entry(i, j)
  return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1)
end
local function times(v)
  local result = {}
  for i = 0, #v - 1 do
    local sum = 0.0
    for j = 0, #v - 1 do sum = sum + entry(i, j) * v[j + 1] end
    result[#result + 1] = sum
  end
  return result
end
local function times_transposed(v)
  local result = {}
  for i = 0, #v - 1 do
    local sum = 0.0
    for j = 0, #v - 1 do sum = sum + entry(j, i) * v[j + 1] end
    result[#result + 1] = sum
  end
  return result
end
local u, v = {}, {}
for i = 1, 400 do u[i] = 1.0 end
for _ = 1, 10 do
  v = times_transposed(times(u))
  u = times_transposed(times(v))
end
local uv, vv = 0.0, 0.0
for i = 1, #u do
  uv = uv + u[i] * v[i]
  vv = vv + v[i] * v[i]
end
print(string.format("%d", math.floor(math.sqrt(uv / vv) * 1000000000.0)))
