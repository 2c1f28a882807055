//! Who a leaf belongs to: the custom MLS credential 0xF0C1.
//!
//! A device key, which stays in the browser and outlives tabs, signs the fresh key of each leaf together with what the
//! leaf claims: role, visit, person, times and name. The devices of staff are certified by the practice (`credential/practice.rs`). A
//! type of our own, so that no default code can take it for a plain name.
//!
//! ```text
//! "CUR1" | role u8 | visit 16 | person 16 | issued_at u64 ms | not_after u64 s | name_len u8 | name      = head
//! kind u8 = 1 chain:      device_pub 32 | device_not_after u64 s | roles u16 | practice_sig 64 | leaf_sig 64
//! kind u8 = 2 invited:    invitation_id 16 | mac 32
//! kind u8 = 3 own device: device_pub 32 | practice_key_hash 32 | leaf_sig 64
//! leaf_sig of 1 = Ed25519(device, "Curtain leaf v1\0" | head | device_pub | leaf signature key)
//! leaf_sig of 3 = Ed25519(device, "Curtain own leaf v1\0" | head | device_pub | practice_key_hash | leaf signature key)
//! ```
//! Integers are big-endian. `roles` is a bit mask, bit `role`. Nobody vouches for an own device: patients and guests have
//! one, and staff of a practice without a key. Its `practice_key_hash` is the key that the browser was told. An invited leaf
//! is refused.

mod practice;

use core::time::Duration;

use curtain_domain::{AccountId, PersonName, Timestamp, VisitId, VisitRole};
use mls_rs_core::identity::{Credential as MlsCredential, CredentialType, CustomCredential};

use crate::Refusal;
use crate::codec::{Reader, put_short_text};
use crate::suite::Suite;
pub use practice::Certificate;
pub(crate) use practice::Practice;

/// The credential's number, from the private range of RFC 9420 §17.5.
pub const CREDENTIAL_TYPE: u16 = 0xF0C1;

/// How far two honest clocks may differ. Less locks out phones with a wrong clock, more keeps ended credentials alive.
pub(crate) const CLOCK_ERROR: Duration = Duration::from_mins(5);

const MAGIC: &[u8; 4] = b"CUR1";
const LEAF_LABEL: &[u8] = b"Curtain leaf v1\0";
const OWN_LEAF_LABEL: &[u8] = b"Curtain own leaf v1\0";

/// What a leaf says of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// What the person is in this visit.
    pub role: VisitRole,
    /// The only visit it is good for.
    pub visit: VisitId,
    /// The account.
    pub person: AccountId,
    /// When the leaf was made. A return must be later than what it replaces (rule R2).
    pub issued_at: Timestamp,
    /// Seconds since 1970 (UTC) after which it is over.
    pub not_after: u64,
    /// Empty for patients and guests: what a `KeyPackage` holds is readable by the server, so they send it in a Hello.
    pub name: String,
    /// Why to believe it.
    pub proof: Proof,
}

/// Why to believe a credential.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// A device key that the practice certified signed the leaf.
    Chain(Chain),
    /// Whoever holds the invitation made the leaf.
    Invited(Invited),
    /// A device key that nobody vouches for signed the leaf.
    Own(OwnDevice),
}

/// Practice key → device key → leaf.
#[derive(Clone, PartialEq, Eq)]
pub struct Chain {
    /// Ed25519 public key of the device.
    pub device_pub: [u8; 32],
    /// What the practice says of it.
    pub certificate: Certificate,
    /// By the device, over [`Credential::leaf_to_sign`].
    pub leaf_sig: [u8; 64],
}

/// Device key → leaf.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnDevice {
    /// Ed25519 public key of the device.
    pub device_pub: [u8; 32],
    /// Of the practice key that this browser holds to be the practice's; zero when it knows none.
    pub practice_key_hash: [u8; 32],
    /// By the device, over [`Credential::leaf_to_sign`].
    pub leaf_sig: [u8; 64],
}

/// Proof of an invitation; refused in this version.
#[derive(Clone, PartialEq, Eq)]
pub struct Invited {
    /// Which invitation.
    pub invitation: [u8; 16],
    /// HMAC-SHA256 under a key derived from the invitation's secret.
    pub mac: [u8; 32],
}

/// The bit that stands for a role in `roles`.
pub(crate) const fn role_bit(role: VisitRole) -> u16 {
    1 << role.code()
}

impl Credential {
    fn head(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(self.role.code());
        out.extend_from_slice(self.visit.as_bytes());
        out.extend_from_slice(self.person.as_bytes());
        out.extend_from_slice(&self.issued_at.unix_millis().to_be_bytes());
        out.extend_from_slice(&self.not_after.to_be_bytes());
        put_short_text(&mut out, &self.name);
        out
    }

    /// The bytes of the credential.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.head();
        match &self.proof {
            Proof::Chain(chain) => {
                out.push(1);
                out.extend_from_slice(&chain.device_pub);
                out.extend_from_slice(&chain.certificate.device_not_after.to_be_bytes());
                out.extend_from_slice(&chain.certificate.roles.to_be_bytes());
                out.extend_from_slice(&chain.certificate.practice_sig);
                out.extend_from_slice(&chain.leaf_sig);
            }
            Proof::Invited(invited) => {
                out.push(2);
                out.extend_from_slice(&invited.invitation);
                out.extend_from_slice(&invited.mac);
            }
            Proof::Own(device) => {
                out.push(3);
                out.extend_from_slice(&device.device_pub);
                out.extend_from_slice(&device.practice_key_hash);
                out.extend_from_slice(&device.leaf_sig);
            }
        }
        out
    }

    /// Reads a credential. Every byte string has at most one meaning; nothing is believed yet.
    ///
    /// # Errors
    /// [`Refusal::BadCredential`] for anything but the exact layout.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        Self::read(bytes).ok_or(Refusal::BadCredential)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        (reader.array::<4>()? == *MAGIC).then_some(())?;
        let role = VisitRole::from_code(reader.u8()?)?;
        let visit = reader.visit()?;
        let person = reader.person()?;
        let issued_at = Timestamp::from_unix_millis(reader.u64()?);
        let not_after = reader.u64()?;
        let name = reader.short_text()?;
        let proof = match reader.u8()? {
            1 => Proof::Chain(Chain {
                device_pub: reader.array()?,
                certificate: Certificate {
                    device_not_after: reader.u64()?,
                    roles: reader.u16()?,
                    practice_sig: reader.array()?,
                },
                leaf_sig: reader.array()?,
            }),
            2 => Proof::Invited(Invited { invitation: reader.array()?, mac: reader.array()? }),
            3 => Proof::Own(OwnDevice {
                device_pub: reader.array()?,
                practice_key_hash: reader.array()?,
                leaf_sig: reader.array()?,
            }),
            _ => return None,
        };
        reader.end()?;
        Some(Self { role, visit, person, issued_at, not_after, name, proof })
    }

    /// From the credential of an MLS leaf.
    ///
    /// # Errors
    /// [`Refusal::BadCredential`] for another type or layout.
    pub(crate) fn of(credential: &MlsCredential) -> Result<Self, Refusal> {
        match credential {
            MlsCredential::Custom(custom) if custom.credential_type.raw_value() == CREDENTIAL_TYPE => {
                Self::decode(&custom.data)
            }
            _ => Err(Refusal::BadCredential),
        }
    }

    /// As the credential of an MLS leaf.
    pub(crate) fn to_mls(&self) -> MlsCredential {
        let credential_type = CredentialType::new(CREDENTIAL_TYPE);
        MlsCredential::Custom(CustomCredential::new(credential_type, self.encode()))
    }

    /// The device key behind it.
    ///
    /// # Errors
    /// [`Refusal::InvitationNotSupported`] for an invited leaf.
    pub fn device_pub(&self) -> Result<[u8; 32], Refusal> {
        match &self.proof {
            Proof::Chain(chain) => Ok(chain.device_pub),
            Proof::Own(device) => Ok(device.device_pub),
            Proof::Invited(_) => Err(Refusal::InvitationNotSupported),
        }
    }

    /// The practice vouches for its device.
    pub const fn is_certified(&self) -> bool {
        matches!(self.proof, Proof::Chain(_))
    }

    /// What the device key signs, for this leaf signature key.
    ///
    /// # Errors
    /// [`Refusal::InvitationNotSupported`] for an invited leaf.
    pub fn leaf_to_sign(&self, leaf_key: &[u8; 32]) -> Result<Vec<u8>, Refusal> {
        match &self.proof {
            Proof::Chain(chain) => Ok([LEAF_LABEL, &self.head(), &chain.device_pub, leaf_key].concat()),
            Proof::Own(device) => {
                let hash = &device.practice_key_hash;
                Ok([OWN_LEAF_LABEL, &self.head(), &device.device_pub, hash, leaf_key].concat())
            }
            Proof::Invited(_) => Err(Refusal::InvitationNotSupported),
        }
    }

    /// The same, signed by the device.
    pub(crate) fn signed(mut self, signature: [u8; 64]) -> Self {
        match &mut self.proof {
            Proof::Chain(chain) => chain.leaf_sig = signature,
            Proof::Own(device) => device.leaf_sig = signature,
            Proof::Invited(_) => {}
        }
        self
    }

    /// Everything that can be known of a leaf by itself.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub(crate) fn check(
        &self,
        suite: &Suite,
        leaf_key: &[u8],
        visit: VisitId,
        practice: &Practice,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.visit != visit {
            return Err(Refusal::OtherVisit);
        }
        check_name(self.role, &self.name)?;
        if self.issued_at > now + CLOCK_ERROR {
            return Err(Refusal::NotYetValid);
        }
        if (now - CLOCK_ERROR).unix_seconds() > self.not_after {
            return Err(Refusal::Expired);
        }
        let leaf_sig = match &self.proof {
            Proof::Chain(chain) => {
                practice.check_chain(suite, self, chain, now)?;
                &chain.leaf_sig
            }
            Proof::Own(device) => {
                practice.check_own_device(self.role, device)?;
                &device.leaf_sig
            }
            Proof::Invited(_) => return Err(Refusal::InvitationNotSupported),
        };
        let device_pub = self.device_pub()?;
        practice.check_revoked(&device_pub)?;
        let leaf_key = leaf_key.try_into().map_err(|_| Refusal::BadCredential)?;
        let statement = self.leaf_to_sign(leaf_key)?;
        suite.verifies(&device_pub, leaf_sig, &statement).then_some(()).ok_or(Refusal::BadLeafSignature)
    }
}

/// Staff carry their name in the credential; patients and guests must not; an interpreter may.
pub(crate) fn check_name(role: VisitRole, name: &str) -> Result<(), Refusal> {
    let may_be_empty = !matches!(role, VisitRole::Clinician | VisitRole::CoHost);
    let must_be_empty = matches!(role, VisitRole::Patient | VisitRole::Guest);
    let well = match name {
        "" => may_be_empty,
        _ if must_be_empty => false,
        // The form that `PersonName` keeps, so that nobody is shown a name that deceives.
        _ => {
            u8::try_from(name.len()).is_ok()
                && PersonName::parse(name).is_ok_and(|parsed| parsed.as_str() == name)
        }
    };
    well.then_some(()).ok_or(Refusal::BadName)
}
