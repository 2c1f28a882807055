//! Who is in the group, read from the ratchet tree and never from the server, and the code people can compare over it.

use curtain_domain::{AccountId, VisitId, VisitRole};

use crate::Refusal;
use crate::suite::{CIPHER_SUITE, Suite};

/// Leaf indexes below this: they have four bits in a frame's KID.
pub const LEAVES: u8 = 16;

const ROSTER_LABEL: &[u8] = b"Curtain safety roster v1\0";
const LONG_LABEL: &[u8] = b"Curtain safety long v1\0";
/// Thirty digits: about 2^99.6 codes, so that no one finds a second roster with the same one.
const LONG_CODES: u128 = 10_u128.pow(30);

/// The members of one epoch.
#[derive(Clone, PartialEq, Eq)]
pub struct Roster {
    /// The MLS epoch.
    pub epoch: u64,
    /// `visit | random 8`.
    pub group_id: Vec<u8>,
    /// The clinician that the signed policy names.
    pub clinician: AccountId,
    /// Lowest leaf first.
    pub members: Vec<RosterMember>,
}

/// One leaf, which is one person.
#[expect(clippy::struct_excessive_bools, reason = "four separate facts, each shown by itself")]
#[derive(Clone, PartialEq, Eq)]
pub struct RosterMember {
    /// Leaf index, below [`LEAVES`].
    pub leaf: u8,
    /// The account.
    pub person: AccountId,
    /// What they are in this visit.
    pub role: VisitRole,
    /// From the credential, else from the person's Hello; empty until it came.
    pub name: String,
    /// The device key behind the leaf.
    pub device_pub: [u8; 32],
    /// The practice vouches for the device.
    pub certified: bool,
    /// The leaf signature key.
    pub leaf_key: [u8; 32],
    /// May add people (rule R1).
    pub admits: bool,
    /// This is us.
    pub me: bool,
    /// Somebody seen before on another device.
    pub changed_device: bool,
}

impl Roster {
    /// The member with this leaf.
    pub fn leaf(&self, leaf: u8) -> Option<&RosterMember> {
        self.members.iter().find(|member| member.leaf == leaf)
    }

    /// The leaf of this person.
    pub fn person(&self, person: AccountId) -> Option<&RosterMember> {
        self.members.iter().find(|member| member.person == person)
    }
}

/// What a leaf adds to the roster's hash.
pub(crate) struct Entry {
    pub(crate) role: VisitRole,
    pub(crate) credential: Vec<u8>,
    pub(crate) leaf_key: [u8; 32],
}

/// The roster's hash: visit, group, suite and every leaf, in the order of their keys.
pub(crate) fn roster_hash(
    suite: &Suite,
    visit: VisitId,
    group_id: &[u8],
    mut entries: Vec<Entry>,
) -> Result<[u8; 32], Refusal> {
    entries.sort_by_key(|entry| entry.leaf_key);
    let byte = |length: usize| u8::try_from(length).map_err(|_| Refusal::BadArgument);
    let mut text = [ROSTER_LABEL, visit.as_bytes(), &[byte(group_id.len())?], group_id].concat();
    text.extend_from_slice(&u16::from(CIPHER_SUITE).to_be_bytes());
    text.push(byte(entries.len())?);
    for entry in &entries {
        text.push(entry.role.code());
        text.extend_from_slice(&suite.hash(&entry.credential)?);
        text.extend_from_slice(&entry.leaf_key);
    }
    suite.hash(&text)
}

/// Thirty digits over the roster's hash.
pub(crate) fn long_code(suite: &Suite, roster: &[u8; 32]) -> Result<String, Refusal> {
    let hash = suite.hash(&[LONG_LABEL, roster].concat())?;
    let (first, _) = hash.split_first_chunk::<16>().ok_or(Refusal::Refused)?;
    Ok(format!("{:030}", u128::from_be_bytes(*first) % LONG_CODES))
}
