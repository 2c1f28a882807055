//! What a group is for: the visit policy in `GroupContext` extension 0xF0C3, signed by the clinician's device.
//!
//! It is fixed when the group is made and every joiner checks it, so a server can't hand a patient a group with other
//! rules. A change of rules is a new group.
//!
//! ```text
//! "CUP2" | visit 16 | suite u16 | practice_key_hash 32 | n u8 | person 16 × n | max_members u8 | not_after u64 s
//!        | device_pub 32 | name_len u8 | name
//!        | certified u8 | when 1: device_not_after u64 s | roles u16 | practice_sig 64        = unsigned
//! unsigned | Ed25519(device, "Curtain policy v1\0" | unsigned) 64
//! ```
//! The first person is the visit's clinician, the others are the co-hosts who may admit. In a practice without a key the
//! hash is zero and the device not certified.

use curtain_domain::{AccountId, Timestamp, VisitId, VisitRole};
use mls_rs::{Extension, ExtensionList};
use mls_rs_core::extension::ExtensionType;

use crate::codec::{Reader, put_short_text};
use crate::credential::Practice;
use crate::credential::{CLOCK_ERROR, check_name};
use crate::suite::{CIPHER_SUITE, Suite};
use crate::{Certificate, Credential, Refusal};

/// The extension's number, from the private range of RFC 9420 §17.4.
pub const POLICY_EXTENSION: u16 = 0xF0C3;

/// People in one group. Leaf numbers have four bits in a frame's KID, and the forwarder has slots for five others.
pub const MAX_MEMBERS: u8 = 6;

const MAGIC: &[u8; 4] = b"CUP2";
const LABEL: &[u8] = b"Curtain policy v1\0";
/// No visit needs more colleagues; a longer list only makes every Welcome longer.
const MAX_CO_HOSTS: usize = 15;

/// The rules of one group.
#[derive(Clone, PartialEq, Eq)]
pub struct Policy {
    /// The visit.
    pub visit: VisitId,
    /// The MLS cipher suite (RFC 9420 §17.1).
    pub suite: u16,
    /// Of the practice's key; zero where a practice has none.
    pub practice_key_hash: [u8; 32],
    /// Who runs the visit.
    pub clinician: AccountId,
    /// Who else may admit.
    pub co_hosts: Vec<AccountId>,
    /// At most this many leaves.
    pub max_members: u8,
    /// Seconds since 1970 (UTC) after which nobody joins.
    pub not_after: u64,
    /// The clinician's device key.
    pub device_pub: [u8; 32],
    /// The clinician's name.
    pub name: String,
    /// What the practice says of the clinician's device; none where a practice has no key.
    pub certificate: Option<Certificate>,
    /// By the clinician's device, over [`Policy::to_sign`].
    pub device_sig: [u8; 64],
}

impl Policy {
    fn unsigned(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(self.visit.as_bytes());
        out.extend_from_slice(&self.suite.to_be_bytes());
        out.extend_from_slice(&self.practice_key_hash);
        let co_hosts = &self.co_hosts[..self.co_hosts.len().min(MAX_CO_HOSTS)];
        out.push(1 + u8::try_from(co_hosts.len()).unwrap_or(0));
        out.extend_from_slice(self.clinician.as_bytes());
        for person in co_hosts {
            out.extend_from_slice(person.as_bytes());
        }
        out.push(self.max_members);
        out.extend_from_slice(&self.not_after.to_be_bytes());
        out.extend_from_slice(&self.device_pub);
        put_short_text(&mut out, &self.name);
        out.push(u8::from(self.certificate.is_some()));
        if let Some(certificate) = &self.certificate {
            out.extend_from_slice(&certificate.device_not_after.to_be_bytes());
            out.extend_from_slice(&certificate.roles.to_be_bytes());
            out.extend_from_slice(&certificate.practice_sig);
        }
        out
    }

    /// What the clinician's device signs.
    pub fn to_sign(&self) -> Vec<u8> {
        [LABEL, &self.unsigned()].concat()
    }

    /// The bytes of the extension.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.unsigned();
        out.extend_from_slice(&self.device_sig);
        out
    }

    /// Reads a policy; nothing is believed yet.
    ///
    /// # Errors
    /// [`Refusal::BadPolicy`] for anything but the exact layout.
    pub fn decode(bytes: &[u8]) -> Result<Self, Refusal> {
        Self::read(bytes).ok_or(Refusal::BadPolicy)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        (reader.array::<4>()? == *MAGIC).then_some(())?;
        let visit = reader.visit()?;
        let suite = reader.u16()?;
        let practice_key_hash = reader.array()?;
        let co_host_count = usize::from(reader.u8()?).checked_sub(1)?;
        (co_host_count <= MAX_CO_HOSTS).then_some(())?;
        let clinician = reader.person()?;
        let co_hosts = (0..co_host_count).map(|_| reader.person()).collect::<Option<_>>()?;
        let policy = Self {
            visit,
            suite,
            practice_key_hash,
            clinician,
            co_hosts,
            max_members: reader.u8()?,
            not_after: reader.u64()?,
            device_pub: reader.array()?,
            name: reader.short_text()?,
            certificate: match reader.u8()? {
                0 => None,
                1 => Some(Certificate {
                    device_not_after: reader.u64()?,
                    roles: reader.u16()?,
                    practice_sig: reader.array()?,
                }),
                _ => return None,
            },
            device_sig: reader.array()?,
        };
        reader.end()?;
        Some(policy)
    }

    /// The policy of a group. It is the only extension a group of ours has.
    pub(crate) fn of(extensions: &ExtensionList) -> Result<Self, Refusal> {
        let [only] = &extensions[..] else { return Err(Refusal::BadPolicy) };
        if only.extension_type().raw_value() != POLICY_EXTENSION {
            return Err(Refusal::BadPolicy);
        }
        Self::decode(only.extension_data())
    }

    pub(crate) fn to_extension(&self) -> Extension {
        Extension::new(ExtensionType::new(POLICY_EXTENSION), self.encode())
    }

    /// Everything that can be known of a policy by itself.
    pub(crate) fn check(
        &self,
        suite: &Suite,
        visit: VisitId,
        practice: &Practice,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.visit != visit {
            return Err(Refusal::OtherVisit);
        }
        if self.suite != u16::from(CIPHER_SUITE) {
            return Err(Refusal::OtherSuite);
        }
        if self.max_members == 0 || self.max_members > MAX_MEMBERS {
            return Err(Refusal::BadPolicy);
        }
        check_name(VisitRole::Clinician, &self.name)?;
        if (now - CLOCK_ERROR).unix_seconds() > self.not_after {
            return Err(Refusal::Expired);
        }
        practice.check_policy(suite, self, now)?;
        suite
            .verifies(&self.device_pub, &self.device_sig, &self.to_sign())
            .then_some(())
            .ok_or(Refusal::BadPolicySignature)
    }

    /// Rule R1: may this leaf add people?
    pub(crate) fn admits(&self, credential: &Credential) -> bool {
        match credential.role {
            VisitRole::Clinician => self.check_leaf(credential).is_ok(),
            VisitRole::CoHost => self.co_hosts.contains(&credential.person),
            VisitRole::Patient | VisitRole::Guest | VisitRole::Interpreter => false,
        }
    }

    /// The role of clinician is for the policy's clinician, on the device that signed the policy, and for nobody else.
    pub(crate) fn check_leaf(&self, credential: &Credential) -> Result<(), Refusal> {
        if credential.role != VisitRole::Clinician {
            return Ok(());
        }
        if credential.person != self.clinician {
            return Err(Refusal::OtherClinician);
        }
        if credential.device_pub()? != self.device_pub {
            return Err(Refusal::OtherDevice);
        }
        Ok(())
    }
}
