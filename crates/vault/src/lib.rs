//! Envelope encryption: the only place where clinical plaintext meets keys.
//!
//! A [`KeyEncryptionKey`] wraps one data key per patient (and one for the practice's credentials); a data key seals
//! values. **A value opens only in the place it was sealed for**: practice, table, column, row, patient and version are
//! part of its key.

mod audit_seal;
mod clinical_text;
mod context;
mod format;
mod key_encryption_key;
mod vault;

pub use audit_seal::{
    AuditHash, Checkpoint, CheckpointKey, CheckpointVerifier, SignedCheckpoint, audit_genesis, audit_link,
};
pub use clinical_text::ClinicalText;
pub use context::{CredentialContext, MailContext, RecordContext};
pub use key_encryption_key::KeyEncryptionKey;
pub use vault::Vault;

/// Why something did not open. Never says more: which check failed would help only somebody who tampers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Changed, moved, cut, of another version, or under another key.
    #[error("the sealed value does not open here")]
    DoesNotOpen,
    /// The data key is wrapped by a key-encryption key that this vault does not hold.
    #[error("the data key is wrapped by another key-encryption key")]
    OtherKeyEncryptionKey,
    /// Not 32 bytes of hexadecimal.
    #[error("a key-encryption key is 64 hexadecimal digits")]
    BadKey,
    /// The key file can't be read.
    #[error("the key file can't be read")]
    UnreadableKeyFile,
    /// The text is longer than a sealed value may be.
    #[error("the text is too long to seal")]
    TooLong,
}
