//! The tables of TPC-H as CSV files: deterministic, with the columns, keys and distributions of the public specification
//! as far as its 22 queries can tell. Addresses and comments are random words; the comments that queries look for are
//! as frequent as they should be.

use super::words::{
    COLOURS, CONTAINERS, INSTRUCTIONS, MODES, NATIONS, PRIORITIES, REGIONS, SEGMENTS, TEXT, TYPES,
};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

/// Writes all eight tables for a scale factor into a folder.
pub(super) fn write(folder: &Path, scale: f64) -> Result<()> {
    let sizes = Sizes::new(scale);
    region(folder)?;
    nation(folder)?;
    supplier(folder, &sizes)?;
    part(folder, &sizes)?;
    partsupp(folder, &sizes)?;
    customer(folder, &sizes)?;
    orders_and_lineitem(folder, &sizes)
}

/// How many rows the tables have.
struct Sizes {
    suppliers: u64,
    parts: u64,
    customers: u64,
    orders: u64,
    clerks: u64,
}

impl Sizes {
    fn new(scale: f64) -> Sizes {
        let of = |whole: f64| ((whole * scale) as u64).max(1);
        Sizes {
            suppliers: of(10_000.0).max(4),
            parts: of(200_000.0),
            customers: of(150_000.0).max(3),
            orders: of(1_500_000.0),
            clerks: of(1_000.0),
        }
    }
}

/// Random numbers (SplitMix64, Steele, Lea and Flood 2014); each table has a sequence of its own.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }
    /// From `low` to `high`, both included.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low + 1) as u64) as i64
    }
    fn one_of<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[(self.next() % words.len() as u64) as usize]
    }
    /// Words with so many characters in all.
    fn text(&mut self, words: &[&str], low: i64, high: i64) -> String {
        let length = self.between(low, high) as usize;
        let mut text = String::new();
        while text.len() < length {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(self.one_of(words));
        }
        text.truncate(length);
        text.trim_end().to_owned()
    }
    fn address(&mut self) -> String {
        let length = self.between(10, 40);
        (0..length)
            .map(|_| {
                char::from(
                    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        [(self.next() % 62) as usize],
                )
            })
            .collect()
    }
    fn phone(&mut self, nation: i64) -> String {
        let (a, b, c) = (self.between(100, 999), self.between(100, 999), self.between(1000, 9999));
        format!("{}-{a}-{b}-{c}", nation + 10)
    }
    fn money(&mut self, low: i64, high: i64) -> String {
        cents(self.between(low, high))
    }
}

/// An amount in cents as one with two digits behind the point.
fn cents(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", amount.abs() / 100, amount.abs() % 100)
}

/// A table being written.
struct Table {
    file: BufWriter<File>,
    line: String,
}

impl Table {
    fn new(folder: &Path, name: &str, columns: &str) -> Result<Table> {
        let mut file = BufWriter::new(File::create(folder.join(format!("{name}.csv")))?);
        writeln!(file, "{columns}")?;
        Ok(Table { file, line: String::new() })
    }
    fn cell(&mut self, cell: impl std::fmt::Display) -> &mut Table {
        if !self.line.is_empty() {
            self.line.push(',');
        }
        let _ = write!(self.line, "{cell}");
        self
    }
    fn end(&mut self) -> Result<()> {
        self.line.push('\n');
        let written = self.file.write_all(self.line.as_bytes());
        self.line.clear();
        written
    }
    fn close(mut self) -> Result<()> {
        self.file.flush()
    }
}

fn words(list: &'static str) -> Vec<&'static str> {
    list.split_whitespace().collect()
}

fn region(folder: &Path) -> Result<()> {
    let (mut random, text) = (Random(1), words(TEXT));
    let mut table = Table::new(folder, "region", "r_regionkey,r_name,r_comment")?;
    for (key, name) in REGIONS.iter().enumerate() {
        table.cell(key).cell(name).cell(random.text(&text, 31, 115)).end()?;
    }
    table.close()
}

fn nation(folder: &Path) -> Result<()> {
    let (mut random, text) = (Random(2), words(TEXT));
    let mut table = Table::new(folder, "nation", "n_nationkey,n_name,n_regionkey,n_comment")?;
    for (key, (name, region)) in NATIONS.iter().enumerate() {
        table.cell(key).cell(name).cell(region).cell(random.text(&text, 31, 114)).end()?;
    }
    table.close()
}

fn supplier(folder: &Path, sizes: &Sizes) -> Result<()> {
    let (mut random, text) = (Random(3), words(TEXT));
    let columns = "s_suppkey,s_name,s_address,s_nationkey,s_phone,s_acctbal,s_comment";
    let mut table = Table::new(folder, "supplier", columns)?;
    for key in 1..=sizes.suppliers {
        let nation = random.between(0, 24);
        let mut comment = random.text(&text, 25, 70);
        // Five in ten thousand are complained of, and as many recommended; in a small table at least one.
        match key % 2000 {
            7 => comment.push_str(" Customer slow Complaints"),
            13 => comment.push_str(" Customer quick Recommends"),
            _ => {}
        }
        table
            .cell(key)
            .cell(format!("Supplier#{key:09}"))
            .cell(random.address())
            .cell(nation)
            .cell(random.phone(nation))
            .cell(random.money(-99_999, 999_999))
            .cell(comment)
            .end()?;
    }
    table.close()
}

/// What a part costs, in cents.
fn retail_price(part: u64) -> i64 {
    (90_000 + (part / 10) % 20_001 + 100 * (part % 1_000)) as i64
}

fn part(folder: &Path, sizes: &Sizes) -> Result<()> {
    let (mut random, text, colours) = (Random(4), words(TEXT), words(COLOURS));
    let columns =
        "p_partkey,p_name,p_mfgr,p_brand,p_type,p_size,p_container,p_retailprice,p_comment";
    let mut table = Table::new(folder, "part", columns)?;
    for key in 1..=sizes.parts {
        let mut name: Vec<&str> = Vec::new();
        while name.len() < 5 {
            let colour = random.one_of(&colours);
            if !name.contains(&colour) {
                name.push(colour);
            }
        }
        let maker = random.between(1, 5);
        let brand = random.between(1, 5);
        let kind = TYPES.map(|words| random.one_of(words)).join(" ");
        let size = random.between(1, 50);
        let container = CONTAINERS.map(|words| random.one_of(words)).join(" ");
        table
            .cell(key)
            .cell(name.join(" "))
            .cell(format!("Manufacturer#{maker}"))
            .cell(format!("Brand#{maker}{brand}"))
            .cell(kind)
            .cell(size)
            .cell(container)
            .cell(cents(retail_price(key)))
            .cell(random.text(&text, 5, 22))
            .end()?;
    }
    table.close()
}

/// The supplier number `which`, of 0 to 3, of a part.
fn supplier_of(part: u64, which: u64, sizes: &Sizes) -> u64 {
    let suppliers = sizes.suppliers;
    (part + which * (suppliers / 4 + (part - 1) / suppliers)) % suppliers + 1
}

fn partsupp(folder: &Path, sizes: &Sizes) -> Result<()> {
    let (mut random, text) = (Random(5), words(TEXT));
    let columns = "ps_partkey,ps_suppkey,ps_availqty,ps_supplycost,ps_comment";
    let mut table = Table::new(folder, "partsupp", columns)?;
    for part in 1..=sizes.parts {
        for which in 0..4 {
            table
                .cell(part)
                .cell(supplier_of(part, which, sizes))
                .cell(random.between(1, 9_999))
                .cell(random.money(100, 100_000))
                .cell(random.text(&text, 49, 198))
                .end()?;
        }
    }
    table.close()
}

fn customer(folder: &Path, sizes: &Sizes) -> Result<()> {
    let (mut random, text) = (Random(6), words(TEXT));
    let columns = "c_custkey,c_name,c_address,c_nationkey,c_phone,c_acctbal,c_mktsegment,c_comment";
    let mut table = Table::new(folder, "customer", columns)?;
    for key in 1..=sizes.customers {
        let nation = random.between(0, 24);
        table
            .cell(key)
            .cell(format!("Customer#{key:09}"))
            .cell(random.address())
            .cell(nation)
            .cell(random.phone(nation))
            .cell(random.money(-99_999, 999_999))
            .cell(random.one_of(SEGMENTS))
            .cell(random.text(&text, 29, 116))
            .end()?;
    }
    table.close()
}

/// Days since 1992-01-01 on which orders end, and what the database takes as today.
const LAST_ORDER: i64 = 2_405;
const TODAY: i64 = 1_263;

/// A line of an order.
struct Line {
    part: u64,
    supplier: u64,
    quantity: i64,
    price: i64,
    discount: i64,
    tax: i64,
    shipped: i64,
    committed: i64,
    received: i64,
}

fn orders_and_lineitem(folder: &Path, sizes: &Sizes) -> Result<()> {
    let (mut random, text) = (Random(7), words(TEXT));
    let columns = "o_orderkey,o_custkey,o_orderstatus,o_totalprice,o_orderdate,o_orderpriority,o_clerk,\
                   o_shippriority,o_comment";
    let mut orders = Table::new(folder, "orders", columns)?;
    let columns = "l_orderkey,l_partkey,l_suppkey,l_linenumber,l_quantity,l_extendedprice,l_discount,l_tax,\
                   l_returnflag,l_linestatus,l_shipdate,l_commitdate,l_receiptdate,l_shipinstruct,l_shipmode,l_comment";
    let mut lineitem = Table::new(folder, "lineitem", columns)?;
    for number in 0..sizes.orders {
        // Only the first eight of each 32 keys are used.
        let key = number / 8 * 32 + number % 8 + 1;
        let ordered = random.between(0, LAST_ORDER);
        // Every third customer never orders.
        let customer = loop {
            let customer = random.between(1, sizes.customers as i64);
            if customer % 3 != 0 {
                break customer;
            }
        };
        let lines: Vec<Line> =
            (0..random.between(1, 7)).map(|_| line(&mut random, ordered, sizes)).collect();
        let open = lines.iter().filter(|line| line.shipped > TODAY).count();
        let status = match open {
            0 => "F",
            open if open == lines.len() => "O",
            _ => "P",
        };
        // Ten-thousandths of a cent, rounded.
        let total: i64 = lines
            .iter()
            .map(|line| line.price * (100 + line.tax) * (100 - line.discount))
            .sum::<i64>();
        orders
            .cell(key)
            .cell(customer)
            .cell(status)
            .cell(cents((total + 5_000) / 10_000))
            .cell(date(ordered))
            .cell(random.one_of(PRIORITIES))
            .cell(format!("Clerk#{:09}", random.between(1, sizes.clerks as i64)))
            .cell(0)
            .cell(order_comment(&mut random, &text))
            .end()?;
        for (place, line) in lines.iter().enumerate() {
            let returned = match line.received <= TODAY {
                true => random.one_of(&["R", "A"]),
                false => "N",
            };
            lineitem
                .cell(key)
                .cell(line.part)
                .cell(line.supplier)
                .cell(place + 1)
                .cell(line.quantity)
                .cell(cents(line.price))
                .cell(cents(line.discount))
                .cell(cents(line.tax))
                .cell(returned)
                .cell(if line.shipped > TODAY { "O" } else { "F" })
                .cell(date(line.shipped))
                .cell(date(line.committed))
                .cell(date(line.received))
                .cell(random.one_of(INSTRUCTIONS))
                .cell(random.one_of(MODES))
                .cell(random.text(&text, 10, 43))
                .end()?;
        }
    }
    orders.close()?;
    lineitem.close()
}

fn line(random: &mut Random, ordered: i64, sizes: &Sizes) -> Line {
    let part = random.between(1, sizes.parts as i64) as u64;
    let quantity = random.between(1, 50);
    let shipped = ordered + random.between(1, 121);
    Line {
        part,
        supplier: supplier_of(part, random.between(0, 3) as u64, sizes),
        quantity,
        price: quantity * retail_price(part),
        discount: random.between(0, 10),
        tax: random.between(0, 8),
        shipped,
        committed: ordered + random.between(30, 90),
        received: shipped + random.between(1, 30),
    }
}

/// About one in a hundred speaks of special requests.
fn order_comment(random: &mut Random, text: &[&str]) -> String {
    let comment = random.text(text, 19, 60);
    match random.between(0, 99) {
        0 => format!("{comment} special {} requests", random.one_of(text)),
        _ => comment,
    }
}

/// A day by its number since 1992-01-01.
fn date(mut day: i64) -> String {
    let mut year = 1992;
    let is_leap = |year: i64| year % 4 == 0;
    while day >= 365 + i64::from(is_leap(year)) {
        day -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + i64::from(is_leap(year));
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    format!("{year}-{:02}-{:02}", month + 1, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        let dates = [0, 59, 60, 366, TODAY, LAST_ORDER].map(date);
        assert_eq!(
            dates,
            ["1992-01-01", "1992-02-29", "1992-03-01", "1993-01-01", "1995-06-17", "1998-08-02"]
        );
    }

    #[test]
    fn amounts_have_two_digits_behind_the_point() {
        assert_eq!(
            [0, 5, -5, 12345, -99_999].map(cents),
            ["0.00", "0.05", "-0.05", "123.45", "-999.99"]
        );
    }

    #[test]
    fn suppliers_of_a_part_differ() {
        let sizes = Sizes::new(0.01);
        for part in 1..=sizes.parts {
            let mut four: Vec<u64> = (0..4).map(|which| supplier_of(part, which, &sizes)).collect();
            four.sort_unstable();
            four.dedup();
            assert_eq!(four.len(), 4);
            assert!(four.iter().all(|supplier| (1..=sizes.suppliers).contains(supplier)));
        }
    }

    #[test]
    fn the_same_tables_come_every_time() {
        let read = || {
            let folder = tempfile::tempdir().expect("there is a temporary folder");
            write(folder.path(), 0.0005).expect("the folder can be written to");
            std::fs::read_to_string(folder.path().join("lineitem.csv")).expect("it was written")
        };
        assert_eq!(read(), read());
    }
}
