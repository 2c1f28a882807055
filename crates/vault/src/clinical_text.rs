//! Clinical words in the clear: as few steps as possible from a request body to `Vault::seal`.

use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Clinical text. Has no `Debug`, `Display`, `Clone` or `Serialize`, and is wiped when dropped.
#[derive(ZeroizeOnDrop)]
pub struct ClinicalText(Zeroizing<String>);

impl ClinicalText {
    /// Takes over a text; the caller keeps no copy.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// How many characters it has: harmless to know, and needed for limits.
    pub fn chars(&self) -> usize {
        self.0.chars().count()
    }

    /// The words themselves. Disallowed by clippy everywhere but in the one route that answers its author.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn from_utf8(mut bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        String::from_utf8(core::mem::take(&mut *bytes)).ok().map(Self::new)
    }
}
