//! Among whom a code is made: a roster and the epoch since when it stands.

use curtain_domain::AccountId;

/// The members, in the order of their leaf keys.
///
/// `since` is part of it because {A, B} → {A, B, C} → {A, B} is the same roster twice, and a server could have kept a
/// commitment of the first time.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Circle {
    /// The roster's hash.
    pub(crate) roster: [u8; 32],
    /// The epoch of the last commit that added or removed a leaf.
    pub(crate) since: u64,
    /// Leaf keys with whose they are, sorted.
    pub(crate) members: Vec<([u8; 32], AccountId)>,
    /// Our own leaf key.
    pub(crate) me: [u8; 32],
}

impl Circle {
    /// A member other than ourselves.
    pub(super) fn has_other(&self, leaf_key: &[u8; 32]) -> bool {
        *leaf_key != self.me && self.members.iter().any(|(key, _)| key == leaf_key)
    }

    /// Whose leaves these are.
    pub(super) fn people<'a>(&self, keys: impl Iterator<Item = &'a [u8; 32]>) -> Vec<AccountId> {
        keys.filter_map(|key| self.members.iter().find(|(other, _)| other == key))
            .map(|(_, person)| *person)
            .collect()
    }

    /// Those of whom nothing came yet.
    pub(super) fn missing(&self, has: impl Fn(&[u8; 32]) -> bool) -> Vec<AccountId> {
        self.members.iter().filter(|(key, _)| !has(key)).map(|(_, person)| *person).collect()
    }
}
