//! One tab in one visit: makes its leaf, opens or joins the group, commits, opens and seals messages.
//!
//! **A call either does what it says or changes nothing.** A commit counts when it comes back through
//! [`Member::process`], never before: the server decides whose commit ends an epoch.

mod commits;
mod entry;
mod processing;
mod safety;
mod view;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use curtain_domain::{AccountId, PersonName, Timestamp, VisitId, VisitRole};
use mls_rs::client_builder::{
    BaseConfig, WithCryptoProvider, WithGroupStateStorage, WithIdentityProvider, WithMlsRules,
};
use mls_rs::storage_provider::in_memory::InMemoryGroupStateStorage;
use mls_rs::time::MlsTime;
use mls_rs::{Client, Group, MlsMessage, ProtocolVersion};
use mls_rs_core::crypto::SignatureSecretKey;
use mls_rs_crypto_rustcrypto::RustCryptoProvider;

use crate::credential::Practice;
use crate::credential::{CLOCK_ERROR, check_name};
use crate::rules::Rules;
use crate::safety_code::SafetyCode;
use crate::suite::Suite;
use crate::{Certificate, Chain, Credential, OwnDevice, Policy, Proof, Refusal};

pub use commits::CommitOutput;
pub use processing::{Cause, Event};
pub use view::Newcomer;

/// Late application messages open for this many epochs: people speak while somebody is let in. More keeps old keys
/// longer than anyone needs them.
const PAST_EPOCHS: usize = 4;

/// A KeyPackage waits in front of the door at most this long.
const KEY_PACKAGE_LIFETIME: Duration = Duration::from_hours(12);

/// The year 10000: later times are a mistake, and would overflow sums inside the library.
const LAST_TIME: Timestamp = Timestamp::from_unix_millis(253_402_300_800_000);

type Config = WithMlsRules<
    Rules,
    WithIdentityProvider<
        Rules,
        WithCryptoProvider<RustCryptoProvider, WithGroupStateStorage<InMemoryGroupStateStorage, BaseConfig>>,
    >,
>;

/// One tab in one visit. Make a new one for every arrival: a leaf is used once.
pub struct Member {
    suite: Suite,
    rules: Rules,
    credential: Credential,
    leaf_key: [u8; 32],
    signer: SignatureSecretKey,
    storage: InMemoryGroupStateStorage,
    client: Option<Client<Config>>,
    draft: Option<Policy>,
    group: Option<Group<Config>>,
    /// Device keys that count as known: first seen in this visit, or remembered from before.
    devices: BTreeMap<AccountId, BTreeSet<[u8; 32]>>,
    names: BTreeMap<AccountId, PersonName>,
    returning: bool,
    safety: SafetyCode,
}

/// What a tab knows of itself before it has a leaf.
#[derive(Clone)]
pub struct NewLeaf<'a> {
    /// The only visit it is good for.
    pub visit: VisitId,
    /// The account that is signed in.
    pub person: AccountId,
    /// What the person is in this visit.
    pub role: VisitRole,
    /// Empty for patients and guests.
    pub name: &'a str,
    /// Ed25519 public key of this browser.
    pub device_pub: [u8; 32],
    /// The end of the credential.
    pub not_after: Timestamp,
}

impl Member {
    /// Makes a fresh leaf key.
    ///
    /// # Errors
    /// [`Refusal::BadName`] when the name does not fit the role; [`Refusal::BadArgument`] for impossible times.
    pub fn new(leaf: &NewLeaf<'_>, now: Timestamp) -> Result<Self, Refusal> {
        check_name(leaf.role, leaf.name)?;
        if now >= LAST_TIME || leaf.not_after <= now || leaf.not_after >= LAST_TIME {
            return Err(Refusal::BadArgument);
        }
        let suite = Suite::new()?;
        let (signer, leaf_key) = suite.signature_key()?;
        let not_after = leaf.not_after.unix_seconds();
        let device = OwnDevice { device_pub: leaf.device_pub, practice_key_hash: [0; 32], leaf_sig: [0; 64] };
        let credential = Credential {
            role: leaf.role,
            visit: leaf.visit,
            person: leaf.person,
            issued_at: now,
            not_after,
            name: leaf.name.to_owned(),
            proof: Proof::Own(device),
        };
        let storage = InMemoryGroupStateStorage::new().with_max_epoch_retention(PAST_EPOCHS)?;
        Ok(Self {
            rules: Rules::new(leaf.visit, suite.clone(), now),
            devices: BTreeMap::from([(leaf.person, BTreeSet::from([leaf.device_pub]))]),
            safety: SafetyCode::new(suite.clone()),
            suite,
            credential,
            leaf_key,
            signer,
            storage,
            client: None,
            draft: None,
            group: None,
            names: BTreeMap::new(),
            returning: false,
        })
    }

    /// What this client holds the practice's key to be, and the devices that the practice revoked. Before
    /// [`Member::leaf_to_sign`]; without it, no practice has a key.
    ///
    /// # Errors
    /// [`Refusal::AlreadyInGroup`] once the leaf was signed: a group stands on one key from its first day.
    pub fn trust(&mut self, practice_key: Option<[u8; 32]>, revoked: &[[u8; 32]]) -> Result<(), Refusal> {
        if self.client.is_some() {
            return Err(Refusal::AlreadyInGroup);
        }
        let practice = Practice::new(&self.suite, practice_key, revoked)?;
        if let Proof::Own(device) = &mut self.credential.proof {
            device.practice_key_hash = practice.key_hash();
        }
        self.rules.trust(practice);
        Ok(())
    }

    /// The practice's certificate of our device takes the place of our own word. After [`Member::trust`].
    ///
    /// # Errors
    /// [`Refusal::BadPracticeSignature`] and whatever else does not hold of it.
    pub fn certify(&mut self, certificate: &Certificate, now: Timestamp) -> Result<(), Refusal> {
        let now = self.at(now)?;
        let device_pub = self.credential.device_pub()?;
        let chain = Chain { device_pub, certificate: *certificate, leaf_sig: [0; 64] };
        let practice = self.rules.practice();
        practice.check_revoked(&device_pub)?;
        practice.check_chain(&self.suite, &self.credential, &chain, now)?;
        self.credential.proof = Proof::Chain(chain);
        Ok(())
    }

    /// What the device key signs for this leaf.
    ///
    /// # Errors
    /// None in this version; invited leaves will have none to sign.
    pub fn leaf_to_sign(&self) -> Result<Vec<u8>, Refusal> {
        self.credential.leaf_to_sign(&self.leaf_key)
    }

    /// Checks the device's signature and gives the KeyPackage to arrive with. Needed before [`Member::create_group`] too.
    ///
    /// # Errors
    /// [`Refusal::BadLeafSignature`] when this device did not sign this leaf.
    pub fn key_package(&mut self, leaf_sig: [u8; 64], now: Timestamp) -> Result<Vec<u8>, Refusal> {
        let now = self.at(now)?;
        let credential = self.credential.clone().signed(leaf_sig);
        let practice = self.rules.practice();
        credential.check(&self.suite, &self.leaf_key, credential.visit, &practice, now)?;
        let client = self.client_for(&credential);
        let not_before = mls_time(now - CLOCK_ERROR);
        let key_package = client.generate_key_package_message(
            mls_rs::ExtensionList::new(),
            mls_rs::ExtensionList::new(),
            Some(not_before),
        )?;
        let bytes = key_package.to_bytes()?;
        self.credential = credential;
        self.client = Some(client);
        Ok(bytes)
    }

    fn client_for(&self, credential: &Credential) -> Client<Config> {
        let identity = mls_rs::identity::SigningIdentity::new(
            credential.to_mls(),
            mls_rs_core::crypto::SignaturePublicKey::new_slice(&self.leaf_key),
        );
        Client::builder()
            .group_state_storage(self.storage.clone())
            .crypto_provider(Suite::crypto_provider())
            .identity_provider(self.rules.clone())
            .mls_rules(self.rules.clone())
            .extension_type(mls_rs_core::extension::ExtensionType::new(crate::POLICY_EXTENSION))
            .key_package_lifetime(KEY_PACKAGE_LIFETIME)
            .signing_identity(identity, self.signer.clone(), crate::suite::CIPHER_SUITE)
            .build()
    }

    /// Begins a call: the rules see its time.
    fn at(&self, now: Timestamp) -> Result<Timestamp, Refusal> {
        if now >= LAST_TIME {
            return Err(Refusal::BadArgument);
        }
        self.rules.set_now(now);
        Ok(now)
    }

    fn group(&self) -> Result<&Group<Config>, Refusal> {
        self.group.as_ref().ok_or(Refusal::NotInGroup)
    }

    fn group_mut(&mut self) -> Result<&mut Group<Config>, Refusal> {
        self.group.as_mut().ok_or(Refusal::NotInGroup)
    }

    /// The server said that this person is gone, or that their connection is lost. The first report counts.
    pub fn report_gone(&self, person: AccountId, now: Timestamp) {
        self.rules.report_gone(person, now);
    }

    /// They are back.
    pub fn report_back(&self, person: AccountId) {
        self.rules.report_back(person);
    }

    /// What this browser knows: a device key that somebody was seen with before, or whose person was just recognised by
    /// the SafetyCode. Call it for each.
    pub fn remember(&mut self, person: AccountId, device_pub: [u8; 32]) {
        self.devices.entry(person).or_default().insert(device_pub);
    }

    /// This browser, never the server, says that we were in this visit before, from this device. Only then is a Welcome
    /// taken from somebody who may not add people: the others take a crashed clinician back (rule R2).
    pub fn expect_return(&mut self) {
        self.returning = true;
    }
}

/// Reads an `MLSMessage` (RFC 9420 §6). The library does not look at the version in front of a KeyPackage.
fn read_message(bytes: &[u8]) -> Result<MlsMessage, Refusal> {
    if !bytes.starts_with(&u16::from(ProtocolVersion::MLS_10).to_be_bytes()) {
        return Err(Refusal::Malformed);
    }
    Ok(MlsMessage::from_bytes(bytes)?)
}

/// MLS counts seconds (RFC 9420 §10.1).
fn mls_time(at: Timestamp) -> MlsTime {
    MlsTime::from(at.unix_seconds())
}
