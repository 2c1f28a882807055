//! Who appears in the tests, and what they say.

use curtain_domain::{AccountId, ParticipantId, SessionId, VisitId, VisitRole};
use curtain_protocol::{
    ClientMessage, Commit, Epoch, GroupChange, GroupId, KeyPackage, PersonInVisit, PrivateMessage,
    ServerMessage, Welcome,
};
use uuid::Uuid;

/// The visit of every test.
pub(crate) fn visit() -> VisitId {
    VisitId::from_uuid(Uuid::from_u128(0xC0DE))
}

/// Somebody with a role; the number tells two of the same role apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Who(pub(crate) u8, pub(crate) u8);

pub(crate) const LEE: Who = Who(1, 0);
pub(crate) const OKAFOR: Who = Who(2, 0);
pub(crate) const ANA: Who = Who(3, 0);

impl Who {
    pub(crate) fn role(self) -> VisitRole {
        VisitRole::from_code(self.0).expect("a role of ours")
    }

    pub(crate) fn id(self) -> ParticipantId {
        ParticipantId::from_uuid(Uuid::from_u128(0x1_0000 + u128::from(self.0) * 256 + u128::from(self.1)))
    }

    /// The session of all this person's tabs.
    pub(crate) fn session(self) -> SessionId {
        SessionId::from_uuid(Uuid::from_u128(0x3_0000 + u128::from(self.0) * 256 + u128::from(self.1)))
    }

    pub(crate) fn person(self) -> PersonInVisit {
        PersonInVisit {
            participant: self.id(),
            person: AccountId::from_uuid(Uuid::from_u128(
                0x2_0000 + u128::from(self.0) * 256 + u128::from(self.1),
            )),
            name: format!("Person {}.{}", self.0, self.1),
            role: self.role(),
        }
    }
}

pub(crate) fn key_package() -> KeyPackage {
    KeyPackage::new(vec![7; 300]).expect("small")
}

pub(crate) fn group_id(number: u8) -> GroupId {
    GroupId::new([visit().as_bytes().as_slice(), &[number; 8]].concat()).expect("24 bytes")
}

pub(crate) fn arrive() -> ClientMessage {
    ClientMessage::Arrive { key_package: key_package() }
}

/// A commit as MLS frames it (RFC 9420 §6): version, wire format, group, epoch, sender, no data, content. What is inside
/// the room doesn't read.
pub(crate) fn framed(group: &GroupId, epoch: Epoch, leaf: u32) -> Commit {
    let group = group.as_bytes();
    let length = u8::try_from(group.len()).expect("24");
    let parts: [&[u8]; 9] = [
        &[0, 1, 0, 1, length],
        group,
        &epoch.0.to_be_bytes(),
        &[1],
        &leaf.to_be_bytes(),
        &[0],
        &[3],
        &[20],
        &[9; 300],
    ];
    Commit::new(parts.concat()).expect("small")
}

pub(crate) fn commit(commit: Commit, epoch: Epoch, admits: &[Who], removes: &[Who]) -> ClientMessage {
    let ids = |people: &[Who]| people.iter().map(|who| who.id()).collect();
    ClientMessage::Commit(GroupChange {
        epoch,
        commit,
        welcome: (!admits.is_empty()).then(|| Welcome::new(vec![2; 600]).expect("small")),
        admits: ids(admits),
        removes: ids(removes),
    })
}

pub(crate) fn chat(epoch: Epoch) -> ClientMessage {
    ClientMessage::Application {
        epoch,
        message: PrivateMessage::new(vec![3; 80]).expect("small"),
        receipt: None,
    }
}

/// The message's type as it stands on the wire.
pub(crate) fn name(message: &ServerMessage) -> &'static str {
    match message {
        ServerMessage::Placed { .. } => "placed",
        ServerMessage::Resumed {} => "resumed",
        ServerMessage::Beat {} => "beat",
        ServerMessage::People { .. } => "people",
        ServerMessage::Waiting { .. } => "waiting",
        ServerMessage::Return { .. } => "return",
        ServerMessage::ReturnRefused {} => "return_refused",
        ServerMessage::Commit { .. } => "commit",
        ServerMessage::StaleEpoch { .. } => "stale_epoch",
        ServerMessage::Welcome { .. } => "welcome",
        ServerMessage::Application { .. } => "application",
        ServerMessage::Taken { .. } => "taken",
        ServerMessage::Gone { .. } => "gone",
        ServerMessage::GroupRestarted {} => "group_restarted",
        ServerMessage::Offer { .. } => "offer",
        ServerMessage::Slots { .. } => "slots",
        ServerMessage::UnsealedMedia { .. } => "unsealed_media",
        ServerMessage::Declined {} => "declined",
        ServerMessage::Removed {} => "removed",
        ServerMessage::TakenOver {} => "taken_over",
        ServerMessage::Ended { .. } => "ended",
        ServerMessage::Refused(_) => "refused",
    }
}
