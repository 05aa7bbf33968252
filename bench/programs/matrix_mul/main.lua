-- Product of two 200 x 200 matrices of floats, as tables of rows; prints the trace.
local function matrix(n, seed)
  local rows = {}
  for i = 0, n - 1 do
    local row = {}
    for j = 0, n - 1 do row[#row + 1] = seed * (i + 0.0 - j) * (i + 0.0 + j) end
    rows[#rows + 1] = row
  end
  return rows
end
local function multiply(a, b, n)
  local rows = {}
  for i = 1, n do
    local left = a[i]
    local row = {}
    for j = 1, n do
      local sum = 0.0
      for k = 1, n do sum = sum + left[k] * b[k][j] end
      row[#row + 1] = sum
    end
    rows[#rows + 1] = row
  end
  return rows
end
local n = 200
local product = multiply(matrix(n, 1.0), matrix(n, 2.0), n)
local trace = 0.0
for i = 1, n do trace = trace + product[i][i] end
print(string.format("%d", trace))
