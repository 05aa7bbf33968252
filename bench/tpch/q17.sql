-- Query 17 of TPC-H: revenue of small orders.
select coalesce(sum(l_extendedprice), 0) / 7.0
from lineitem, part
where p_partkey = l_partkey and p_brand = 'Brand#23' and p_container = 'MED BOX'
  and l_quantity < (select 0.2 * avg(l_quantity) from lineitem where l_partkey = p_partkey)
