//! Nonsense: random bytes, flipped bits and cut messages at every door. **Nothing may panic**: in the browser a panic
//! ends the worker and with it the call.

use curtain_domain::{AccountId, Timestamp, VisitId, VisitRole};
use curtain_e2ee::{Certificate, Chain, Credential, Invited, OwnDevice, Payload, Policy, Proof};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use crate::cast::{ANA, BEN, NOON, admit, device, land, opened, visit};
use crate::rogue::{policy, sign_policy};

fn array<const N: usize>() -> impl Strategy<Value = [u8; N]> {
    vec(any::<u8>(), N).prop_map(|bytes| bytes.try_into().unwrap())
}

/// What people are called is not printed, not even by a failing test.
struct Quiet<T>(T);

impl<T> core::fmt::Debug for Quiet<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("(not shown: the seed makes it again)")
    }
}

fn account(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(number))
}

fn any_certificate() -> impl Strategy<Value = Certificate> {
    let parts = (any::<u64>(), any::<u16>(), array::<64>());
    parts.prop_map(|(device_not_after, roles, practice_sig)| Certificate {
        device_not_after,
        roles,
        practice_sig,
    })
}

prop_compose! {
    fn any_credential()(
        role in 0..5_usize, number: u128, person: u128, issued: u64, not_after: u64, name in "\\PC{0,60}",
        keys in array::<32>(), certificate in any_certificate(), kind in 0..3_u8,
    ) -> Quiet<Credential> {
        let leaf_sig = certificate.practice_sig.map(|byte| !byte);
        let proof = match kind {
            0 => Proof::Chain(Chain { device_pub: keys, certificate, leaf_sig }),
            1 => Proof::Own(OwnDevice { device_pub: keys, practice_key_hash: keys, leaf_sig }),
            _ => Proof::Invited(Invited { invitation: number.to_be_bytes(), mac: keys }),
        };
        Quiet(Credential {
            role: VisitRole::ALL[role],
            visit: VisitId::from_uuid(Uuid::from_u128(number)),
            person: account(person),
            issued_at: Timestamp::from_unix_millis(issued),
            not_after,
            name,
            proof,
        })
    }
}

prop_compose! {
    fn any_policy()(
        suite: u16, practice_key_hash in array(), clinician: u128, co_hosts in vec(any::<u128>(), 0..15),
        max_members: u8, not_after: u64, device_pub in array(), name in "\\PC{0,60}", certificate in any_certificate(),
        certified: bool,
    ) -> Quiet<Policy> {
        Quiet(Policy {
            visit: visit(), suite, practice_key_hash, clinician: account(clinician),
            co_hosts: co_hosts.into_iter().map(account).collect(), max_members, not_after, device_pub,
            name, certificate: certified.then_some(certificate),
            device_sig: certificate.practice_sig.map(|byte| !byte),
        })
    }
}

proptest! {
    #[test]
    fn a_credential_survives_its_bytes_and_no_part_of_it_does(Quiet(credential) in any_credential(), cut: prop::sample::Index) {
        let bytes = credential.encode();
        prop_assert!(Credential::decode(&bytes).is_ok_and(|read| read == credential));
        prop_assert!(Credential::decode(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(Credential::decode(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn a_policy_survives_its_bytes_and_no_part_of_it_does(Quiet(policy) in any_policy(), cut: prop::sample::Index) {
        let bytes = policy.encode();
        prop_assert!(Policy::decode(&bytes).is_ok_and(|read| read == policy));
        prop_assert!(Policy::decode(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(Policy::decode(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn whatever_is_read_is_written_the_same(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok(credential) = Credential::decode(&bytes) {
            prop_assert_eq!(credential.encode(), bytes.clone());
        }
        if let Ok(policy) = Policy::decode(&bytes) {
            prop_assert_eq!(policy.encode(), bytes.clone());
        }
        if let Ok(Some(payload)) = Payload::decode(&bytes) {
            prop_assert!(Payload::decode(&payload.encode()).is_ok_and(|again| again == Some(payload)));
        }
    }
}

#[test]
fn random_bytes_at_every_door_are_refused() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    let mut runner = TestRunner::deterministic();
    for _ in 0..256 {
        let bytes = vec(any::<u8>(), 0..600).new_tree(&mut runner).unwrap().current();
        // As they come, and dressed as each of the five wire formats of RFC 9420 §6.
        for format in 0..=5_u8 {
            let dressed = if format == 0 { bytes.clone() } else { [&[0, 1, 0, format][..], &bytes].concat() };
            assert!(lee.member.process(&dressed, NOON).is_err());
            assert!(lee.member.admit(&dressed, NOON).is_err());
            assert!(lee.member.readmit(&dressed, NOON).is_err());
            assert!(lee.member.inspect_key_package(&dressed, NOON).is_err());
            assert!(ana.member.join(&dressed, NOON).is_err());
        }
    }
}

/// Every bit of a message flipped once, and every prefix of it.
fn spoiled(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let flipped = (0..bytes.len() * 8).step_by(3).map(|bit| {
        let mut copy = bytes.to_vec();
        copy[bit / 8] ^= 1 << (bit % 8);
        copy
    });
    let cut = (0..bytes.len()).map(|length| bytes[..length].to_vec());
    flipped.chain(cut)
}

#[test]
fn a_commit_with_any_bit_flipped_is_refused_and_the_good_one_taken() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let output = lee.member.admit(&BEN.fresh().key_package, NOON).unwrap();
    for copy in spoiled(&output.commit) {
        assert!(ana.process(&copy).is_err());
    }
    land(&mut lee, &output, &mut [&mut ana]);
}

#[test]
fn what_is_said_with_any_bit_flipped_is_not_heard() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let said = lee.member.seal(&Payload::Chat("ten milligrams".into())).unwrap();
    for copy in spoiled(&said) {
        assert!(ana.process(&copy).is_err());
    }
    ana.process(&said).unwrap();
}

#[test]
fn a_welcome_or_key_package_with_any_bit_flipped_opens_nothing() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    for copy in spoiled(&ana.key_package) {
        assert!(lee.member.admit(&copy, NOON).is_err());
    }
    let output = lee.member.admit(&ana.key_package, NOON).unwrap();
    for copy in spoiled(&output.welcome) {
        assert!(ana.member.join(&copy, NOON).is_err());
    }
    lee.process(&output.commit).unwrap();
    ana.member.join(&output.welcome, NOON).unwrap();
}

#[test]
fn a_policy_with_any_bit_flipped_is_another_policy() {
    let device = device();
    let good = sign_policy(policy(crate::cast::LEE, &device), &device);
    for copy in spoiled(&good.encode()) {
        assert!(!Policy::decode(&copy).is_ok_and(|read| read == good));
    }
}

#[test]
fn times_at_the_edges_are_refused_or_taken_but_never_a_crash() {
    let device = device();
    for millis in [0, 1, 299_999, u64::MAX / 1_000, u64::MAX] {
        let now = Timestamp::from_unix_millis(millis);
        let mut leaf = ANA.leaf(&device);
        leaf.not_after = Timestamp::from_unix_millis(millis.saturating_add(1_000));
        if let Ok(mut member) = curtain_e2ee::Member::new(&leaf, now) {
            let signature = device.sign(&member.leaf_to_sign().unwrap()).unwrap();
            member.key_package(signature, now).unwrap();
        }
    }
}
