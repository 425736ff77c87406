//! Maps by address or handle. The driver does not choose either, so a quick hash is enough.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Values by an address or a handle.
pub type AddressMap<V> = HashMap<usize, V, AddressHash>;

/// Makes the hash of an [`AddressMap`].
pub type AddressHash = BuildHasherDefault<AddressHasher>;

/// Hashes an address by a multiplication.
#[derive(Debug, Default)]
pub struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, address: usize) {
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        let mixed = (self.0 ^ address as u64).wrapping_mul(FACTOR);
        self.0 = mixed ^ mixed >> 32;
    }
}
