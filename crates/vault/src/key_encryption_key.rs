//! The key that wraps all data keys. It lives outside of the database: a stolen database alone opens nothing.

use std::path::Path;

use curtain_domain::{Entropy, KeyEncryptionKeyId, PracticeId};
use data_encoding::HEXLOWER_PERMISSIVE;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::VaultError;
use crate::audit_seal::{CheckpointKey, checkpoint_seed};

/// AES-256.
pub(crate) const KEY_BYTES: usize = 32;

/// The key of the public demo. Everybody knows it: it protects nothing and shows everything.
const DEMO_KEY: [u8; KEY_BYTES] = *b"curtain demo: everybody knows me";
/// What `fingerprint` gives for it. A constant of its own, so that the check still holds should the line above change.
const DEMO_FINGERPRINT: &str = "e6cf8f3e612e5769";

/// A key-encryption key. Can't be printed.
pub struct KeyEncryptionKey {
    id: KeyEncryptionKeyId,
    key: LessSafeKey,
    /// Derived once, so that the key's own bytes need not be kept.
    checkpoint_seed: Zeroizing<[u8; KEY_BYTES]>,
    demo: bool,
}

impl KeyEncryptionKey {
    /// From 64 hexadecimal digits; white space around them is ignored.
    pub fn from_hex(text: &str) -> Result<Self, VaultError> {
        let decoded = Zeroizing::new(
            HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).map_err(|_| VaultError::BadKey)?,
        );
        let bytes: Zeroizing<[u8; KEY_BYTES]> =
            Zeroizing::new(decoded.as_slice().try_into().map_err(|_| VaultError::BadKey)?);
        Self::from_bytes(&bytes)
    }

    /// From a file with 64 hexadecimal digits, as a systemd credential hands it over.
    pub fn from_file(path: &Path) -> Result<Self, VaultError> {
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|_| VaultError::UnreadableKeyFile)?);
        Self::from_hex(&text)
    }

    /// The key of the public demo.
    pub fn demo() -> Result<Self, VaultError> {
        Self::from_bytes(&DEMO_KEY)
    }

    /// A new key as the text of a key file.
    pub fn generate_hex(entropy: &dyn Entropy) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0_u8; KEY_BYTES]);
        entropy.fill(bytes.as_mut());
        Zeroizing::new(HEXLOWER_PERMISSIVE.encode(bytes.as_ref()))
    }

    /// Names the key without telling it.
    pub const fn id(&self) -> &KeyEncryptionKeyId {
        &self.id
    }

    /// Whether this is the key that everybody knows. A server that is not a demo refuses to start with it.
    pub const fn is_demo(&self) -> bool {
        self.demo
    }

    /// The key that signs the heads of the practice's audit log.
    pub fn checkpoint_key(&self, practice: PracticeId) -> Result<CheckpointKey, VaultError> {
        CheckpointKey::from_seed(&self.checkpoint_seed, practice)
    }

    fn from_bytes(bytes: &[u8; KEY_BYTES]) -> Result<Self, VaultError> {
        let fingerprint = fingerprint(bytes);
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| VaultError::BadKey)?;
        Ok(Self {
            demo: fingerprint == DEMO_FINGERPRINT,
            id: KeyEncryptionKeyId(format!("file:{fingerprint}")),
            key: LessSafeKey::new(key),
            checkpoint_seed: checkpoint_seed(bytes)?,
        })
    }

    /// Nonce, ciphertext and tag of a data key. Random nonces are safe here: a practice makes far fewer than 2^32 keys.
    pub(crate) fn wrap(
        &self,
        data_key: &[u8; KEY_BYTES],
        aad: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = Zeroizing::new(data_key.to_vec());
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut sealed)
            .map_err(|_| VaultError::TooLong)?;
        Ok([&nonce, sealed.as_slice(), tag.as_ref()].concat())
    }

    pub(crate) fn unwrap(
        &self,
        wrapped: &[u8],
        aad: &[u8],
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_LEN>().ok_or(VaultError::DoesNotOpen)?;
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let opened = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), &mut buffer)
            .map_err(|_| VaultError::DoesNotOpen)?;
        let key: &[u8; KEY_BYTES] = (&*opened).try_into().map_err(|_| VaultError::DoesNotOpen)?;
        Ok(Zeroizing::new(*key))
    }
}

/// Sixteen hexadecimal digits of a hash under its own label: enough to tell keys apart, nothing about the key itself.
fn fingerprint(key: &[u8; KEY_BYTES]) -> String {
    let labelled = Zeroizing::new([b"curtain key encryption key id v1\0".as_slice(), key].concat());
    HEXLOWER_PERMISSIVE.encode(&digest(&SHA256, &labelled).as_ref()[..8])
}

#[cfg(test)]
mod tests {
    use curtain_domain::SeededEntropy;

    use super::*;

    #[test]
    fn the_demo_key_is_known_for_what_it_is() {
        assert!(
            KeyEncryptionKey::demo().unwrap_or_else(|_| unreachable!()).is_demo(),
            "{}",
            fingerprint(&DEMO_KEY)
        );
        let typed = KeyEncryptionKey::from_hex(&HEXLOWER_PERMISSIVE.encode(&DEMO_KEY).to_uppercase());
        assert!(typed.is_ok_and(|key| key.is_demo()), "in whatever way it comes in");
    }

    #[test]
    fn a_generated_key_is_no_demo_key() {
        let text = KeyEncryptionKey::generate_hex(&SeededEntropy::new(1));
        let key = KeyEncryptionKey::from_hex(&format!(" {}\n", *text));
        assert!(key.is_ok_and(|key| !key.is_demo() && key.id().0.starts_with("file:")));
    }

    #[test]
    fn half_a_key_is_no_key() {
        for wrong in ["", "00", &"0".repeat(63), &"0".repeat(66), &"g".repeat(64)] {
            assert_eq!(KeyEncryptionKey::from_hex(wrong).err(), Some(VaultError::BadKey));
        }
        let missing = KeyEncryptionKey::from_file(Path::new("no/such/key"));
        assert_eq!(missing.err(), Some(VaultError::UnreadableKeyFile));
    }
}
