//! The cast of a visit: tabs with device keys, a clock that stands still, and deliveries in the server's order.

use core::time::Duration;

use curtain_domain::{AccountId, Timestamp, VisitId, VisitRole};
use curtain_e2ee::{CommitOutput, DeviceKey, Event, Member, NewLeaf, Refusal};
use uuid::Uuid;

/// Saturday noon; nothing in these tests asks the machine for the time.
pub(crate) const NOON: Timestamp = Timestamp::from_unix_millis(1_795_262_400_000);

pub(crate) fn visit() -> VisitId {
    VisitId::from_uuid(Uuid::from_u128(0x0715))
}

pub(crate) fn other_visit() -> VisitId {
    VisitId::from_uuid(Uuid::from_u128(0xBAD))
}

pub(crate) fn person(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    NOON + Duration::from_secs(seconds)
}

/// Who takes part: account, role and the name that the credential carries.
#[derive(Clone, Copy)]
pub(crate) struct Who(pub(crate) u128, pub(crate) VisitRole, pub(crate) &'static str);

pub(crate) const LEE: Who = Who(1, VisitRole::Clinician, "Dr Maya Lee");
pub(crate) const OKAFOR: Who = Who(2, VisitRole::CoHost, "Dr Tom Okafor");
pub(crate) const ANA: Who = Who(3, VisitRole::Patient, "");
pub(crate) const BEN: Who = Who(4, VisitRole::Guest, "");
pub(crate) const CAM: Who = Who(5, VisitRole::Guest, "");

impl Who {
    pub(crate) fn id(self) -> AccountId {
        person(self.0)
    }

    pub(crate) fn leaf(self, device: &DeviceKey) -> NewLeaf<'static> {
        NewLeaf {
            visit: visit(),
            person: self.id(),
            role: self.1,
            name: self.2,
            device_pub: device.public(),
            not_after: later(12 * 3600),
        }
    }

    /// Opens a tab on this device.
    pub(crate) fn tab(self, device: &DeviceKey, now: Timestamp) -> Tab {
        let mut member = Member::new(&self.leaf(device), now).unwrap();
        let leaf_sig = device.sign(&member.leaf_to_sign().unwrap()).unwrap();
        let key_package = member.key_package(leaf_sig, now).unwrap();
        Tab { who: self, member, key_package }
    }

    /// Opens a tab on a device of its own.
    pub(crate) fn fresh(self) -> Tab {
        self.tab(&device(), NOON)
    }
}

pub(crate) fn device() -> DeviceKey {
    DeviceKey::generate().unwrap()
}

/// One tab that stands in front of the door, or is inside.
pub(crate) struct Tab {
    pub(crate) who: Who,
    pub(crate) member: Member,
    pub(crate) key_package: Vec<u8>,
}

impl Tab {
    /// The clinician opens the group.
    pub(crate) fn open_group(&mut self, device: &DeviceKey, co_hosts: &[AccountId]) {
        let policy = self.member.policy_to_sign(NOON, co_hosts).unwrap();
        self.member.create_group(device.sign(&policy).unwrap(), NOON).unwrap();
    }

    pub(crate) fn process(&mut self, message: &[u8]) -> Result<Event, Refusal> {
        self.member.process(message, NOON)
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.member.roster().unwrap().epoch
    }
}

/// What a call was refused for.
pub(crate) fn refusal<T>(result: Result<T, Refusal>) -> Option<Refusal> {
    result.err()
}

/// A clinician with an open group of one.
pub(crate) fn opened() -> (Tab, DeviceKey) {
    let lee_device = device();
    let mut lee = LEE.tab(&lee_device, NOON);
    lee.open_group(&lee_device, &[OKAFOR.id()]);
    (lee, lee_device)
}

/// The clinician lets somebody in; the others follow.
pub(crate) fn admit(host: &mut Tab, newcomer: &mut Tab, others: &mut [&mut Tab]) {
    let output = host.member.admit(&newcomer.key_package, NOON).unwrap();
    land(host, &output, others);
    newcomer.member.join(&output.welcome, NOON).unwrap();
}

/// The server took the commit: everybody gets it, its sender too.
pub(crate) fn land(sender: &mut Tab, output: &CommitOutput, others: &mut [&mut Tab]) {
    sender.process(&output.commit).unwrap();
    for other in others {
        other.process(&output.commit).unwrap();
    }
}

/// Everybody holds the same keys, roster and code.
pub(crate) fn assert_agree(tabs: &[&Tab]) {
    let first = &tabs[0].member;
    for tab in tabs {
        assert!(tab.member.authenticator() == first.authenticator(), "{}: authenticator", tab.who.0);
        assert!(tab.member.base_key() == first.base_key(), "{}: base key", tab.who.0);
        assert_eq!(tab.member.long_code(), first.long_code());
        let leaves = |tab: &Member| {
            let members = tab.roster().unwrap().members;
            members.into_iter().map(|member| (member.leaf, member.leaf_key)).collect::<Vec<_>>()
        };
        assert_eq!(leaves(&tab.member), leaves(first));
    }
}
