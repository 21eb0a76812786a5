//! Choices that only a seed and a name decide, whatever happened before.

use super::behaviour::Behaviour;

/// A number from which all choices follow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(pub(crate) u64);

/// How many answers are withheld in a row at most.
const WITHHELD_MAX: u64 = 3;

impl Seed {
    /// A number that only the seed and the name decide.
    pub(crate) fn number(self, name: &str) -> u64 {
        // FNV-1a to read the name, splitmix64 to spread it.
        let read = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, read);
        let mut mixed = (hash ^ self.0).wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// How a call with this key is treated, and how many answers are withheld. Every other call is
    /// simply accepted, or orders would seldom get far.
    pub(super) fn behaviour(self, key: &str) -> (Behaviour, u32) {
        let number = self.number(key);
        let all = Behaviour::ALL.len() as u64;
        let at = (number >> 8) % (2 * all);
        let behaviour = usize::try_from(at).ok().and_then(|at| Behaviour::ALL.get(at).copied());
        let withheld = 1 + (number & 0xff) % WITHHELD_MAX;
        (behaviour.unwrap_or(Behaviour::Accept), u32::try_from(withheld).unwrap_or(1))
    }
}
