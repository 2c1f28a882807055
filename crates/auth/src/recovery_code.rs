//! Saved recovery codes (AU9, NIST SP 800-63B-4 §4.2.1.1): ten, eighty bits each, hashed at rest.

use curtain_domain::Entropy;
use data_encoding::Encoding;
use ring::digest::{SHA256, digest};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Eighty bits: sixteen letters to write down. Fewer could be guessed offline from a stolen table, more are mistyped.
const CODE_BYTES: usize = 10;

/// A code somebody keeps on paper. Can't be printed by accident.
#[derive(ZeroizeOnDrop)]
pub struct RecoveryCode([u8; CODE_BYTES]);

/// SHA-256 of a recovery code. Eighty random bits need no slow hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecoveryCodeHash([u8; 32]);

impl RecoveryCodeHash {
    /// The 32 bytes, for the database.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl RecoveryCode {
    /// How many a person gets.
    pub const PER_ACCOUNT: usize = 10;

    /// A new code nobody can guess.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut code = Self([0; CODE_BYTES]);
        entropy.fill(&mut code.0);
        code
    }

    /// A whole set for one person.
    pub fn set(entropy: &dyn Entropy) -> [Self; Self::PER_ACCOUNT] {
        core::array::from_fn(|_| Self::new(entropy))
    }

    /// From what somebody typed: case, spaces and hyphens don't matter, and O, I, L read as 0, 1, 1.
    pub fn parse(text: &str) -> Option<Self> {
        let typed: Zeroizing<String> = Zeroizing::new(
            text.chars()
                .filter(|c| !c.is_whitespace() && *c != '-')
                .map(|c| match c.to_ascii_uppercase() {
                    'O' => '0',
                    'I' | 'L' => '1',
                    other => other,
                })
                .collect(),
        );
        let bytes = Zeroizing::new(crockford().decode(typed.as_bytes()).ok()?);
        Some(Self(bytes.as_slice().try_into().ok()?))
    }

    /// How it is shown: four groups of four.
    pub fn to_text(&self) -> Zeroizing<String> {
        let letters = Zeroizing::new(crockford().encode(&self.0));
        let groups: Vec<&str> = (0..letters.len()).step_by(4).map(|at| &letters[at..at + 4]).collect();
        Zeroizing::new(groups.join("-"))
    }

    /// What the database keeps.
    pub fn hash(&self) -> RecoveryCodeHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &self.0).as_ref());
        RecoveryCodeHash(hash)
    }
}

/// Crockford's base 32: no I, L, O or U, so that a code survives handwriting.
fn crockford() -> Encoding {
    let mut alphabet = data_encoding::Specification::new();
    alphabet.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    alphabet.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
}

#[cfg(test)]
mod tests {
    use curtain_domain::SeededEntropy;

    use super::*;

    #[test]
    fn a_code_survives_handwriting() {
        let code = RecoveryCode::new(&SeededEntropy::new(1));
        let shown = code.to_text();
        assert_eq!(shown.len(), 19);
        let typed = shown.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert!(RecoveryCode::parse(&typed).unwrap().hash() == code.hash());
    }

    #[test]
    fn other_texts_are_no_codes() {
        for wrong in ["", "0000", "0000-0000-0000-000", "0000-0000-0000-00000", "UUUU-UUUU-UUUU-UUUU"] {
            assert!(RecoveryCode::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_set_holds_ten_different_codes() {
        let set = RecoveryCode::set(&SeededEntropy::new(2));
        let hashes: std::collections::HashSet<_> = set.iter().map(RecoveryCode::hash).collect();
        assert_eq!(hashes.len(), 10);
    }
}
