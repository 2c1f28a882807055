//! The vault: seals and opens, for people who may, in the place a value stands.

use std::sync::Arc;

use curtain_auth::{MailMessage, MayReadClinicalText, MayWriteClinicalText, Pepper, Principal, TotpSecret};
use curtain_domain::{
    AccountId, ClinicalNote, DataKeyId, Entropy, PracticeId, Sealed, Timestamp, TotpSeed, WrappedDataKey,
};
use zeroize::Zeroizing;

use crate::context::data_key_aad;
use crate::key_encryption_key::KEY_BYTES;
use crate::{
    ClinicalText, CredentialContext, KeyEncryptionKey, MailContext, RecordContext, VaultError, format,
};

/// Holds the key-encryption key of one practice.
pub struct Vault {
    current: KeyEncryptionKey,
    practice: PracticeId,
    entropy: Arc<dyn Entropy>,
}

impl Vault {
    /// The vault of a practice.
    pub fn new(current: KeyEncryptionKey, practice: PracticeId, entropy: Arc<dyn Entropy>) -> Self {
        Self { current, practice, entropy }
    }

    /// A new data key for a patient, or for the practice's credentials (`None`), already wrapped.
    pub fn new_data_key(
        &self,
        patient: Option<AccountId>,
        now: Timestamp,
    ) -> Result<WrappedDataKey, VaultError> {
        let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
        self.entropy.fill(key.as_mut());
        self.wrap(DataKeyId::new(now, &*self.entropy), patient, &key)
    }

    /// Seals a clinical text for its place. Each call gives other bytes.
    pub fn seal(
        &self,
        by: &Principal<impl MayWriteClinicalText>,
        context: &RecordContext,
        text: ClinicalText,
    ) -> Result<Sealed<ClinicalNote>, VaultError> {
        self.own_practice(by.identity().practice())?;
        let key = self.unwrap(&context.key, Some(context.patient))?;
        let aad = context.aad(self.practice);
        let sealed = format::seal(&key, context.key.id, &aad, text.as_bytes(), &*self.entropy)?;
        drop(text);
        Ok(Sealed::from_bytes(sealed))
    }

    /// Opens a clinical text where it stands.
    pub fn open(
        &self,
        by: &Principal<impl MayReadClinicalText>,
        context: &RecordContext,
        sealed: &Sealed<ClinicalNote>,
    ) -> Result<ClinicalText, VaultError> {
        self.own_practice(by.identity().practice())?;
        let key = self.unwrap(&context.key, Some(context.patient))?;
        let opened = format::open(&key, context.key.id, &context.aad(self.practice), sealed.as_bytes())?;
        ClinicalText::from_utf8(opened).ok_or(VaultError::DoesNotOpen)
    }

    /// Seals the seed of an authenticator under the practice's data key for credentials.
    pub fn seal_totp(
        &self,
        context: &CredentialContext,
        seed: &TotpSecret,
    ) -> Result<Sealed<TotpSeed>, VaultError> {
        let key = self.unwrap(&context.key, None)?;
        let aad = context.aad(self.practice);
        format::seal(&key, context.key.id, &aad, seed.as_bytes(), &*self.entropy).map(Sealed::from_bytes)
    }

    /// Opens the seed of an authenticator, to check a code with it.
    pub fn open_totp(
        &self,
        context: &CredentialContext,
        sealed: &Sealed<TotpSeed>,
    ) -> Result<TotpSecret, VaultError> {
        let key = self.unwrap(&context.key, None)?;
        let opened = format::open(&key, context.key.id, &context.aad(self.practice), sealed.as_bytes())?;
        TotpSecret::from_bytes(&opened).map_err(|_| VaultError::DoesNotOpen)
    }

    /// The pepper of the practice's passwords (AU4): derived from its data key for credentials, so that it lives outside
    /// of the database and survives a change of the key-encryption key.
    pub fn pepper(&self, key: &WrappedDataKey) -> Result<Pepper, VaultError> {
        let data_key = self.unwrap(key, None)?;
        let pepper = format::purpose_key(&data_key, b"curtain password pepper v1", self.practice.as_bytes())?;
        Ok(Pepper::new(&pepper))
    }

    /// Seals a letter with its address: it may hold a link, and a link lets somebody in.
    pub fn seal_mail(
        &self,
        context: &MailContext,
        message: &[u8],
    ) -> Result<Sealed<MailMessage>, VaultError> {
        let key = self.unwrap(&context.key, None)?;
        let aad = context.aad(self.practice);
        format::seal(&key, context.key.id, &aad, message, &*self.entropy).map(Sealed::from_bytes)
    }

    /// Opens a letter, to send it.
    pub fn open_mail(
        &self,
        context: &MailContext,
        sealed: &Sealed<MailMessage>,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let key = self.unwrap(&context.key, None)?;
        format::open(&key, context.key.id, &context.aad(self.practice), sealed.as_bytes())
    }

    /// Wraps a data key anew, from an older key-encryption key to the current one. No value is opened for it.
    pub fn rewrap(
        &self,
        old: &KeyEncryptionKey,
        patient: Option<AccountId>,
        wrapped: &WrappedDataKey,
    ) -> Result<WrappedDataKey, VaultError> {
        let key = unwrap_with(old, self.practice, patient, wrapped)?;
        self.wrap(wrapped.id, patient, &key)
    }

    fn wrap(
        &self,
        id: DataKeyId,
        patient: Option<AccountId>,
        key: &[u8; KEY_BYTES],
    ) -> Result<WrappedDataKey, VaultError> {
        let aad = data_key_aad(self.practice, patient, id);
        let bytes = self.current.wrap(key, &aad, &*self.entropy)?;
        Ok(WrappedDataKey { id, wrapped_by: self.current.id().clone(), bytes })
    }

    fn unwrap(
        &self,
        wrapped: &WrappedDataKey,
        patient: Option<AccountId>,
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
        unwrap_with(&self.current, self.practice, patient, wrapped)
    }

    /// A principal of another practice has no business here, whatever their role.
    fn own_practice(&self, practice: PracticeId) -> Result<(), VaultError> {
        if practice == self.practice { Ok(()) } else { Err(VaultError::DoesNotOpen) }
    }
}

fn unwrap_with(
    key: &KeyEncryptionKey,
    practice: PracticeId,
    patient: Option<AccountId>,
    wrapped: &WrappedDataKey,
) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
    if *key.id() != wrapped.wrapped_by {
        return Err(VaultError::OtherKeyEncryptionKey);
    }
    key.unwrap(&wrapped.bytes, &data_key_aad(practice, patient, wrapped.id))
}
