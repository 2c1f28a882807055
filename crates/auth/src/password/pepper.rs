//! The pepper (AU4): a key outside of the database, through which every password goes before it is hashed. Whoever steals
//! the table alone can't even begin to guess.

use data_encoding::HEXLOWER;
use ring::hmac::{HMAC_SHA256, Key, sign};
use zeroize::Zeroizing;

/// A pepper and its name. Can't be printed by accident: ring's keys tell their algorithm only.
#[derive(Clone)]
pub struct Pepper {
    id: String,
    key: Key,
}

impl Pepper {
    /// From the key that the vault derived for this purpose and no other.
    pub fn new(key: &[u8; 32]) -> Self {
        let key = Key::new(HMAC_SHA256, key);
        let name = sign(&key, b"curtain pepper id v1");
        Self { id: HEXLOWER.encode(&name.as_ref()[..8]), key }
    }

    /// Sixteen hexadecimal digits that name it without telling it.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// What is hashed instead of the password.
    pub(super) fn season(&self, password: &[u8]) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(sign(&self.key, password).as_ref().to_vec())
    }
}
