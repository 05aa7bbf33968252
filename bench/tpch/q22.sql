-- Query 22 of TPC-H: idle customers by country code.
select code, count(*), sum(c_acctbal)
from (
  select substring(c_phone, 1, 2) as code, c_acctbal
  from customer
  where substring(c_phone, 1, 2) in ('13', '31', '23', '29', '30', '18', '17')
    and c_acctbal > (
      select avg(c_acctbal) from customer
      where c_acctbal > 0 and substring(c_phone, 1, 2) in ('13', '31', '23', '29', '30', '18', '17'))
    and not exists (select * from orders where o_custkey = c_custkey))
group by code
order by code
