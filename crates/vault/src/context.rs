//! Where a sealed value stands: the AAD, so that a value moved elsewhere does not open (CR1).

use curtain_auth::MailMessage;
use curtain_domain::{
    AccountId, ClinicalNote, DataKeyId, NoteId, NoteVersion, PracticeId, SealedKind, SessionId, TotpSeed,
    WrappedDataKey,
};
use uuid::Uuid;

/// The place of a clinical value, and the data key of the patient it is about.
#[derive(Clone)]
pub struct RecordContext {
    pub(crate) key: WrappedDataKey,
    pub(crate) patient: AccountId,
    row: Uuid,
    version: u32,
}

impl RecordContext {
    /// The note of a visit, in one of its versions.
    pub const fn note(key: WrappedDataKey, patient: AccountId, note: NoteId, version: NoteVersion) -> Self {
        Self { key, patient, row: note.as_uuid(), version: version.0 }
    }

    pub(crate) fn aad(&self, practice: PracticeId) -> Vec<u8> {
        let Self { key, patient, row, version } = self;
        place::<ClinicalNote>(practice, *row, Some(*patient), *version, key.id)
    }
}

/// The place of an authenticator's seed, and the practice's data key for credentials.
#[derive(Clone)]
pub struct CredentialContext {
    pub(crate) key: WrappedDataKey,
    account: AccountId,
    version: u32,
}

impl CredentialContext {
    /// The seed of an account's authenticator; `version` counts how often one was set up.
    pub const fn totp(key: WrappedDataKey, account: AccountId, version: u32) -> Self {
        Self { key, account, version }
    }

    pub(crate) fn aad(&self, practice: PracticeId) -> Vec<u8> {
        place::<TotpSeed>(practice, self.account.as_uuid(), None, self.version, self.key.id)
    }
}

/// The place of a letter, and its own data key.
#[derive(Clone)]
pub struct MailContext {
    pub(crate) key: WrappedDataKey,
    row: Uuid,
}

impl MailContext {
    /// The letter in this row.
    pub const fn new(key: WrappedDataKey, row: SessionId) -> Self {
        Self { key, row: row.as_uuid() }
    }

    pub(crate) fn aad(&self, practice: PracticeId) -> Vec<u8> {
        place::<MailMessage>(practice, self.row, None, 1, self.key.id)
    }
}

/// Names a data key to the key-encryption key: a wrapped key moved to another patient does not unwrap.
pub(crate) fn data_key_aad(practice: PracticeId, patient: Option<AccountId>, key: DataKeyId) -> Vec<u8> {
    let patient = patient.map(|patient| patient.as_uuid());
    let patient = patient.as_ref().map_or(&[] as &[u8], |patient| patient.as_bytes());
    lengths_first(&[b"curtain data key v1", practice.as_bytes(), patient, key.as_bytes()])
}

fn place<K: SealedKind>(
    practice: PracticeId,
    row: Uuid,
    patient: Option<AccountId>,
    version: u32,
    key: DataKeyId,
) -> Vec<u8> {
    let patient = patient.map(|patient| patient.as_uuid());
    lengths_first(&[
        b"curtain sealed v1",
        practice.as_bytes(),
        K::TABLE.as_bytes(),
        K::COLUMN.as_bytes(),
        row.as_bytes(),
        // A value about nobody (a credential) has an empty patient, which no uuid equals.
        patient.as_ref().map_or(&[], |patient| patient.as_bytes()),
        &version.to_be_bytes(),
        key.as_bytes(),
    ])
}

/// Each part after its length, so that no two different lists of parts give the same bytes.
fn lengths_first(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        // Parts are ids and names of columns: far below 4 GiB.
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_can_not_wander_from_one_part_to_the_next() {
        assert_ne!(lengths_first(&[b"ab", b"c"]), lengths_first(&[b"a", b"bc"]));
        assert_ne!(lengths_first(&[b"ab"]), lengths_first(&[b"ab", b""]));
    }
}
