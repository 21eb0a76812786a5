//! What a request asks for, condensed: so that a key used for another request is noticed.

use std::hash::{Hash, Hasher};

/// FNV-1a, 64 bits: the same on every machine and in every release, unlike the standard hasher.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        const PRIME: u64 = 0x0100_0000_01b3;
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }
}

/// The fingerprint of a request.
pub(super) fn fingerprint(use_case: &str, request: &impl Hash) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    let mut hasher = Fnv(OFFSET_BASIS);
    use_case.hash(&mut hasher);
    request.hash(&mut hasher);
    hasher.finish()
}
