//! Groups that a patient must not be drawn into: another visit's, another clinician's, one with other rules.

use curtain_domain::VisitRole;
use curtain_e2ee::{Certificate, DeviceKey, Policy, Refusal};
use mls_rs::Extension;
use mls_rs::client_builder::MlsConfig;

use crate::cast::{
    ANA, BEN, LEE, NOON, Who, admit, device, later, opened, other_visit, person, refusal, visit,
};
use crate::rogue::{Lax, Rogue, credential, message, policy, rogue, rogue_with, sign_policy};

fn group_id() -> Vec<u8> {
    [visit().as_bytes().as_slice(), &[7; 8]].concat()
}

/// What Ana is refused for when this rogue adds her.
fn refused_by_ana(mut host: Rogue<impl MlsConfig>) -> Option<Refusal> {
    let mut ana = ANA.fresh();
    let (_, welcome) = host.commit(|commit| commit.add_member(message(&ana.key_package)).unwrap());
    refusal(ana.member.join(&welcome, NOON))
}

/// A clinician on this device with a group of this policy.
fn host(device: &DeviceKey, policy: Vec<u8>) -> Rogue<impl MlsConfig> {
    let mut lee = rogue(LEE, device, NOON);
    lee.open(&group_id(), policy, None);
    lee
}

#[test]
fn a_good_group_is_joined() {
    let device = device();
    let policy = sign_policy(policy(LEE, &device), &device);
    assert_eq!(refused_by_ana(host(&device, policy.encode())), None);
}

type Spoil = fn(&mut Policy);

const UNCHECKED: Certificate =
    Certificate { device_not_after: u64::MAX, roles: u16::MAX, practice_sig: [1; 64] };

#[test]
fn a_policy_that_does_not_hold_keeps_the_patient_out() {
    let spoils: [(Spoil, Refusal); 9] = [
        (|it| it.visit = other_visit(), Refusal::OtherVisit),
        (|it| it.suite = 3, Refusal::OtherSuite),
        (|it| it.practice_key_hash = [1; 32], Refusal::OtherPractice),
        (|it| it.certificate = Some(UNCHECKED), Refusal::OtherPractice),
        (|it| it.clinician = person(99), Refusal::OtherClinician),
        (|it| it.max_members = 0, Refusal::BadPolicy),
        (|it| it.max_members = 16, Refusal::BadPolicy),
        (|it| it.not_after = NOON.unix_seconds() - 301, Refusal::Expired),
        (|it| it.name.clear(), Refusal::BadName),
    ];
    for (spoil, reason) in spoils {
        let device = device();
        let mut spoiled = policy(LEE, &device);
        spoil(&mut spoiled);
        let spoiled = sign_policy(spoiled, &device);
        assert_eq!(refused_by_ana(host(&device, spoiled.encode())), Some(reason));
    }
}

#[test]
fn a_policy_that_another_device_signed_is_refused() {
    let lee_device = device();
    let forged = sign_policy(policy(LEE, &lee_device), &device());
    assert_eq!(refused_by_ana(host(&lee_device, forged.encode())), Some(Refusal::BadPolicySignature));
    let of_other_device = device();
    let foreign = sign_policy(policy(LEE, &of_other_device), &of_other_device);
    assert_eq!(refused_by_ana(host(&lee_device, foreign.encode())), Some(Refusal::OtherDevice));
}

#[test]
fn a_group_without_a_readable_policy_or_with_more_than_it_is_refused() {
    let device = device();
    assert_eq!(refused_by_ana(host(&device, b"CUP2".to_vec())), Some(Refusal::BadPolicy));
    let good = sign_policy(policy(LEE, &device), &device).encode();
    let mut lee = rogue(LEE, &device, NOON);
    // required_capabilities (RFC 9420 §17.3): harmless, but no group of ours has it.
    lee.open(&group_id(), good, Some(Extension::new(3.into(), vec![0, 0, 0])));
    assert_eq!(refused_by_ana(lee), Some(Refusal::BadPolicy));
}

#[test]
fn a_group_whose_id_names_another_visit_is_refused() {
    let device = device();
    let good = sign_policy(policy(LEE, &device), &device).encode();
    for id in [vec![7; 24], group_id()[..20].to_vec()] {
        let mut lee = rogue(LEE, &device, NOON);
        lee.open(&id, good.clone(), None);
        assert_eq!(refused_by_ana(lee), Some(Refusal::WrongGroup));
    }
}

#[test]
fn a_bad_leaf_behind_a_good_signer_keeps_the_patient_out() {
    let lee_device = device();
    let policy = sign_policy(policy(LEE, &lee_device), &lee_device);
    let mut lee = host(&lee_device, policy.encode());
    let ben_device = device();
    let mut expired = credential(BEN, &ben_device, NOON);
    expired.not_after = NOON.unix_seconds() - 400;
    let ben = rogue_with(expired, &ben_device, NOON, Lax { path: true, encrypted: false });
    lee.commit(|commit| commit.add_member(message(&ben.key_package)).unwrap());
    lee.group().apply_pending_commit().unwrap();
    assert_eq!(refused_by_ana(lee), Some(Refusal::Expired));
}

#[test]
fn a_second_clinician_or_a_doubled_person_in_the_group_is_refused() {
    for (who, reason) in [
        (Who(8, VisitRole::Clinician, "Dr Other"), Refusal::OtherClinician),
        (Who(ANA.0, VisitRole::Guest, ""), Refusal::AlreadyHere),
    ] {
        let lee_device = device();
        let policy = sign_policy(policy(LEE, &lee_device), &lee_device);
        let mut lee = host(&lee_device, policy.encode());
        let extra = rogue(who, &device(), NOON);
        lee.commit(|commit| commit.add_member(message(&extra.key_package)).unwrap());
        lee.group().apply_pending_commit().unwrap();
        assert_eq!(refused_by_ana(lee), Some(reason));
    }
}

#[test]
fn a_patient_can_not_draw_a_newcomer_in_alone() {
    let (mut lee, _) = opened();
    let mut ben = rogue(BEN, &device(), NOON);
    let output = lee.member.admit(&ben.key_package, NOON).unwrap();
    ben.join(&output.welcome);
    assert_eq!(refused_by_ana(ben), Some(Refusal::WelcomeNotByAdmitter));
}

#[test]
fn a_refused_welcome_leaves_the_key_package_good_for_an_honest_one() {
    let (mut lee, _) = opened();
    let mut ben = rogue(BEN, &device(), NOON);
    let output = lee.member.admit(&ben.key_package, NOON).unwrap();
    lee.process(&output.commit).unwrap();
    ben.join(&output.welcome);
    let mut ana = ANA.fresh();
    let (_, welcome) = ben.commit(|commit| commit.add_member(message(&ana.key_package)).unwrap());
    assert_eq!(refusal(ana.member.join(&welcome, NOON)), Some(Refusal::WelcomeNotByAdmitter));
    admit(&mut lee, &mut ana, &mut []);
}

#[test]
fn a_welcome_for_somebody_else_or_of_long_ago_is_refused() {
    let (mut lee, _) = opened();
    let (mut ana, mut ben) = (ANA.fresh(), BEN.fresh());
    let output = lee.member.admit(&ana.key_package, NOON).unwrap();
    assert_eq!(refusal(ben.member.join(&output.welcome, NOON)), Some(Refusal::NotForUs));
    assert_eq!(refusal(ben.member.join(&output.commit, NOON)), Some(Refusal::Malformed));
    assert_eq!(refusal(ana.member.join(&output.welcome, later(13 * 3600))), Some(Refusal::Expired));
    ana.member.join(&output.welcome, NOON).unwrap();
    assert_eq!(refusal(ana.member.join(&output.welcome, NOON)), Some(Refusal::AlreadyInGroup));
}
