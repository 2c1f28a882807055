//! Ciphertext as a type: what storage may hold and nobody but the vault can open.

use core::fmt;
use core::marker::PhantomData;

use crate::DataKeyId;

/// What a sealed value holds. The name stands in its AAD, so a value moved to another column does not open.
pub trait SealedKind {
    /// The table and column, as in the database.
    const TABLE: &'static str;
    /// The column that holds the bytes.
    const COLUMN: &'static str;
}

/// The clinician's note of a visit.
#[derive(Debug, Clone, Copy)]
pub enum ClinicalNote {}

impl SealedKind for ClinicalNote {
    const TABLE: &'static str = "note";
    const COLUMN: &'static str = "sealed_text";
}

/// The shared secret of an authenticator app (RFC 6238).
#[derive(Debug, Clone, Copy)]
pub enum TotpSeed {}

impl SealedKind for TotpSeed {
    const TABLE: &'static str = "totp";
    const COLUMN: &'static str = "sealed_seed";
}

/// Bytes that only the vault can open. "Sealed" always means: unreadable to whoever holds it without the key.
pub struct Sealed<K> {
    bytes: Vec<u8>,
    kind: PhantomData<fn() -> K>,
}

impl<K> Sealed<K> {
    /// Wraps bytes that the vault made or that a row held.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes, kind: PhantomData }
    }

    /// The ciphertext, for the database.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<K> Clone for Sealed<K> {
    fn clone(&self) -> Self {
        Self::from_bytes(self.bytes.clone())
    }
}

impl<K: SealedKind> fmt::Debug for Sealed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed<{}.{}>({} bytes)", K::TABLE, K::COLUMN, self.bytes.len())
    }
}

/// Names a key-encryption key without being one: at most 64 printable characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyEncryptionKeyId(pub String);

/// A data key under the key-encryption key: what the database holds of it.
#[derive(Debug, Clone)]
pub struct WrappedDataKey {
    /// Which data key.
    pub id: DataKeyId,
    /// Which key-encryption key opens it.
    pub wrapped_by: KeyEncryptionKeyId,
    /// Nonce, ciphertext and tag.
    pub bytes: Vec<u8>,
}
