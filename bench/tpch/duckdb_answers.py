# Answers of DuckDB to TPC-H: reads the tables of a folder into memory, then the queries that stand on standard input, one path
# a line, and prints for each its path, its rows with bars between the values, and how long it took.
import sys, time
import duckdb

folder = sys.argv[1]
connection = duckdb.connect()
for table in "region nation supplier part partsupp customer orders lineitem".split():
    connection.execute(f"create table {table} as select * from read_csv('{folder}/{table}.csv', header = true)")
for path in sys.stdin.read().split("\n"):
    if not path:
        continue
    with open(path) as file:
        query = file.read()
    connection.execute(query).fetchall()
    start = time.perf_counter_ns()
    rows = connection.execute(query).fetchall()
    took = time.perf_counter_ns() - start
    print("query|" + path)
    for row in rows:
        print("|".join(str(value) for value in row))
    print(f"time|{took}")
