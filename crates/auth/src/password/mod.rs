//! Passwords: what may be chosen (AU2), and Argon2id at a cost that is a setting (AU4).
//!
//! Every check costs the same, known address or not (AU6): an unknown one is compared with a dummy hash.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use curtain_domain::Entropy;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{AuthError, PasswordMinimum};

mod common;
mod pepper;

pub use common::pack as pack_common_passwords;
pub use pepper::Pepper;

/// Far above any phrase somebody types; beyond it only the hashing of megabytes is left.
const MAX_CHARS: usize = 128;
/// No password that may be chosen has more bytes than 128 code points of four.
const MAX_BYTES: usize = 1_024;
/// RFC 9106 §3.1 recommends 16 bytes of salt.
const SALT_BYTES: usize = 16;

/// What somebody typed to sign in, in Unicode's NFC. Unchecked: whether it is right is all that matters.
#[derive(ZeroizeOnDrop)]
pub struct Password(String);

impl Password {
    /// Takes what was typed. Never trimmed, never truncated.
    pub fn typed(text: &str) -> Self {
        Self(text.nfc().collect())
    }

    fn could_be_one(&self) -> bool {
        self.0.len() <= MAX_BYTES
    }
}

/// A password that may be chosen.
pub struct NewPassword(Password);

/// Why a password may not be chosen, in words for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefusal {
    /// Fewer characters than the practice asks for.
    #[error("Use at least {} characters. A sentence that only you would write is a good password.", .0.characters())]
    TooShort(PasswordMinimum),
    /// More than 128 characters.
    #[error("Use at most 128 characters.")]
    TooLong,
    /// A single character or two over and over.
    #[error("This repeats the same characters. A sentence that only you would write is a good password.")]
    Repetitive,
    /// Little more than a name, an address, or the practice (AU3).
    #[error(
        "This is mostly the word \"password\", your name, your address or the practice's name. Others would try that first."
    )]
    Guessable,
    /// In the list of common passwords (AU3).
    #[error(
        "Many people have chosen this password, and others try such passwords first. A sentence that only you would write is a good password."
    )]
    Common,
}

impl NewPassword {
    /// Takes what was typed. `context` are words that others would try first: names, parts of the address, the practice.
    pub fn choose(text: &str, minimum: PasswordMinimum, context: &[&str]) -> Result<Self, PasswordRefusal> {
        let password = Password::typed(text);
        let chars = password.0.chars().count();
        if chars < minimum.characters().into() {
            return Err(PasswordRefusal::TooShort(minimum));
        }
        if chars > MAX_CHARS || !password.could_be_one() {
            return Err(PasswordRefusal::TooLong);
        }
        let distinct: std::collections::HashSet<char> = password.0.chars().collect();
        if distinct.len() < 4 {
            return Err(PasswordRefusal::Repetitive);
        }
        if unguessable_part(&password.0, context) < 4 {
            return Err(PasswordRefusal::Guessable);
        }
        if common::is_common(&password.0) {
            return Err(PasswordRefusal::Common);
        }
        Ok(Self(password))
    }

    /// The password as it will be typed at the next sign-in.
    pub const fn as_password(&self) -> &Password {
        &self.0
    }
}

/// How many characters are left once the words that others would try, spaces and punctuation are taken out.
fn unguessable_part(password: &str, context: &[&str]) -> usize {
    let mut words: Vec<String> = context
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .chain(["curtain", "password"])
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() >= 3)
        .collect();
    // Longest first, so that a short word does not break up a long one.
    words.sort_by_key(|word| core::cmp::Reverse(word.len()));
    let mut rest = Zeroizing::new(password.to_lowercase());
    for word in &words {
        rest = Zeroizing::new(rest.replace(word.as_str(), " "));
    }
    rest.chars().filter(|c| !c.is_whitespace() && !c.is_ascii_punctuation()).count()
}

/// What the database holds of a password: algorithm, cost, salt and hash in one text (PHC string format), after the name
/// of the pepper and a `|` where there is one.
#[derive(Clone)]
pub struct PasswordPhc(String);

impl PasswordPhc {
    /// From the database.
    pub const fn from_text(text: String) -> Self {
        Self(text)
    }

    /// For the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the pepper, if one was used, and the PHC string.
    fn parts(&self) -> (Option<&str>, &str) {
        self.0.split_once('|').map_or((None, self.0.as_str()), |(pepper, phc)| (Some(pepper), phc))
    }
}

/// What Argon2id may cost (RFC 9106 §4). The permits around it are the caller's (AU5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB. More slows a thief's hardware and needs memory for every permit.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Lanes. One: sign-ins share the cores among them.
    pub lanes: u32,
}

impl Default for PasswordCost {
    /// 64 MiB, three passes: about 0.14 s on one core of 2020 (AU4 asks for at least 19 MiB, two passes).
    fn default() -> Self {
        Self { memory_kib: 64 * 1_024, passes: 3, lanes: 1 }
    }
}

/// The answer to a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCheck {
    /// Right, hashed at the present cost.
    Right,
    /// Right, hashed at another cost or with another pepper: hash it again while it is at hand (AU4).
    RightButOld,
    /// Wrong, or nobody has this address.
    Wrong,
}

/// Hashes and checks passwords at one cost. Blocks a core for the whole time: call it off the async threads.
pub struct PasswordHasher {
    argon2: Argon2<'static>,
    params: Params,
    dummy: PasswordPhc,
    /// The first is used for new hashes, all of them for checking.
    peppers: Vec<Pepper>,
}

impl PasswordHasher {
    /// A hasher at this cost, without a pepper. Computes the dummy hash, so it takes as long as one check.
    pub fn new(cost: PasswordCost, entropy: &dyn Entropy) -> Result<Self, AuthError> {
        let params =
            Params::new(cost.memory_kib, cost.passes, cost.lanes, None).map_err(|_| AuthError::BadCost)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let mut hasher = Self { argon2, params, dummy: PasswordPhc(String::new()), peppers: Vec::new() };
        let mut nobody_knows = Zeroizing::new([0_u8; 32]);
        entropy.fill(nobody_knows.as_mut());
        hasher.dummy = hasher.hash_bytes(nobody_knows.as_ref(), entropy)?;
        Ok(hasher)
    }

    /// The same hasher with a pepper for everything from now on. Those it had before still check older hashes.
    #[must_use]
    pub fn with_pepper(mut self, pepper: Pepper) -> Self {
        self.peppers.insert(0, pepper);
        self
    }

    /// Hashes a chosen password with a fresh salt.
    pub fn hash(&self, password: &NewPassword, entropy: &dyn Entropy) -> Result<PasswordPhc, AuthError> {
        self.rehash(&password.0, entropy)
    }

    /// Hashes a password again that was just found right at an older cost.
    pub fn rehash(&self, password: &Password, entropy: &dyn Entropy) -> Result<PasswordPhc, AuthError> {
        let Some(pepper) = self.peppers.first() else {
            return self.hash_bytes(password.0.as_bytes(), entropy);
        };
        let PasswordPhc(phc) = self.hash_bytes(&pepper.season(password.0.as_bytes()), entropy)?;
        Ok(PasswordPhc(format!("{}|{phc}", pepper.id())))
    }

    /// Compares with the stored hash; with `None` (unknown address, no password yet) it does the same work for nothing.
    pub fn verify(&self, password: &Password, stored: Option<&PasswordPhc>) -> PasswordCheck {
        let stored = stored.filter(|_| password.could_be_one());
        match stored.and_then(|stored| self.seasoned(password, stored)) {
            Some((seasoned, phc, current)) => self.compare(&seasoned, &phc, current),
            None => self.compare_in_vain(password),
        }
    }

    /// What was hashed, if the password is right; the hash; and whether the pepper is the one for new hashes.
    fn seasoned(
        &self,
        password: &Password,
        stored: &PasswordPhc,
    ) -> Option<(Zeroizing<Vec<u8>>, PasswordHash, bool)> {
        let (name, phc) = stored.parts();
        let phc = PasswordHash::new(phc).ok()?;
        let current = self.peppers.first().map(Pepper::id) == name;
        let bytes = password.0.as_bytes();
        let seasoned = match name {
            Some(name) => self.peppers.iter().find(|pepper| pepper.id() == name)?.season(bytes),
            None => Zeroizing::new(bytes.to_vec()),
        };
        Some((seasoned, phc, current))
    }

    fn compare(&self, seasoned: &[u8], stored: &PasswordHash, current_pepper: bool) -> PasswordCheck {
        if self.argon2.verify_password(seasoned, stored).is_err() {
            return PasswordCheck::Wrong;
        }
        let same_cost = Params::try_from(stored).is_ok_and(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost())
                == (self.params.m_cost(), self.params.t_cost(), self.params.p_cost())
        });
        if same_cost && current_pepper { PasswordCheck::Right } else { PasswordCheck::RightButOld }
    }

    fn compare_in_vain(&self, password: &Password) -> PasswordCheck {
        let in_vain = PasswordHash::new(self.dummy.as_str())
            .map(|dummy| self.argon2.verify_password(password.first_bytes(), &dummy));
        core::hint::black_box(in_vain.is_ok());
        PasswordCheck::Wrong
    }

    fn hash_bytes(&self, password: &[u8], entropy: &dyn Entropy) -> Result<PasswordPhc, AuthError> {
        let mut salt = [0; SALT_BYTES];
        entropy.fill(&mut salt);
        let hash: PasswordHash =
            self.argon2.hash_password_with_salt(password, &salt).map_err(|_| AuthError::HashFailed)?;
        Ok(PasswordPhc(hash.to_string()))
    }
}

impl Password {
    /// For the dummy comparison only: an oversize text must not cost more than any other.
    fn first_bytes(&self) -> &[u8] {
        &self.0.as_bytes()[..self.0.len().min(MAX_BYTES)]
    }
}

#[cfg(test)]
mod tests {
    use curtain_domain::SeededEntropy;

    use super::*;

    #[test]
    fn a_text_too_long_to_be_one_is_wrong_even_if_it_was_hashed_once() {
        let (cost, entropy) = (PasswordCost { memory_kib: 64, passes: 1, lanes: 1 }, SeededEntropy::new(1));
        let hasher = PasswordHasher::new(cost, &entropy).expect("a hasher");
        for (length, expected) in [(MAX_BYTES, PasswordCheck::Right), (MAX_BYTES + 1, PasswordCheck::Wrong)] {
            let text = "x".repeat(length);
            let stored = hasher.hash_bytes(text.as_bytes(), &entropy).expect("a hash");
            assert_eq!(hasher.verify(&Password::typed(&text), Some(&stored)), expected, "{length}");
        }
    }

    #[test]
    fn comparing_in_vain_reads_no_more_than_a_password_may_have() {
        assert_eq!(Password::typed("four rivers").first_bytes(), b"four rivers");
        assert_eq!(Password::typed(&"x".repeat(MAX_BYTES + 9)).first_bytes().len(), MAX_BYTES);
    }
}
