//! Relations: rows of values' numbers, each row once, in the order in which they came, and indexes that find the rows with
//! given values in some columns.

use crate::hash::mix;

/// No row.
pub(super) const NONE: u32 = u32::MAX;

/// The rows of a predicate.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) arity: usize,
    /// One row behind the other.
    values: Vec<u32>,
    len: usize,
    all: RowSet,
    pub(super) indexes: Vec<Index>,
}

impl Relation {
    pub(super) fn new(arity: usize) -> Relation {
        Relation { arity, values: Vec::new(), len: 0, all: RowSet::default(), indexes: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn row(&self, row: u32) -> &[u32] {
        let start = row as usize * self.arity;
        &self.values[start..start + self.arity]
    }

    /// The number of this row, if it is there.
    #[inline]
    pub(super) fn find(&self, row: &[u32]) -> Option<u32> {
        self.all.find(hash_of(row), |known| same(self.row(known), row))
    }

    /// Adds a row, unless it is there.
    pub(super) fn add(&mut self, row: &[u32]) {
        if self.find(row).is_none() {
            self.all.insert(hash_of(row), self.len as u32);
            self.values.extend_from_slice(row);
            self.len += 1;
        }
    }

    /// The index by these columns, made if there is none.
    pub(super) fn index(&mut self, columns: &[usize]) -> usize {
        let known = self.indexes.iter().position(|index| *index.columns == *columns);
        known.unwrap_or_else(|| {
            self.indexes.push(Index::new(columns));
            self.indexes.len() - 1
        })
    }

    /// Brings an index up to the rows that there are.
    pub(super) fn update(&mut self, index: usize) {
        let (rows, arity) = (&self.values, self.arity);
        self.indexes[index].update(self.len, |row| {
            let start = row as usize * arity;
            &rows[start..start + arity]
        });
    }

    /// The first row with these values in the columns of an index, which is up to date; the others follow by
    /// [`Index::next`].
    #[inline]
    pub(super) fn first(&self, index: usize, key: &[u32]) -> u32 {
        let index = &self.indexes[index];
        let found = index.groups.find(hash_of(key), |group| {
            let row = self.row(index.ends[group as usize].0);
            index.columns.iter().zip(key).all(|(&column, &value)| row[column] == value)
        });
        found.map_or(NONE, |group| index.ends[group as usize].0)
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        let indexes: usize = self.indexes.iter().map(Index::bytes).sum();
        size_of::<u32>() * self.values.capacity() + self.all.bytes() + indexes
    }
}

/// The rows with the same values in some columns, chained upwards.
#[derive(Debug)]
pub(super) struct Index {
    columns: Box<[usize]>,
    /// Groups by their key.
    groups: RowSet,
    /// The first and last row of each group.
    ends: Vec<(u32, u32)>,
    /// For each row the next one of its group.
    next: Vec<u32>,
}

impl Index {
    fn new(columns: &[usize]) -> Index {
        Index {
            columns: columns.into(),
            groups: RowSet::default(),
            ends: Vec::new(),
            next: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn next(&self, row: u32) -> u32 {
        self.next[row as usize]
    }

    fn update<'a>(&mut self, len: usize, row: impl Fn(u32) -> &'a [u32]) {
        let mut key = Vec::with_capacity(self.columns.len());
        for number in self.next.len() as u32..len as u32 {
            let values = row(number);
            key.clear();
            key.extend(self.columns.iter().map(|&column| values[column]));
            self.next.push(NONE);
            let hash = hash_of(&key);
            let group = self.groups.find(hash, |group| {
                let first = row(self.ends[group as usize].0);
                self.columns.iter().zip(&key).all(|(&column, &value)| first[column] == value)
            });
            match group {
                Some(group) => {
                    let end = &mut self.ends[group as usize].1;
                    self.next[*end as usize] = number;
                    *end = number;
                }
                None => {
                    self.groups.insert(hash, self.ends.len() as u32);
                    self.ends.push((number, number));
                }
            }
        }
    }

    fn bytes(&self) -> usize {
        let words = 2 * self.ends.capacity() + self.next.capacity();
        size_of::<u32>() * words + self.groups.bytes()
    }
}

/// The hash of some numbers. 32 bits also choose the slot, so that tables grow without asking for the numbers again.
#[inline]
pub(super) fn hash_of(numbers: &[u32]) -> u32 {
    const KEY: u64 = 0x9e37_79b9_7f4a_7c15;
    let hash = numbers.iter().fold(KEY, |hash, &number| mix(hash ^ u64::from(number), KEY));
    (hash ^ hash >> 32) as u32
}

/// Whether two rows are one. They are a few numbers long, too short for a call of `memcmp`.
#[inline]
pub(super) fn same(a: &[u32], b: &[u32]) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b)
}

/// A set of numbers whose keys lie elsewhere: open addressing with linear probing, at most half full. A slot is a hash in its
/// upper half and in its lower half the number and one, or 0.
#[derive(Debug, Default)]
pub(super) struct RowSet {
    /// A power of two of them, or none.
    slots: Vec<u64>,
    len: usize,
}

impl RowSet {
    /// The number with this hash that is the right one.
    #[inline]
    pub(super) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let slot = self.slots[place];
            if slot == 0 {
                return None;
            }
            let number = slot as u32 - 1;
            if (slot >> 32) as u32 == hash && is_it(number) {
                return Some(number);
            }
            place = (place + 1) & mask;
        }
    }

    /// Adds a number that is not there.
    pub(super) fn insert(&mut self, hash: u32, number: u32) {
        if 2 * (self.len + 1) > self.slots.len() {
            let old = std::mem::take(&mut self.slots);
            self.slots = vec![0; (2 * old.len()).max(16)];
            old.into_iter().filter(|&slot| slot != 0).for_each(|slot| self.put(slot));
        }
        self.put(u64::from(hash) << 32 | (u64::from(number) + 1));
        self.len += 1;
    }

    fn put(&mut self, slot: u64) {
        let mask = self.slots.len() - 1;
        let mut place = (slot >> 32) as usize & mask;
        while self.slots[place] != 0 {
            place = (place + 1) & mask;
        }
        self.slots[place] = slot;
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.len = 0;
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<u64>() * self.slots.capacity()
    }
}
