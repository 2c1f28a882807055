//! What can be read from the group: its roster, its frame keys; and who stands in front of the door.

use curtain_domain::{AccountId, Timestamp, VisitRole};
use zeroize::Zeroizing;

use super::Member;
use crate::frame_keys::{self, BASE_KEY_LABEL, KEY_BYTES};
use crate::{Context, Credential, FrameKey, LEAVES, Policy, Refusal, Roster, RosterMember};

/// What somebody in front of the door says of themselves, as far as it can be checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// The account.
    pub person: AccountId,
    /// What they are in this visit.
    pub role: VisitRole,
    /// Empty for patients and guests.
    pub name: String,
    /// The device key behind the leaf.
    pub device_pub: [u8; 32],
    /// The person was seen before on this very device.
    pub known_device: bool,
    /// The person was seen before on another device.
    pub changed_device: bool,
}

impl Member {
    /// The members now.
    ///
    /// # Errors
    /// [`Refusal::NotInGroup`].
    pub fn roster(&self) -> Result<Roster, Refusal> {
        let group = self.group()?;
        let policy = Policy::of(&group.context().extensions)?;
        let members = group.roster().members_iter().map(|leaf| {
            let credential = Credential::of(&leaf.signing_identity.credential)?;
            let device_pub = credential.device_pub()?;
            let said = self.names.get(&credential.person).map(|name| name.as_str().to_owned());
            Ok(RosterMember {
                leaf: u8::try_from(leaf.index).map_err(|_| Refusal::Refused)?,
                person: credential.person,
                role: credential.role,
                admits: policy.admits(&credential),
                certified: credential.is_certified(),
                me: leaf.index == group.current_member_index(),
                changed_device: self.is_changed(credential.person, &device_pub),
                name: if credential.name.is_empty() { said.unwrap_or_default() } else { credential.name },
                device_pub,
                leaf_key: key_of(&leaf.signing_identity.signature_key)?,
            })
        });
        Ok(Roster {
            epoch: group.current_epoch(),
            group_id: group.group_id().to_vec(),
            clinician: policy.clinician,
            members: members.collect::<Result<_, Refusal>>()?,
        })
    }

    /// Checks what somebody in front of the door says of themselves.
    ///
    /// # Errors
    /// The first thing that does not hold: another visit, a device that did not sign, an ended credential.
    pub fn inspect_key_package(&self, bytes: &[u8], now: Timestamp) -> Result<Newcomer, Refusal> {
        let now = self.at(now)?;
        let (_, credential) = self.read_key_package(bytes, now)?;
        let device_pub = credential.device_pub()?;
        let seen = self.devices.get(&credential.person);
        Ok(Newcomer {
            known_device: seen.is_some_and(|seen| seen.contains(&device_pub)),
            changed_device: self.is_changed(credential.person, &device_pub),
            person: credential.person,
            role: credential.role,
            name: credential.name,
            device_pub,
        })
    }

    /// The key of one sender's track in this epoch.
    ///
    /// # Errors
    /// [`Refusal::UnknownMember`] for a leaf that is empty.
    pub fn frame_key(&self, leaf: u8, context: Context) -> Result<FrameKey, Refusal> {
        let group = self.group()?;
        if leaf >= LEAVES || group.member_at_index(u32::from(leaf)).is_none() {
            return Err(Refusal::UnknownMember);
        }
        let kid = frame_keys::kid(context, leaf, group.current_epoch());
        frame_keys::frame_key(&self.suite, &self.base_key()?, kid)
    }

    /// SFrame's base key of this epoch (RFC 9605 §5.2). A secret.
    ///
    /// # Errors
    /// [`Refusal::NotInGroup`].
    pub fn base_key(&self) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        let secret = self.group()?.export_secret(BASE_KEY_LABEL, &[], KEY_BYTES)?;
        Ok(Zeroizing::new(secret.as_bytes().to_vec()))
    }

    /// What all members of this epoch share and nobody else has (RFC 9420 §8.7).
    ///
    /// # Errors
    /// [`Refusal::NotInGroup`].
    pub fn authenticator(&self) -> Result<Vec<u8>, Refusal> {
        Ok(self.group()?.epoch_authenticator()?.as_bytes().to_vec())
    }

    /// Our own leaf.
    ///
    /// # Errors
    /// [`Refusal::NotInGroup`].
    pub fn leaf(&self) -> Result<u8, Refusal> {
        u8::try_from(self.group()?.current_member_index()).map_err(|_| Refusal::Refused)
    }

    /// Remembers the device of everyone who was never seen.
    pub(super) fn note_devices(&mut self) -> Result<(), Refusal> {
        for member in self.roster()?.members {
            self.devices.entry(member.person).or_insert_with(|| [member.device_pub].into());
        }
        Ok(())
    }

    /// The person is known, and not with this device.
    fn is_changed(&self, person: AccountId, device_pub: &[u8; 32]) -> bool {
        self.devices.get(&person).is_some_and(|seen| !seen.contains(device_pub))
    }
}

pub(super) fn key_of(key: &[u8]) -> Result<[u8; 32], Refusal> {
    key.try_into().map_err(|_| Refusal::BadCredential)
}
