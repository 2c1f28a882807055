//! What a changed client or a lying server tries, and what it gets. Each time the group stays where it is and goes on.

use core::time::Duration;

use curtain_domain::VisitRole;
use curtain_e2ee::{Credential, DeviceKey, Event, Invited, OwnDevice, Payload, Proof, Refusal};
use mls_rs::client_builder::MlsConfig;
use mls_rs::{ExtensionList, ProtocolVersion};

use crate::cast::{
    ANA, BEN, CAM, LEE, NOON, OKAFOR, Tab, Who, admit, assert_agree, device, land, later, opened,
    other_visit, refusal,
};
use crate::rogue::{Lax, Rogue, credential, message, psk_id, rogue, rogue_raw, rogue_with, signed};

const HONEST: Lax = Lax { path: true, encrypted: false };

/// A clinician, and a patient whose client was changed.
fn with_rogue_patient(lax: Lax) -> (Tab, Rogue<impl MlsConfig>) {
    let (mut lee, _) = opened();
    let ana_device = device();
    let mut ana = rogue_with(credential(ANA, &ana_device, NOON), &ana_device, NOON, lax);
    let output = lee.member.admit(&ana.key_package, NOON).unwrap();
    land(&mut lee, &output, &mut []);
    ana.join(&output.welcome);
    (lee, ana)
}

/// A clinician, a rogue patient and an honest guest on this device.
fn with_rogue_and_guest(guest: &DeviceKey) -> (Tab, Rogue<impl MlsConfig>, Tab) {
    let (mut lee, mut ana) = with_rogue_patient(HONEST);
    let mut ben = BEN.tab(guest, NOON);
    let output = lee.member.admit(&ben.key_package, NOON).unwrap();
    land(&mut lee, &output, &mut []);
    ana.group().process_incoming_message(message(&output.commit)).unwrap();
    ben.member.join(&output.welcome, NOON).unwrap();
    (lee, ana, ben)
}

/// The commit is refused for this reason and the group goes on as if it had never come.
fn assert_refused(victim: &mut Tab, commit: &[u8], reason: Refusal) {
    let (epoch, key) = (victim.epoch(), victim.member.base_key().unwrap());
    assert_eq!(refusal(victim.process(commit)), Some(reason));
    assert_eq!(victim.epoch(), epoch);
    assert!(victim.member.base_key().unwrap() == key);
    let next = victim.member.update(NOON).unwrap();
    land(victim, &next, &mut []);
}

#[test]
fn a_patient_lets_nobody_in() {
    let (mut lee, mut ana) = with_rogue_patient(HONEST);
    let ben = BEN.fresh();
    let (commit, _) = ana.commit(|commit| commit.add_member(message(&ben.key_package)).unwrap());
    assert_refused(&mut lee, &commit, Refusal::NotAllowedToAdd);

    let (mut lee, _) = opened();
    let mut honest = ANA.fresh();
    admit(&mut lee, &mut honest, &mut []);
    assert_eq!(refusal(honest.member.admit(&ben.key_package, NOON)), Some(Refusal::NotAllowedToAdd));
}

#[test]
fn a_colleague_lets_people_in_only_when_the_policy_names_them() {
    let lee_device = device();
    for named in [true, false] {
        let mut lee = LEE.tab(&lee_device, NOON);
        let co_hosts: &[_] = if named { &[OKAFOR.id()] } else { &[] };
        lee.open_group(&lee_device, co_hosts);
        let (mut okafor, mut ana) = (OKAFOR.fresh(), ANA.fresh());
        admit(&mut lee, &mut okafor, &mut []);
        if named {
            admit(&mut okafor, &mut ana, &mut [&mut lee]);
            assert_agree(&[&lee, &okafor, &ana]);
        } else {
            let refused = okafor.member.admit(&ana.key_package, NOON);
            assert_eq!(refusal(refused), Some(Refusal::NotAllowedToAdd));
        }
    }
}

#[test]
fn a_clinician_that_the_server_made_up_is_refused_by_all() {
    let (mut lee, mut ana) = with_rogue_patient(HONEST);
    let other = Who(9, VisitRole::Clinician, "Dr Nobody");
    let forged = rogue(other, &device(), NOON);
    let refused = lee.member.admit(&forged.key_package, NOON);
    assert_eq!(refusal(refused), Some(Refusal::OtherClinician));
    let (commit, _) = ana.commit(|commit| commit.add_member(message(&forged.key_package)).unwrap());
    assert_refused(&mut lee, &commit, Refusal::NotAllowedToAdd);
}

#[test]
fn the_visits_clinician_on_a_device_that_did_not_sign_the_policy_is_refused() {
    let (mut lee, _) = opened();
    let mut okafor = OKAFOR.fresh();
    admit(&mut lee, &mut okafor, &mut []);
    let forged = rogue(LEE, &device(), later(1));
    assert_eq!(refusal(okafor.member.admit(&forged.key_package, later(1))), Some(Refusal::OtherDevice));
}

#[test]
fn a_return_must_be_the_same_person_role_and_device_and_later() {
    let guest = device();
    let (mut lee, mut ana, ben) = with_rogue_and_guest(&guest);
    let leaf = u32::from(ben.member.leaf().unwrap());
    let as_interpreter = Who(BEN.0, VisitRole::Interpreter, "");
    let cases = [
        (rogue(BEN, &device(), later(1)).key_package, Refusal::OtherDevice),
        (rogue(as_interpreter, &guest, later(1)).key_package, Refusal::OtherRole),
        (rogue(BEN, &guest, NOON).key_package, Refusal::NotLater),
        (rogue(CAM, &guest, later(1)).key_package, Refusal::OtherPerson),
    ];
    for (key_package, reason) in cases {
        if reason != Refusal::OtherPerson {
            assert_eq!(refusal(lee.member.readmit(&key_package, later(1))), Some(reason));
        }
        let (commit, _) = ana.commit_at(later(1), |commit| {
            commit.remove_member(leaf).unwrap().add_member(message(&key_package)).unwrap()
        });
        assert_eq!(refusal(lee.member.process(&commit, later(1))), Some(reason));
    }
    let stranger = lee.member.readmit(&CAM.fresh().key_package, NOON);
    assert_eq!(refusal(stranger), Some(Refusal::NoOldLeaf));
}

#[test]
fn a_return_replaces_exactly_one_leaf() {
    let guest = device();
    let (mut lee, mut ana, ben) = with_rogue_and_guest(&guest);
    let leaf = u32::from(ben.member.leaf().unwrap());
    let again = rogue(BEN, &guest, later(1));
    let (no_remove, _) =
        ana.commit_at(later(1), |commit| commit.add_member(message(&again.key_package)).unwrap());
    assert_eq!(refusal(lee.member.process(&no_remove, later(1))), Some(Refusal::NotAllowedToAdd));
    let (two_removes, _) = ana.commit_at(later(1), |commit| {
        let commit = commit.remove_member(leaf).unwrap().remove_member(0).unwrap();
        commit.add_member(message(&again.key_package)).unwrap()
    });
    assert_eq!(refusal(lee.member.process(&two_removes, later(1))), Some(Refusal::NotAllowedToAdd));
    let two = [rogue(BEN, &guest, later(1)), rogue(CAM, &device(), later(1))];
    let (two_adds, _) = ana.commit_at(later(1), |commit| {
        let commit = commit.remove_member(leaf).unwrap();
        let commit = commit.add_member(message(&two[0].key_package)).unwrap();
        commit.add_member(message(&two[1].key_package)).unwrap()
    });
    assert_eq!(refusal(lee.member.process(&two_adds, later(1))), Some(Refusal::NotAllowedToAdd));
}

#[test]
fn even_the_clinician_gives_a_person_only_one_leaf() {
    let (lee_device, ana_device) = (device(), device());
    let mut lee = rogue(LEE, &lee_device, NOON);
    let policy = crate::rogue::sign_policy(crate::rogue::policy(LEE, &lee_device), &lee_device);
    lee.open(&group_id(), policy.encode(), None);
    let mut ana = ANA.tab(&ana_device, NOON);
    let (_, welcome) = lee.commit(|commit| commit.add_member(message(&ana.key_package)).unwrap());
    lee.group().apply_pending_commit().unwrap();
    ana.member.join(&welcome, NOON).unwrap();
    let second = rogue(ANA, &ana_device, NOON);
    let (commit, _) = lee.commit(|commit| commit.add_member(message(&second.key_package)).unwrap());
    assert_refused(&mut ana, &commit, Refusal::AlreadyHere);
}

fn group_id() -> Vec<u8> {
    [crate::cast::visit().as_bytes().as_slice(), &[7; 8]].concat()
}

#[test]
fn a_seventh_person_finds_no_place() {
    let (mut lee, _) = opened();
    for number in 10..15 {
        let mut guest = Who(number, VisitRole::Guest, "").fresh();
        admit(&mut lee, &mut guest, &mut []);
    }
    let refused = lee.member.admit(&BEN.fresh().key_package, NOON);
    assert_eq!(refusal(refused), Some(Refusal::GroupFull));
}

#[test]
fn a_patient_removes_nobody_who_is_there() {
    let guest = device();
    let (mut lee, mut ana, mut ben) = with_rogue_and_guest(&guest);
    let (commit, _) = ana.commit(|commit| commit.remove_member(0).unwrap());
    assert_refused(&mut ben, &commit, Refusal::NotGone);
    let refused = lee.member.remove(LEE.id(), NOON);
    assert_eq!(refusal(refused), Some(Refusal::NotAllowedToRemove));
    assert_eq!(refusal(lee.member.remove(CAM.id(), NOON)), Some(Refusal::UnknownMember));
}

#[test]
fn who_was_reported_gone_is_removed_after_ten_seconds_and_not_before() {
    let (mut lee, _) = opened();
    let (mut ana, mut ben) = (ANA.fresh(), BEN.fresh());
    admit(&mut lee, &mut ana, &mut []);
    admit(&mut lee, &mut ben, &mut [&mut ana]);
    for tab in [&ana, &ben] {
        tab.member.report_gone(LEE.id(), NOON);
    }
    assert_eq!(refusal(ana.member.remove(LEE.id(), later(9))), Some(Refusal::NotGone));
    ana.member.report_back(LEE.id());
    assert_eq!(refusal(ana.member.remove(LEE.id(), later(10))), Some(Refusal::NotGone));
    ana.member.report_gone(LEE.id(), NOON);
    let output = ana.member.remove(LEE.id(), later(10)).unwrap();
    ana.member.process(&output.commit, later(10)).unwrap();
    // The report reached the other a little later: half the time is enough for a commit that arrives.
    ben.member.report_back(LEE.id());
    ben.member.report_gone(LEE.id(), later(6));
    assert_eq!(refusal(ben.member.process(&output.commit, later(10))), Some(Refusal::NotGone));
    ben.member.process(&output.commit, later(11)).unwrap();
    assert_agree(&[&ana, &ben]);
}

#[test]
fn a_commit_without_a_path_is_refused() {
    let (mut lee, _) = opened();
    let co_host = device();
    let mut okafor =
        rogue_with(credential(OKAFOR, &co_host, NOON), &co_host, NOON, Lax { path: false, encrypted: false });
    let output = lee.member.admit(&okafor.key_package, NOON).unwrap();
    land(&mut lee, &output, &mut []);
    okafor.join(&output.welcome);
    let ana = ANA.fresh();
    let (commit, _) = okafor.commit(|commit| commit.add_member(message(&ana.key_package)).unwrap());
    assert_refused(&mut lee, &commit, Refusal::PathMissing);
}

#[test]
fn a_hidden_commit_is_refused() {
    let (mut lee, mut ana) = with_rogue_patient(Lax { path: true, encrypted: true });
    let (commit, _) = ana.commit(|commit| commit);
    assert_refused(&mut lee, &commit, Refusal::ProposalNotAllowed);
}

#[test]
fn an_external_commit_is_refused() {
    let (mut lee, mut ana) = with_rogue_patient(HONEST);
    let stranger = rogue(BEN, &device(), NOON);
    let info = ana.group().group_info_message_allowing_ext_commit(true).unwrap();
    let (_, commit) = stranger.client.commit_external(info).unwrap();
    assert_refused(&mut lee, &commit.to_bytes().unwrap(), Refusal::ProposalNotAllowed);
}

#[test]
fn nobody_changes_the_policy_or_the_suite_of_a_running_group() {
    let (mut lee, mut ana) = with_rogue_patient(HONEST);
    let extensions = ana.group().context().extensions.clone();
    let (commit, _) = ana.commit(|commit| commit.set_group_context_ext(extensions).unwrap());
    assert_eq!(refusal(lee.process(&commit)), Some(Refusal::ProposalNotAllowed));
    let suite = ana.group().cipher_suite();
    let (commit, _) = ana
        .commit(|commit| commit.reinit(None, ProtocolVersion::MLS_10, suite, ExtensionList::new()).unwrap());
    assert!(lee.process(&commit).is_err());
    assert_eq!(lee.epoch(), 1);
}

#[test]
fn a_patient_mixes_in_no_key() {
    let (mut lee, mut ana) = with_rogue_patient(HONEST);
    let (commit, _) = ana.commit(|commit| commit.add_external_psk(psk_id()).unwrap());
    assert_refused(&mut lee, &commit, Refusal::PskNotAllowed);
}

#[test]
fn proposals_by_themselves_are_refused_on_sight_and_block_nothing() {
    let (mut lee, mut ana) = with_rogue_patient(HONEST);
    let ben = BEN.fresh();
    let proposals = [
        ana.group().propose_update(Vec::new()).unwrap(),
        ana.group().propose_remove(0, Vec::new()).unwrap(),
        ana.group().propose_add(message(&ben.key_package), Vec::new()).unwrap(),
    ];
    for proposal in proposals {
        let refused = lee.process(&proposal.to_bytes().unwrap());
        assert_eq!(refusal(refused), Some(Refusal::ProposalNotAllowed));
    }
    lee.member.seal(&Payload::Chat("still talking".into())).unwrap();
    // Nor does a commit that refers to them.
    let (by_reference, _) = ana.commit(|commit| commit);
    assert!(lee.process(&by_reference).is_err());
    assert_eq!(lee.epoch(), 1);
    let update = lee.member.update(NOON).unwrap();
    land(&mut lee, &update, &mut []);
}

#[test]
fn nobody_becomes_somebody_else_by_an_update() {
    let (mut lee, mut ana) = with_rogue_patient(HONEST);
    let impostor = rogue(BEN, &device(), NOON);
    let (commit, _) = ana
        .commit(|commit| commit.set_new_signing_identity(impostor.signer.clone(), impostor.identity.clone()));
    assert_refused(&mut lee, &commit, Refusal::IdentityChanged);
}

type Spoil = fn(&mut Credential);

fn own(credential: &mut Credential) -> &mut OwnDevice {
    match &mut credential.proof {
        Proof::Own(device) => device,
        Proof::Chain(_) | Proof::Invited(_) => unreachable!("made as an own device"),
    }
}

#[test]
fn a_leaf_that_does_not_hold_is_not_let_in() {
    let (mut lee, _) = opened();
    let spoils: [(Spoil, Refusal); 7] = [
        (|it| it.not_after = NOON.unix_seconds() - 301, Refusal::Expired),
        (|it| it.issued_at = later(301), Refusal::NotYetValid),
        (|it| it.visit = other_visit(), Refusal::OtherVisit),
        (|it| own(it).practice_key_hash = [1; 32], Refusal::OtherPractice),
        (|it| own(it).device_pub = [9; 32], Refusal::BadLeafSignature),
        (|it| it.name = "Ana".into(), Refusal::BadName),
        (
            |it| it.proof = Proof::Invited(Invited { invitation: [0; 16], mac: [0; 32] }),
            Refusal::InvitationNotSupported,
        ),
    ];
    for (spoil, reason) in spoils {
        let ana_device = device();
        let mut spoiled = credential(ANA, &ana_device, NOON);
        spoil(&mut spoiled);
        let ana = rogue_with(spoiled, &ana_device, NOON, HONEST);
        assert_eq!(refusal(lee.member.inspect_key_package(&ana.key_package, NOON)), Some(reason));
        assert_eq!(refusal(lee.member.admit(&ana.key_package, NOON)), Some(reason));
    }
}

#[test]
fn a_chain_for_another_leaf_key_is_stolen_goods() {
    let (mut lee, _) = opened();
    let ana_device = device();
    let stolen = signed(credential(ANA, &ana_device, NOON), &ana_device, &[5; 32]);
    let helper = rogue(ANA, &ana_device, NOON);
    let public = helper.identity.signature_key.clone();
    let thief = rogue_raw(stolen.encode(), helper.signer.clone(), public, NOON, HONEST);
    let refused = lee.member.admit(&thief.key_package, NOON);
    assert_eq!(refusal(refused), Some(Refusal::BadLeafSignature));
}

#[test]
fn a_key_package_from_yesterday_is_not_let_in() {
    let (mut lee, _) = opened();
    let ana = ANA.fresh();
    let thirteen_hours = NOON + Duration::from_hours(13);
    assert_eq!(refusal(lee.member.admit(&ana.key_package, thirteen_hours)), Some(Refusal::Expired));
}

#[test]
fn messages_of_other_groups_and_epochs_are_told_apart() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let first = lee.member.update(NOON).unwrap();
    lee.process(&first.commit).unwrap();
    let second = lee.member.update(NOON).unwrap();
    lee.process(&second.commit).unwrap();
    assert_eq!(refusal(ana.process(&second.commit)), Some(Refusal::EpochAhead));
    ana.process(&first.commit).unwrap();
    assert_eq!(refusal(ana.process(&first.commit)), Some(Refusal::Stale));
    ana.process(&second.commit).unwrap();
    let (mut stranger, _) = opened();
    let other = stranger.member.update(NOON).unwrap();
    assert_eq!(refusal(ana.process(&other.commit)), Some(Refusal::WrongGroup));
    assert_agree(&[&lee, &ana]);
}

#[test]
fn a_spoiled_commit_is_refused_and_the_good_one_is_taken() {
    let (mut lee, _) = opened();
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    let update = lee.member.update(NOON).unwrap();
    let mut spoiled = update.commit.clone();
    let last = spoiled.len() - 1;
    spoiled[last] ^= 1;
    assert_eq!(refusal(ana.process(&spoiled)), Some(Refusal::BadSignature));
    land(&mut lee, &update, &mut [&mut ana]);
    assert_agree(&[&lee, &ana]);
}

#[test]
fn a_removed_rogue_that_keeps_its_group_opens_nothing_new() {
    let (mut lee, mut ana) = with_rogue_patient(HONEST);
    let mut ben = BEN.fresh();
    let added = lee.member.admit(&ben.key_package, NOON).unwrap();
    land(&mut lee, &added, &mut []);
    ana.group().process_incoming_message(message(&added.commit)).unwrap();
    ben.member.join(&added.welcome, NOON).unwrap();
    let removal = lee.member.remove(ANA.id(), NOON).unwrap();
    land(&mut lee, &removal, &mut [&mut ben]);
    let kept = ana.group().export_secret(b"SFrame 1.0 Base Key", &[], 16).unwrap();
    ana.group().process_incoming_message(message(&removal.commit)).unwrap();
    let after = ana.group().export_secret(b"SFrame 1.0 Base Key", &[], 16).unwrap();
    let ours = lee.member.base_key().unwrap();
    assert!(kept.as_bytes() != &ours[..] && after.as_bytes() != &ours[..]);
    let said = lee.member.seal(&Payload::Chat("without you".into())).unwrap();
    assert!(ana.group().process_incoming_message(message(&said)).is_err());
    // And what it builds on the old epoch is over.
    let (stale, _) = ana.commit(|commit| commit);
    assert_eq!(refusal(ben.process(&stale)), Some(Refusal::Stale));
}

#[test]
fn payloads_out_of_form_are_refused_and_unknown_ones_ignored() {
    let (mut lee, mut ana) = with_rogue_patient(HONEST);
    let mut say = |bytes: &[u8]| {
        let said = ana.group().encrypt_application_message(bytes, Vec::new()).unwrap();
        lee.process(&said.to_bytes().unwrap())
    };
    for wrong in [
        &b""[..],
        b"\x01",
        b"\x01\x01",
        b"\x01\x01\xFF\xFE",
        b"\x14\x01\x00",
        b"\x16\x01\x08",
        b"\x13\x01  ",
        b"\x10\x01",
    ] {
        assert_eq!(refusal(say(wrong)), Some(Refusal::BadPayload), "{wrong:?}");
    }
    for unknown in [&b"\x02\x01x"[..], b"\x01\x02x", b"\x12\x01"] {
        assert!(matches!(say(unknown), Ok(Event::Ignored)), "{unknown:?}");
    }
    let long = Payload::Chat("x".repeat(4_001));
    assert_eq!(refusal(lee.member.seal(&long)), Some(Refusal::BadPayload));
}

#[test]
fn nothing_works_before_its_turn() {
    let lee_device = device();
    let mut lee = curtain_e2ee::Member::new(&LEE.leaf(&lee_device), NOON).unwrap();
    assert_eq!(refusal(lee.create_group([0; 64], NOON)), Some(Refusal::NotSigned));
    assert_eq!(refusal(lee.key_package([0; 64], NOON)), Some(Refusal::BadLeafSignature));
    assert_eq!(refusal(lee.update(NOON)), Some(Refusal::NotInGroup));
    assert_eq!(refusal(lee.roster()), Some(Refusal::NotInGroup));
    let mut ana = ANA.fresh();
    assert_eq!(refusal(ana.member.policy_to_sign(NOON, &[])), Some(Refusal::NotAllowedToAdd));
    let nameless = Who(1, VisitRole::Clinician, "").leaf(&lee_device);
    assert_eq!(refusal(curtain_e2ee::Member::new(&nameless, NOON)), Some(Refusal::BadName));
    assert_eq!(
        refusal(curtain_e2ee::Member::new(&ANA.leaf(&lee_device), later(13 * 3600))),
        Some(Refusal::BadArgument)
    );
}
