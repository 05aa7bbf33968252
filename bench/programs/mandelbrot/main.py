# How many points of a 600 x 600 grid stay bounded for 50 iterations.
def inside(size):
    count = 0
    for y in range(size):
        ci = 2.0 * float(y) / float(size) - 1.0
        for x in range(size):
            cr = 2.0 * float(x) / float(size) - 1.5
            zr = 0.0
            zi = 0.0
            i = 0
            while i < 50 and zr * zr + zi * zi <= 4.0:
                t = zr * zr - zi * zi + cr
                zi = 2.0 * zr * zi + ci
                zr = t
                i = i + 1
            if i == 50:
                count = count + 1
    return count


print(inside(600))
