//! Who a leaf belongs to: the custom MLS credential 0xF0C1.
//!
//! A device key, which stays in the browser and outlives tabs, signs the fresh key of each leaf together with what the
//! leaf claims: role, visit, person, times and name. A type of our own, so that no default code can take it for a
//! plain name.
//!
//! ```text
//! "CUR1" | role u8 | visit 16 | person 16 | issued_at u64 ms | not_after u64 s | name_len u8 | name      = head
//! kind u8 = 1 chain:   device_pub 32 | device_not_after u64 s | roles u16 | practice_sig 64 | leaf_sig 64
//! kind u8 = 2 invited: invitation_id 16 | mac 32
//! leaf_sig = Ed25519(device, "Curtain leaf v1\0" | head | device_pub | leaf signature key)
//! ```
//! Integers are big-endian. `roles` is a bit mask, bit `role`. The practice key and invitations don't exist yet: their
//! fields are in place, a practice signature must be 64 zero bytes, and an invited leaf is refused.

use core::time::Duration;

use curtain_domain::{AccountId, PersonName, Timestamp, VisitId, VisitRole};
use mls_rs_core::identity::{Credential as MlsCredential, CredentialType, CustomCredential};

use crate::Refusal;
use crate::codec::{Reader, put_short_text};
use crate::suite::Suite;

/// The credential's number, from the private range of RFC 9420 §17.5.
pub const CREDENTIAL_TYPE: u16 = 0xF0C1;

/// How far two honest clocks may differ. Less locks out phones with a wrong clock, more keeps ended credentials alive.
pub(crate) const CLOCK_ERROR: Duration = Duration::from_mins(5);

const MAGIC: &[u8; 4] = b"CUR1";
const LEAF_LABEL: &[u8] = b"Curtain leaf v1\0";
const NO_SIGNATURE: [u8; 64] = [0; 64];

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
    /// A device key signed the leaf.
    Chain(Chain),
    /// Whoever holds the invitation made the leaf.
    Invited(Invited),
}

/// Practice key → device key → leaf.
#[derive(Clone, PartialEq, Eq)]
pub struct Chain {
    /// Ed25519 public key of the device.
    pub device_pub: [u8; 32],
    /// Seconds since 1970 (UTC) after which the device is no longer certified.
    pub device_not_after: u64,
    /// Bit `role` for every role that the device may take.
    pub roles: u16,
    /// Zero until practices have keys.
    pub practice_sig: [u8; 64],
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
                out.extend_from_slice(&chain.device_not_after.to_be_bytes());
                out.extend_from_slice(&chain.roles.to_be_bytes());
                out.extend_from_slice(&chain.practice_sig);
                out.extend_from_slice(&chain.leaf_sig);
            }
            Proof::Invited(invited) => {
                out.push(2);
                out.extend_from_slice(&invited.invitation);
                out.extend_from_slice(&invited.mac);
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
                device_not_after: reader.u64()?,
                roles: reader.u16()?,
                practice_sig: reader.array()?,
                leaf_sig: reader.array()?,
            }),
            2 => Proof::Invited(Invited { invitation: reader.array()?, mac: reader.array()? }),
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
    pub fn chain(&self) -> Result<&Chain, Refusal> {
        match &self.proof {
            Proof::Chain(chain) => Ok(chain),
            Proof::Invited(_) => Err(Refusal::InvitationNotSupported),
        }
    }

    /// What the device key signs, for this leaf signature key.
    ///
    /// # Errors
    /// [`Refusal::InvitationNotSupported`] for an invited leaf.
    pub fn leaf_to_sign(&self, leaf_key: &[u8; 32]) -> Result<Vec<u8>, Refusal> {
        let device_pub = &self.chain()?.device_pub;
        Ok([LEAF_LABEL, &self.head(), device_pub, leaf_key].concat())
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
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.visit != visit {
            return Err(Refusal::OtherVisit);
        }
        check_name(self.role, &self.name)?;
        let chain = self.chain()?;
        if chain.practice_sig != NO_SIGNATURE {
            return Err(Refusal::PracticeSignatureNotSupported);
        }
        if chain.roles & role_bit(self.role) == 0 {
            return Err(Refusal::RoleNotCertified);
        }
        if self.issued_at > now + CLOCK_ERROR {
            return Err(Refusal::NotYetValid);
        }
        if (now - CLOCK_ERROR).unix_seconds() > self.not_after.min(chain.device_not_after) {
            return Err(Refusal::Expired);
        }
        let leaf_key = leaf_key.try_into().map_err(|_| Refusal::BadCredential)?;
        let statement = self.leaf_to_sign(leaf_key)?;
        suite
            .verifies(&chain.device_pub, &chain.leaf_sig, &statement)
            .then_some(())
            .ok_or(Refusal::BadLeafSignature)
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
