//! Whom a practice vouches for: its key, the certificates that it signs for the devices of its staff, and what this client
//! holds the key to be.
//!
//! ```text
//! practice_sig      = Ed25519(practice, "Curtain device certificate v1\0" | device_pub | device_not_after u64 s | roles u16
//!                                       | person 16 | name_len u8 | name)
//! practice_key_hash = SHA-256("Curtain practice key v1\0" | practice key), zero in a practice without a key
//! ```
//! The private part of the key is in a file of the practice's administrators and never at the server, so that a server can
//! hand out certificates and make none.

use std::collections::BTreeSet;

use curtain_domain::{AccountId, Timestamp, VisitRole};

use crate::codec::{Reader, put_short_text};
use crate::credential::{CLOCK_ERROR, role_bit};
use crate::suite::Suite;
use crate::{Chain, Credential, OwnDevice, Policy, Refusal};

const CERTIFICATE_LABEL: &[u8] = b"Curtain device certificate v1\0";
const KEY_LABEL: &[u8] = b"Curtain practice key v1\0";

/// What a practice says of a device, as far as the credential does not say it already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Certificate {
    /// Seconds since 1970 (UTC) after which the device is no longer certified.
    pub device_not_after: u64,
    /// Bit `role` for every role that the device may take.
    pub roles: u16,
    /// By the practice, over [`Certificate::to_sign`].
    pub practice_sig: [u8; 64],
}

impl Certificate {
    /// Reads `device_not_after u64 | roles u16 | practice_sig 64`; nothing is believed yet.
    ///
    /// # Errors
    /// [`Refusal::BadArgument`] for another length.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut reader = Reader::new(bytes);
        let mut read = || {
            let (device_not_after, roles) = (reader.u64()?, reader.u16()?);
            Some(Self { device_not_after, roles, practice_sig: reader.array()? })
        };
        let certificate = read().ok_or(Refusal::BadArgument)?;
        reader.end().map(|()| certificate).ok_or(Refusal::BadArgument)
    }

    /// What the practice signs: this device is this person's, who is called so, and may take these roles until then.
    pub fn to_sign(&self, device_pub: &[u8; 32], person: AccountId, name: &str) -> Vec<u8> {
        let mut out = [CERTIFICATE_LABEL, device_pub].concat();
        out.extend_from_slice(&self.device_not_after.to_be_bytes());
        out.extend_from_slice(&self.roles.to_be_bytes());
        out.extend_from_slice(person.as_bytes());
        put_short_text(&mut out, name);
        out
    }
}

/// What this client holds the practice's key to be, and which devices it was told are revoked. Where the key comes from
/// (remembered, or told for the first time) is the caller's affair.
#[derive(Clone, Default)]
pub(crate) struct Practice {
    key: Option<[u8; 32]>,
    key_hash: [u8; 32],
    revoked: BTreeSet<[u8; 32]>,
}

impl Practice {
    pub(crate) fn new(suite: &Suite, key: Option<[u8; 32]>, revoked: &[[u8; 32]]) -> Result<Self, Refusal> {
        let hash = |key: [u8; 32]| suite.hash(&[KEY_LABEL, &key].concat());
        let key_hash = key.map(hash).transpose()?.unwrap_or_default();
        Ok(Self { key, key_hash, revoked: revoked.iter().copied().collect() })
    }

    /// Zero without a key.
    pub(crate) const fn key_hash(&self) -> [u8; 32] {
        self.key_hash
    }

    /// A revoked device is nobody's any more. A server can withhold that it is; it can't bring back what has ended.
    pub(crate) fn check_revoked(&self, device_pub: &[u8; 32]) -> Result<(), Refusal> {
        if self.revoked.contains(device_pub) { Err(Refusal::DeviceRevoked) } else { Ok(()) }
    }

    /// Practice key → device key, for this role.
    pub(crate) fn check_chain(
        &self,
        suite: &Suite,
        credential: &Credential,
        chain: &Chain,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let certified = Certified {
            device_pub: &chain.device_pub,
            person: credential.person,
            name: &credential.name,
            role: credential.role,
        };
        self.check_certificate(suite, &certified, &chain.certificate, now)
    }

    /// A device that nobody vouches for: enough for everybody but staff, and for them too where a practice has no key. Two
    /// who were told different keys never end up in one group.
    pub(crate) fn check_own_device(&self, role: VisitRole, device: &OwnDevice) -> Result<(), Refusal> {
        if device.practice_key_hash != self.key_hash {
            return Err(Refusal::OtherPractice);
        }
        let staff = matches!(role, VisitRole::Clinician | VisitRole::CoHost);
        if staff && self.key.is_some() { Err(Refusal::NotCertified) } else { Ok(()) }
    }

    /// The policy is of our practice, and of a device that our practice certified for its clinician.
    pub(crate) fn check_policy(&self, suite: &Suite, policy: &Policy, now: Timestamp) -> Result<(), Refusal> {
        if policy.practice_key_hash != self.key_hash {
            return Err(Refusal::OtherPractice);
        }
        self.check_revoked(&policy.device_pub)?;
        match (&self.key, &policy.certificate) {
            (None, None) => Ok(()),
            (Some(_), Some(certificate)) => {
                let certified = Certified {
                    device_pub: &policy.device_pub,
                    person: policy.clinician,
                    name: &policy.name,
                    role: VisitRole::Clinician,
                };
                self.check_certificate(suite, &certified, certificate, now)
            }
            (Some(_), None) => Err(Refusal::NotCertified),
            (None, Some(_)) => Err(Refusal::OtherPractice),
        }
    }

    fn check_certificate(
        &self,
        suite: &Suite,
        certified: &Certified<'_>,
        certificate: &Certificate,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let key = self.key.ok_or(Refusal::OtherPractice)?;
        if certificate.roles & role_bit(certified.role) == 0 {
            return Err(Refusal::RoleNotCertified);
        }
        if (now - CLOCK_ERROR).unix_seconds() > certificate.device_not_after {
            return Err(Refusal::CertificateExpired);
        }
        let statement = certificate.to_sign(certified.device_pub, certified.person, certified.name);
        suite
            .verifies(&key, &certificate.practice_sig, &statement)
            .then_some(())
            .ok_or(Refusal::BadPracticeSignature)
    }
}

/// Whom a certificate has to be about.
struct Certified<'a> {
    device_pub: &'a [u8; 32],
    person: AccountId,
    name: &'a str,
    role: VisitRole,
}
