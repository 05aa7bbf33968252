//! Words that go from one call to another: the arguments of a function that another emitter's code calls, or is called with.

use std::ops::Deref;

/// Nearly all functions take at most so many words, which need no memory of their own.
const FEW: usize = 8;

/// Words, one after the other.
#[derive(Debug, Clone)]
pub struct Words {
    few: [u64; FEW],
    /// All of them, when there are more.
    many: Vec<u64>,
    len: usize,
}

impl FromIterator<u64> for Words {
    #[inline]
    fn from_iter<I: IntoIterator<Item = u64>>(words: I) -> Words {
        let mut all = Words { few: [0; FEW], many: Vec::new(), len: 0 };
        for word in words {
            if all.len < FEW {
                all.few[all.len] = word;
            } else {
                if all.len == FEW {
                    all.many.extend(all.few);
                }
                all.many.push(word);
            }
            all.len += 1;
        }
        all
    }
}

impl Deref for Words {
    type Target = [u64];

    #[inline]
    fn deref(&self) -> &[u64] {
        if self.len <= FEW { &self.few[..self.len] } else { &self.many }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_words_are_the_same() {
        for len in 0..3 * FEW as u64 {
            let words: Words = (0..len).collect();
            assert!(words.iter().copied().eq(0..len), "{len}");
        }
    }
}
