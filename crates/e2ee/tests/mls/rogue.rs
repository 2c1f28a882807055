//! A member with a changed client: the MLS library without a single rule of ours.

use curtain_domain::Timestamp;
use curtain_e2ee::{
    CREDENTIAL_TYPE, Credential, DeviceKey, OwnDevice, POLICY_EXTENSION, Policy, Proof, Refusal,
};
use mls_rs::client_builder::{MlsConfig, PaddingMode};
use mls_rs::group::{CommitBuilder, GroupContext, Roster};
use mls_rs::identity::{CustomCredential, SigningIdentity};
use mls_rs::mls_rules::{CommitDirection, CommitOptions, CommitSource, EncryptionOptions, ProposalBundle};
use mls_rs::storage_provider::in_memory::InMemoryPreSharedKeyStorage;
use mls_rs::{
    CipherSuite, CipherSuiteProvider, Client, CryptoProvider, Extension, ExtensionList, Group,
    IdentityProvider, MlsMessage, MlsRules,
};
use mls_rs_core::crypto::{SignaturePublicKey, SignatureSecretKey};
use mls_rs_core::identity::{CredentialType, MemberValidationContext};
use mls_rs_core::time::MlsTime;
use mls_rs_crypto_rustcrypto::RustCryptoProvider;

use crate::cast::{NOON, Who, later, visit};

/// No rule at all, but for how commits look.
#[derive(Clone, Copy)]
pub(crate) struct Lax {
    pub(crate) path: bool,
    pub(crate) encrypted: bool,
}

impl IdentityProvider for Lax {
    type Error = Refusal;

    fn validate_member(
        &self,
        _: &SigningIdentity,
        _: Option<MlsTime>,
        _: MemberValidationContext<'_>,
    ) -> Result<(), Refusal> {
        Ok(())
    }

    fn validate_external_sender(
        &self,
        _: &SigningIdentity,
        _: Option<MlsTime>,
        _: Option<&ExtensionList>,
    ) -> Result<(), Refusal> {
        Ok(())
    }

    fn identity(&self, identity: &SigningIdentity, _: &ExtensionList) -> Result<Vec<u8>, Refusal> {
        Ok(identity.signature_key.to_vec())
    }

    fn valid_successor(
        &self,
        _: &SigningIdentity,
        _: &SigningIdentity,
        _: &ExtensionList,
    ) -> Result<bool, Refusal> {
        Ok(true)
    }

    fn supported_types(&self) -> Vec<CredentialType> {
        vec![CredentialType::new(CREDENTIAL_TYPE)]
    }
}

impl MlsRules for Lax {
    type Error = Refusal;

    fn filter_proposals(
        &self,
        _: CommitDirection,
        _: CommitSource,
        _: &Roster<'_>,
        _: &GroupContext,
        proposals: ProposalBundle,
    ) -> Result<ProposalBundle, Refusal> {
        Ok(proposals)
    }

    fn commit_options(
        &self,
        _: &Roster<'_>,
        _: &GroupContext,
        _: &ProposalBundle,
    ) -> Result<CommitOptions, Refusal> {
        Ok(CommitOptions::new().with_path_required(self.path).with_allow_external_commit(true))
    }

    fn encryption_options(&self, _: &Roster<'_>, _: &GroupContext) -> Result<EncryptionOptions, Refusal> {
        Ok(EncryptionOptions::new(self.encrypted, PaddingMode::None))
    }
}

fn provider() -> impl CipherSuiteProvider {
    RustCryptoProvider::new().cipher_suite_provider(CipherSuite::CURVE25519_AES128).unwrap()
}

/// The credential that an honest tab would have, for a test to spoil before it is signed.
pub(crate) fn credential(who: Who, device: &DeviceKey, now: Timestamp) -> Credential {
    Credential {
        role: who.1,
        visit: visit(),
        person: who.id(),
        issued_at: now,
        not_after: later(12 * 3600).unix_seconds(),
        name: who.2.to_owned(),
        proof: Proof::Own(OwnDevice {
            device_pub: device.public(),
            practice_key_hash: [0; 32],
            leaf_sig: [0; 64],
        }),
    }
}

/// Signs the leaf by the device, if there is a device in it.
pub(crate) fn signed(mut credential: Credential, device: &DeviceKey, leaf_key: &[u8; 32]) -> Credential {
    let Ok(statement) = credential.leaf_to_sign(leaf_key) else { return credential };
    let signature = device.sign(&statement).unwrap();
    match &mut credential.proof {
        Proof::Chain(chain) => chain.leaf_sig = signature,
        Proof::Own(own) => own.leaf_sig = signature,
        Proof::Invited(_) => {}
    }
    credential
}

pub(crate) struct Rogue<C: MlsConfig> {
    pub(crate) client: Client<C>,
    pub(crate) group: Option<Group<C>>,
    pub(crate) key_package: Vec<u8>,
    pub(crate) signer: SignatureSecretKey,
    pub(crate) identity: SigningIdentity,
}

/// A rogue whose credential is just as good as an honest one.
pub(crate) fn rogue(who: Who, device: &DeviceKey, now: Timestamp) -> Rogue<impl MlsConfig + use<>> {
    rogue_with(credential(who, device, now), device, now, Lax { path: true, encrypted: false })
}

/// A rogue with this credential, signed by this device.
pub(crate) fn rogue_with(
    credential: Credential,
    device: &DeviceKey,
    now: Timestamp,
    lax: Lax,
) -> Rogue<impl MlsConfig + use<>> {
    let (signer, public) = provider().signature_key_generate().unwrap();
    let leaf_key: [u8; 32] = public.as_bytes().try_into().unwrap();
    let bytes = signed(credential, device, &leaf_key).encode();
    rogue_raw(bytes, signer, public, now, lax)
}

/// A rogue with any bytes for a credential.
pub(crate) fn rogue_raw(
    credential: Vec<u8>,
    signer: SignatureSecretKey,
    public: SignaturePublicKey,
    now: Timestamp,
    lax: Lax,
) -> Rogue<impl MlsConfig + use<>> {
    let custom = CustomCredential::new(CredentialType::new(CREDENTIAL_TYPE), credential);
    let identity = SigningIdentity::new(mls_rs::identity::Credential::Custom(custom), public);
    let mut psk = InMemoryPreSharedKeyStorage::default();
    psk.insert(psk_id(), b"thirty-two bytes that all know!!".to_vec().into());
    let client = Client::builder()
        .psk_store(psk)
        .crypto_provider(RustCryptoProvider::new())
        .identity_provider(lax)
        .mls_rules(lax)
        .extension_type(POLICY_EXTENSION.into())
        .signing_identity(identity.clone(), signer.clone(), CipherSuite::CURVE25519_AES128)
        .build();
    let key_package = client
        .generate_key_package_message(ExtensionList::new(), ExtensionList::new(), Some(mls(now)))
        .unwrap()
        .to_bytes()
        .unwrap();
    Rogue { client, group: None, key_package, signer, identity }
}

pub(crate) fn psk_id() -> mls_rs::psk::ExternalPskId {
    mls_rs::psk::ExternalPskId::new(b"CURPSK1".to_vec())
}

pub(crate) fn mls(now: Timestamp) -> MlsTime {
    MlsTime::from(now.unix_seconds())
}

pub(crate) fn message(bytes: &[u8]) -> MlsMessage {
    MlsMessage::from_bytes(bytes).unwrap()
}

impl<C: MlsConfig> Rogue<C> {
    pub(crate) fn join(&mut self, welcome: &[u8]) {
        let (group, _) = self.client.join_group(None, &message(welcome), None).unwrap();
        self.group = Some(group);
    }

    /// Opens a group with this policy, or with whatever bytes stand for one.
    pub(crate) fn open(&mut self, group_id: &[u8], policy: Vec<u8>, more: Option<Extension>) {
        let mut extensions = ExtensionList::new();
        extensions.set(Extension::new(POLICY_EXTENSION.into(), policy));
        if let Some(extension) = more {
            extensions.set(extension);
        }
        let group = self.client.create_group_with_id(
            group_id.to_vec(),
            extensions,
            ExtensionList::new(),
            Some(mls(NOON)),
        );
        self.group = Some(group.unwrap());
    }

    pub(crate) fn group(&mut self) -> &mut Group<C> {
        self.group.as_mut().unwrap()
    }

    /// Builds any commit and gives its bytes and Welcome; it stays pending.
    pub(crate) fn commit(
        &mut self,
        fill: impl for<'a> FnOnce(CommitBuilder<'a, C>) -> CommitBuilder<'a, C>,
    ) -> (Vec<u8>, Vec<u8>) {
        self.commit_at(NOON, fill)
    }

    pub(crate) fn commit_at(
        &mut self,
        now: Timestamp,
        fill: impl for<'a> FnOnce(CommitBuilder<'a, C>) -> CommitBuilder<'a, C>,
    ) -> (Vec<u8>, Vec<u8>) {
        let group = self.group();
        group.clear_pending_commit();
        let output = fill(group.commit_builder().commit_time(mls(now))).build().unwrap();
        let welcome = output.welcome_messages.first().map(|welcome| welcome.to_bytes().unwrap());
        (output.commit_message.to_bytes().unwrap(), welcome.unwrap_or_default())
    }
}

/// A policy as an honest clinician would sign it, for a test to spoil.
pub(crate) fn policy(who: Who, device: &DeviceKey) -> Policy {
    Policy {
        visit: visit(),
        suite: 1,
        practice_key_hash: [0; 32],
        clinician: who.id(),
        co_hosts: Vec::new(),
        max_members: 6,
        not_after: later(12 * 3600).unix_seconds(),
        device_pub: device.public(),
        name: "Dr Maya Lee".to_owned(),
        certificate: None,
        device_sig: [0; 64],
    }
}

/// Signs a policy by this device.
pub(crate) fn sign_policy(mut policy: Policy, device: &DeviceKey) -> Policy {
    policy.device_sig = device.sign(&policy.to_sign()).unwrap();
    policy
}
