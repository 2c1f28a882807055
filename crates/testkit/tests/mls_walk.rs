//! Ten random walks of 150 mixed operations each by members of both libraries: admit, readmit, remove, renew, speak, speak
//! late, leave the left half of the tree blank. After each commit all hold the same key. `CURTAIN_WALK_SEED` walks known paths
//! again.

use core::time::Duration;
use std::collections::BTreeMap;

use curtain_domain::{AccountId, Clock, Entropy, SeededEntropy, SystemClock, Timestamp, VisitId, VisitRole};
use curtain_e2ee::{DeviceKey, Event, Member, NewLeaf, Payload, Policy};
use curtain_testkit::{OpenMlsPeer, PeerEvent};

const WALKS: u64 = 10;
const OPERATIONS: usize = 150;
/// Leaves of the left half of a tree of eight.
const LEFT: u32 = 4;
/// A clinician and five colleagues, who may all admit, and three patients. Six of the nine fit in.
const PEOPLE: usize = 9;
const ADMITTERS: usize = 6;
const PLACES: usize = 6;

enum Tab {
    Ours(Box<Member>),
    Theirs(Box<OpenMlsPeer>),
}

struct Walk {
    dice: SeededEntropy,
    visit: VisitId,
    start: Timestamp,
    step: u64,
    people: Vec<AccountId>,
    devices: Vec<DeviceKey>,
    inside: BTreeMap<usize, Tab>,
    counts: BTreeMap<&'static str, usize>,
    late: Vec<(usize, Vec<u8>, Vec<u8>)>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let (dice, start) = (SeededEntropy::new(seed), SystemClock.now());
        let people = (0..PEOPLE).map(|_| AccountId::new(start, &dice)).collect();
        Self {
            visit: VisitId::new(start, &dice),
            people,
            dice,
            start,
            step: 0,
            devices: (0..PEOPLE).map(|_| DeviceKey::generate().unwrap()).collect(),
            inside: BTreeMap::new(),
            counts: BTreeMap::new(),
            late: Vec::new(),
        }
    }

    fn roll(&self, sides: usize) -> usize {
        let mut bytes = [0; 8];
        self.dice.fill(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % sides as u64).unwrap()
    }

    /// Each operation a little later: a return must be.
    fn now(&self) -> Timestamp {
        self.start + Duration::from_millis(self.step * 10)
    }

    fn leaf(&self, who: usize) -> NewLeaf<'static> {
        let (role, name) = match who {
            0 => (VisitRole::Clinician, "Dr Maya Lee"),
            who if who < ADMITTERS => (VisitRole::CoHost, "Dr Tom Okafor"),
            _ => (VisitRole::Patient, ""),
        };
        NewLeaf {
            visit: self.visit,
            person: self.people[who],
            role,
            name,
            device_pub: self.devices[who].public(),
            not_after: self.start + Duration::from_hours(12),
        }
    }

    /// A fresh tab in a random library, with its KeyPackage.
    fn tab(&self, who: usize) -> (Tab, Vec<u8>) {
        let (leaf, device) = (self.leaf(who), &self.devices[who]);
        if self.roll(2) == 0 {
            let peer = OpenMlsPeer::new(&leaf, device, self.now()).unwrap();
            let key_package = peer.key_package().to_vec();
            return (Tab::Theirs(Box::new(peer)), key_package);
        }
        let mut member = Member::new(&leaf, self.now()).unwrap();
        let leaf_sig = device.sign(&member.leaf_to_sign().unwrap()).unwrap();
        let key_package = member.key_package(leaf_sig, self.now()).unwrap();
        member.expect_return();
        (Tab::Ours(Box::new(member)), key_package)
    }

    fn open(&mut self) {
        let (mut tab, _) = self.tab(0);
        let co_hosts = &self.people[1..ADMITTERS];
        match &mut tab {
            Tab::Ours(member) => {
                let policy = member.policy_to_sign(self.now(), co_hosts).unwrap();
                let signature = self.devices[0].sign(&policy).unwrap();
                member.create_group(signature, self.now()).unwrap();
            }
            Tab::Theirs(peer) => {
                let group_id = [self.visit.as_bytes().as_slice(), &[7; 8]].concat();
                peer.create_group(&group_id, &self.policy()).unwrap();
            }
        }
        self.inside.insert(0, tab);
    }

    fn policy(&self) -> Policy {
        let not_after = (self.start + Duration::from_hours(12)).unix_seconds();
        let mut policy = Policy {
            visit: self.visit,
            suite: 1,
            practice_key_hash: [0; 32],
            clinician: self.people[0],
            co_hosts: self.people[1..ADMITTERS].to_vec(),
            max_members: 6,
            not_after,
            device_pub: self.devices[0].public(),
            name: "Dr Maya Lee".to_owned(),
            certificate: None,
            device_sig: [0; 64],
        };
        policy.device_sig = self.devices[0].sign(&policy.to_sign()).unwrap();
        policy
    }

    fn one_of(&self, who: impl Fn(usize) -> bool) -> Option<usize> {
        let fitting: Vec<_> = self.inside.keys().copied().filter(|one| who(*one)).collect();
        (!fitting.is_empty()).then(|| fitting[self.roll(fitting.len())])
    }

    fn leaf_of(&self, who: usize) -> u32 {
        match &self.inside[&who] {
            Tab::Ours(member) => u32::from(member.leaf().unwrap()),
            Tab::Theirs(peer) => peer.leaf().unwrap(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Somebody admits somebody who is outside.
    fn admit(&mut self) {
        let outside: Vec<_> = (0..PEOPLE).filter(|who| !self.inside.contains_key(who)).collect();
        let Some(host) = self.one_of(|who| who < ADMITTERS) else { return };
        let who = outside[self.roll(outside.len())];
        self.change(host, None, Some(who), "admit");
    }

    /// Somebody is back with a new leaf, and anybody takes them in.
    fn readmit(&mut self) {
        let Some(who) = self.one_of(|_| true) else { return };
        let Some(by) = self.one_of(|other| other != who) else { return };
        self.change(by, Some(who), Some(who), "readmit");
    }

    /// Somebody is removed; by a patient only because everybody heard that they are gone.
    fn remove(&mut self) {
        let Some(who) = self.one_of(|_| true) else { return };
        // Somebody who may admit stays, or nobody could ever come in again.
        let admitters = self.inside.keys().filter(|one| **one < ADMITTERS && **one != who).count();
        let Some(by) = self.one_of(|other| other != who).filter(|_| admitters > 0) else { return };
        self.remove_by(by, who);
    }

    fn remove_by(&mut self, by: usize, who: usize) {
        let long_ago = self.now() - Duration::from_secs(20);
        for tab in self.inside.values() {
            if let Tab::Ours(member) = tab {
                member.report_gone(self.people[who], long_ago);
            }
        }
        self.change(by, Some(who), None, "remove");
    }

    /// Everybody in the left half of the tree is removed, one after the other: the tree stays as wide, its left half is blank,
    /// and whoever commits next has an empty copath there (RFC 9420 §7.8).
    fn blank_left_half(&mut self) {
        let left: Vec<_> = self.inside.keys().copied().filter(|who| self.leaf_of(*who) < LEFT).collect();
        let Some(by) = self.one_of(|who| who < ADMITTERS && !left.contains(&who)) else { return };
        for who in left {
            self.remove_by(by, who);
        }
        self.change(by, None, None, "left half blank");
    }

    fn change(&mut self, by: usize, out: Option<usize>, back_in: Option<usize>, what: &'static str) {
        let newcomer = back_in.map(|who| (who, self.tab(who)));
        let key_package = newcomer.as_ref().map(|(_, (_, key_package))| key_package.as_slice());
        let (now, leaf) = (self.now(), out.map(|who| self.leaf_of(who)));
        let person = out.map(|who| self.people[who]);
        let (commit, welcome) = match self.inside.get_mut(&by).unwrap() {
            Tab::Theirs(peer) => peer.commit(leaf, key_package).unwrap(),
            Tab::Ours(member) => {
                let output = match (person, key_package) {
                    (None, None) => member.update(now),
                    (None, Some(key_package)) => member.admit(key_package, now),
                    (Some(_), Some(key_package)) => member.readmit(key_package, now),
                    (Some(person), None) => member.remove(person, now),
                };
                let output = output.unwrap();
                (output.commit, output.welcome)
            }
        };
        self.land(by, out, &commit);
        if let Some((who, (mut tab, _))) = newcomer {
            match &mut tab {
                Tab::Ours(member) => drop(member.join(&welcome, now).unwrap()),
                Tab::Theirs(peer) => peer.join(&welcome).unwrap(),
            }
            self.inside.insert(who, tab);
        }
        self.count(what);
        self.count(if matches!(self.inside[&by], Tab::Ours(_)) {
            "commits by ours"
        } else {
            "commits by openmls"
        });
        self.assert_equal(what);
        self.hear_late();
    }

    /// Everybody gets the commit; whoever it takes out is gone.
    fn land(&mut self, by: usize, out: Option<usize>, commit: &[u8]) {
        let now = self.now();
        for (who, tab) in &mut self.inside {
            let leaves = out == Some(*who);
            match tab {
                Tab::Ours(member) => match member.process(commit, now).unwrap() {
                    Event::Commit { own, .. } => assert!(!leaves && own == (*who == by)),
                    Event::Removed { .. } => assert!(leaves),
                    _ => panic!("not a commit"),
                },
                Tab::Theirs(peer) if *who == by => peer.accept_own().unwrap(),
                Tab::Theirs(peer) => {
                    let expected = matches!(
                        (peer.process(commit).unwrap(), leaves),
                        (PeerEvent::Commit, false) | (PeerEvent::Removed, true)
                    );
                    assert!(expected);
                }
            }
        }
        if let Some(who) = out {
            self.inside.remove(&who);
            self.late.retain(|(speaker, ..)| *speaker != who);
        }
    }

    fn assert_equal(&self, what: &str) {
        let mut keys = self.inside.values().map(|tab| match tab {
            Tab::Ours(member) => member.base_key().unwrap().to_vec(),
            Tab::Theirs(peer) => peer.base_key().unwrap(),
        });
        let first = keys.next().unwrap();
        assert!(keys.all(|key| key == first), "keys differ after step {} ({what})", self.step);
    }

    /// Somebody speaks, at once or to be heard only in the next epoch.
    fn speak(&mut self) {
        let Some(speaker) = self.one_of(|_| true) else { return };
        let text = Payload::Chat(format!("step {}", self.step)).encode();
        let sealed = match self.inside.get_mut(&speaker).unwrap() {
            Tab::Ours(member) => member.seal(&Payload::decode(&text).unwrap().unwrap()).unwrap(),
            Tab::Theirs(peer) => peer.seal(&text).unwrap(),
        };
        if self.roll(2) == 0 {
            self.late.push((speaker, sealed, text));
        } else {
            self.hear(speaker, &sealed, &text, &self.inside.keys().copied().collect::<Vec<_>>());
            self.count("words at once");
        }
    }

    /// What was said in the epoch before, to whoever was there then.
    fn hear_late(&mut self) {
        for (speaker, sealed, text) in std::mem::take(&mut self.late) {
            let listeners: Vec<_> = self.inside.keys().copied().collect();
            self.hear(speaker, &sealed, &text, &listeners);
            self.count("words late");
        }
    }

    fn hear(&mut self, speaker: usize, sealed: &[u8], text: &[u8], listeners: &[usize]) {
        let (leaf, now) = (self.leaf_of(speaker), self.now());
        for who in listeners.iter().filter(|who| **who != speaker) {
            match self.inside.get_mut(who).unwrap() {
                Tab::Ours(member) => match member.process(sealed, now) {
                    Ok(Event::Application { leaf: from, payload, .. }) => {
                        assert!(u32::from(from) == leaf && payload.encode() == text);
                    }
                    // Joined since: the epoch of these words is not theirs.
                    Err(curtain_e2ee::Refusal::Stale) => {}
                    _ => panic!("step {}: words were lost", self.step),
                },
                Tab::Theirs(peer) => {
                    if let Ok(event) = peer.process(sealed) {
                        let PeerEvent::Said(from, heard) = event else { panic!("not words") };
                        assert!(from == leaf && heard == text);
                    }
                }
            }
        }
    }

    fn walk(&mut self) {
        self.open();
        while self.step < u64::try_from(OPERATIONS).unwrap() {
            self.step += 1;
            let full = self.inside.len() >= PLACES;
            match self.roll(10) {
                0 if full => self.blank_left_half(),
                0..=2 if !full => self.admit(),
                0..=3 if self.inside.len() > 2 => self.remove(),
                4 | 5 if self.inside.len() > 1 => self.readmit(),
                6 | 7 => self.speak(),
                _ => {
                    let by = self.one_of(|_| true).unwrap();
                    self.change(by, None, None, "update");
                }
            }
        }
    }
}

#[test]
fn both_libraries_agree_on_random_walks() {
    let told = std::env::var("CURTAIN_WALK_SEED").ok().and_then(|seed| seed.parse().ok());
    let first: u64 = told.unwrap_or_else(|| SystemClock.now().unix_millis());
    let mut counts = BTreeMap::<&str, usize>::new();
    for seed in first..first + WALKS {
        eprintln!("CURTAIN_WALK_SEED={seed}");
        let mut walk = Walk::new(seed);
        walk.walk();
        for what in ["admit", "remove", "readmit", "update", "commits by ours", "commits by openmls"] {
            assert!(walk.counts.get(what).is_some_and(|count| *count > 0), "no {what}");
        }
        for (what, count) in walk.counts {
            *counts.entry(what).or_default() += count;
        }
    }
    eprintln!("{counts:?}");
    assert!(counts.get("left half blank").is_some_and(|count| *count >= 5), "{counts:?}");
}
