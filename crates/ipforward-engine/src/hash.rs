//! SipHash-1-3: a hash whose collisions cannot be made without its seed. It is the variant for hash
//! tables, whose hashes no caller sees.

/// The seven bytes of a rest.
const REST: u64 = u64::MAX >> 8;

/// Hashes words and the low seven bytes of `rest` with a seed. The last block of the hash has room for
/// these seven bytes beside the length.
#[expect(
    clippy::inline_always,
    reason = "the number of words is known where it is inlined"
)]
#[inline(always)]
pub(crate) fn sip(seed: u64, words: &[u64], rest: u64) -> u64 {
    sip_of_rounds::<1, 3>(seed, words, rest)
}

/// The hash of the `SipHash` family with so many rounds for each block, and so many at the end.
#[expect(
    clippy::inline_always,
    reason = "the number of words is known where it is inlined"
)]
#[inline(always)]
fn sip_of_rounds<const PER_BLOCK: u32, const AT_END: u32>(
    seed: u64,
    words: &[u64],
    rest: u64,
) -> u64 {
    let mut state = SipState {
        v0: seed ^ 0x736f_6d65_7073_6575,
        v1: 0x646f_7261_6e64_6f6d,
        v2: seed ^ 0x6c79_6765_6e65_7261,
        v3: 0x7465_6462_7974_6573,
    };
    for word in words {
        state.absorb::<PER_BLOCK>(*word);
    }
    let length = words.len().wrapping_mul(size_of::<u64>()).wrapping_add(7) as u64;
    state.absorb::<PER_BLOCK>(length << 56 | (rest & REST));
    state.v2 ^= 0xFF;
    state.rounds::<AT_END>();
    state.v0 ^ state.v1 ^ state.v2 ^ state.v3
}

struct SipState {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

impl SipState {
    fn absorb<const ROUNDS: u32>(&mut self, word: u64) {
        self.v3 ^= word;
        self.rounds::<ROUNDS>();
        self.v0 ^= word;
    }

    fn rounds<const ROUNDS: u32>(&mut self) {
        for _ in 0..ROUNDS {
            self.round();
        }
    }

    const fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        deprecated,
        reason = "the hash of the standard library is the reference, deprecated or not"
    )]

    extern crate std;

    use core::hash::{Hasher, SipHasher};
    use std::hash::DefaultHasher;

    use super::*;

    const SEVEN_BYTES: [u64; 2] = [0, 0x0077_6655_4433_2211];
    const WORDS: [&[u64]; 3] = [&[], &[1], &[7, 0, u64::MAX, 42, 5, 6]];

    fn hash_by(mut reference: impl Hasher, words: &[u64], rest: u64) -> u64 {
        for word in words {
            reference.write(&word.to_le_bytes());
        }
        reference.write(&rest.to_le_bytes()[..7]);
        reference.finish()
    }

    /// The standard library has SipHash-1-3 without a seed.
    #[test]
    fn it_is_the_hash_of_the_standard_library() {
        for words in WORDS {
            for rest in SEVEN_BYTES {
                let expected = hash_by(DefaultHasher::new(), words, rest);
                assert_eq!(sip(0, words, rest), expected);
            }
        }
    }

    #[test]
    fn the_seed_and_the_rounds_are_those_of_siphash() {
        for seed in [0, 1, 0x0123_4567_89AB_CDEF] {
            for words in WORDS {
                for rest in SEVEN_BYTES {
                    let expected = hash_by(SipHasher::new_with_keys(seed, 0), words, rest);
                    assert_eq!(sip_of_rounds::<2, 4>(seed, words, rest), expected);
                }
            }
        }
    }
}
