# The most flips that any permutation of 9 pancakes needs, and a checksum over all of them.
def fannkuch(n):
    perm = [0] * n
    first = list(range(n))
    counts = [0] * n
    most = checksum = index = 0
    r = n
    while True:
        while r != 1:
            counts[r - 1] = r
            r = r - 1
        for i in range(n):
            perm[i] = first[i]
        flips = 0
        k = perm[0]
        while k != 0:
            low = 0
            high = k
            while low < high:
                perm[low], perm[high] = perm[high], perm[low]
                low = low + 1
                high = high - 1
            flips = flips + 1
            k = perm[0]
        if flips > most:
            most = flips
        if index % 2 == 0:
            checksum = checksum + flips
        else:
            checksum = checksum - flips
        while True:
            if r == n:
                print(checksum)
                print(most)
                return
            head = first[0]
            for i in range(r):
                first[i] = first[i + 1]
            first[r] = head
            counts[r] = counts[r] - 1
            if counts[r] > 0:
                break
            r = r + 1
        index = index + 1


fannkuch(9)
