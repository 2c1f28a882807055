//! The practice's key: who its certificates let in, and everything that they don't.

use curtain_domain::{AccountId, Timestamp, VisitRole};
use curtain_e2ee::{Certificate, Chain, Credential, DeviceKey, OwnDevice, Policy, Proof, Refusal};
use mls_rs::client_builder::MlsConfig;

use crate::cast::{
    ANA, BEN, LEE, NOON, OKAFOR, Tab, Who, admit, assert_agree, device, land, later, refusal, visit,
};
use crate::rogue::{Lax, Rogue, credential, message, policy, rogue_with, sign_policy};

const HONEST: Lax = Lax { path: true, encrypted: false };
/// Ninety days from noon.
const NINETY_DAYS: u64 = 90 * 24 * 3600;
const STAFF: u16 = 1 << 1 | 1 << 2;

/// A practice: its key is a key like any other, in the hands of an administrator.
struct Practice(DeviceKey);

impl Practice {
    fn new() -> Self {
        Self(device())
    }

    fn certify_as(&self, device: &DeviceKey, person: AccountId, name: &str, roles: u16) -> Certificate {
        self.certify_until(later(NINETY_DAYS), device, person, name, roles)
    }

    fn certify_until(
        &self,
        until: Timestamp,
        device: &DeviceKey,
        person: AccountId,
        name: &str,
        roles: u16,
    ) -> Certificate {
        let device_not_after = until.unix_seconds();
        let mut certificate = Certificate { device_not_after, roles, practice_sig: [0; 64] };
        let statement = certificate.to_sign(&device.public(), person, name);
        certificate.practice_sig = self.0.sign(&statement).unwrap();
        certificate
    }

    fn certify(&self, who: Who, device: &DeviceKey) -> Certificate {
        self.certify_as(device, who.id(), who.2, STAFF)
    }

    /// A tab that holds this to be the practice's key.
    fn tab(&self, who: Who, device: &DeviceKey, certificate: Option<&Certificate>, now: Timestamp) -> Tab {
        tab(who, device, Some(self.0.public()), &[], certificate, now)
    }

    fn clinician(&self, who: Who) -> (Tab, DeviceKey) {
        let device = device();
        let tab = self.tab(who, &device, Some(&self.certify(who, &device)), NOON);
        (tab, device)
    }

    /// The clinician, certified, with an open group.
    fn opened(&self) -> (Tab, DeviceKey) {
        let (mut lee, device) = self.clinician(LEE);
        lee.open_group(&device, &[OKAFOR.id()]);
        (lee, device)
    }

    fn patient(&self, who: Who) -> Tab {
        self.tab(who, &device(), None, NOON)
    }

    fn hash(&self) -> [u8; 32] {
        let Proof::Own(own) = leaf_of(&self.patient(ANA)).proof else {
            panic!("a patient has an own device")
        };
        own.practice_key_hash
    }
}

fn tab(
    who: Who,
    device: &DeviceKey,
    key: Option<[u8; 32]>,
    revoked: &[[u8; 32]],
    certificate: Option<&Certificate>,
    now: Timestamp,
) -> Tab {
    let mut member = curtain_e2ee::Member::new(&who.leaf(device), now).unwrap();
    member.trust(key, revoked).unwrap();
    if let Some(certificate) = certificate {
        member.certify(certificate, now).unwrap();
    }
    let leaf_sig = device.sign(&member.leaf_to_sign().unwrap()).unwrap();
    let key_package = member.key_package(leaf_sig, now).unwrap();
    Tab { who, member, key_package }
}

fn leaf_of(tab: &Tab) -> Credential {
    let message = message(&tab.key_package);
    let identity = message.as_key_package().unwrap().signing_identity().clone();
    let mls_rs::identity::Credential::Custom(custom) = identity.credential else { panic!("our own type") };
    Credential::decode(&custom.data).unwrap()
}

/// A changed client with this certificate, by whomever it is signed.
fn certified_rogue(who: Who, device: &DeviceKey, certificate: Certificate) -> Rogue<impl MlsConfig + use<>> {
    let mut credential = credential(who, device, NOON);
    credential.proof = Proof::Chain(Chain { device_pub: device.public(), certificate, leaf_sig: [0; 64] });
    rogue_with(credential, device, NOON, HONEST)
}

#[test]
fn a_certified_clinician_a_patient_and_a_certified_colleague_meet() {
    let practice = Practice::new();
    let (mut lee, _) = practice.opened();
    let (mut ana, (mut okafor, _)) = (practice.patient(ANA), practice.clinician(OKAFOR));
    admit(&mut lee, &mut ana, &mut []);
    admit(&mut lee, &mut okafor, &mut [&mut ana]);
    let update = okafor.member.update(NOON).unwrap();
    land(&mut okafor, &update, &mut [&mut lee, &mut ana]);
    assert_agree(&[&lee, &ana, &okafor]);
    let certified: Vec<_> = ana.member.roster().unwrap().members.iter().map(|one| one.certified).collect();
    assert_eq!(certified, [true, false, true]);
}

#[test]
fn without_a_practice_key_nobody_is_certified_and_all_goes_on() {
    let device = device();
    let mut lee = LEE.tab(&device, NOON);
    lee.open_group(&device, &[]);
    let mut ana = ANA.fresh();
    admit(&mut lee, &mut ana, &mut []);
    assert!(ana.member.roster().unwrap().members.iter().all(|one| !one.certified));
}

#[test]
fn what_a_certificate_says_of_somebody_else_certifies_nobody() {
    let (practice, other) = (Practice::new(), Practice::new());
    let (mut lee, _) = practice.opened();
    let mine = device();
    let of = |name: &str| practice.certify_as(&mine, OKAFOR.id(), name, STAFF);
    let cases = [
        (other.certify(OKAFOR, &mine), Refusal::BadPracticeSignature),
        (practice.certify(OKAFOR, &device()), Refusal::BadPracticeSignature),
        (practice.certify_as(&mine, LEE.id(), OKAFOR.2, STAFF), Refusal::BadPracticeSignature),
        (of("Dr Maya Lee"), Refusal::BadPracticeSignature),
        (Certificate { roles: 0xFF, ..of(OKAFOR.2) }, Refusal::BadPracticeSignature),
        (Certificate { device_not_after: u64::MAX, ..of(OKAFOR.2) }, Refusal::BadPracticeSignature),
        (practice.certify_as(&mine, OKAFOR.id(), OKAFOR.2, 1 << 5), Refusal::RoleNotCertified),
        (practice.certify_as(&mine, OKAFOR.id(), OKAFOR.2, 0), Refusal::RoleNotCertified),
        (
            practice.certify_until(
                Timestamp::from_unix_millis(NOON.unix_millis() - 301_000),
                &mine,
                OKAFOR.id(),
                OKAFOR.2,
                STAFF,
            ),
            Refusal::CertificateExpired,
        ),
    ];
    for (certificate, reason) in cases {
        let okafor = certified_rogue(OKAFOR, &mine, certificate);
        assert_eq!(refusal(lee.member.admit(&okafor.key_package, NOON)), Some(reason));
        // An honest client notices before it knocks.
        let mut honest = curtain_e2ee::Member::new(&OKAFOR.leaf(&mine), NOON).unwrap();
        honest.trust(Some(practice.0.public()), &[]).unwrap();
        assert_eq!(refusal(honest.certify(&certificate, NOON)), Some(reason));
    }
    let good = certified_rogue(OKAFOR, &mine, of(OKAFOR.2));
    lee.member.admit(&good.key_package, NOON).unwrap();
}

#[test]
fn staff_without_a_certificate_are_refused_where_the_practice_has_a_key() {
    let practice = Practice::new();
    let (mut lee, _) = practice.opened();
    let mine = device();
    let mut uncertified = credential(OKAFOR, &mine, NOON);
    let own = OwnDevice { device_pub: mine.public(), practice_key_hash: practice.hash(), leaf_sig: [0; 64] };
    uncertified.proof = Proof::Own(own);
    let okafor = rogue_with(uncertified, &mine, NOON, HONEST);
    assert_eq!(refusal(lee.member.admit(&okafor.key_package, NOON)), Some(Refusal::NotCertified));
    let mut honest = curtain_e2ee::Member::new(&LEE.leaf(&mine), NOON).unwrap();
    honest.trust(Some(practice.0.public()), &[]).unwrap();
    let leaf_sig = mine.sign(&honest.leaf_to_sign().unwrap()).unwrap();
    assert_eq!(refusal(honest.key_package(leaf_sig, NOON)), Some(Refusal::NotCertified));
}

#[test]
fn two_who_were_told_different_keys_never_share_a_group() {
    let (practice, other) = (Practice::new(), Practice::new());
    let (mut lee, _) = practice.opened();
    // The clinician's side notices at the door …
    for stranger in [other.patient(ANA), ANA.fresh()] {
        let refused = lee.member.inspect_key_package(&stranger.key_package, NOON);
        assert_eq!(refusal(refused), Some(Refusal::OtherPractice));
        assert_eq!(refusal(lee.member.admit(&stranger.key_package, NOON)), Some(Refusal::OtherPractice));
    }
    // … and the patient's when a changed client lets them in all the same: leaves are looked at before the policy.
    let mut ana = other.patient(ANA);
    let (mut rogue, _) = rogue_clinician(&practice, &|_, _| {});
    assert_eq!(drawn_in(&mut rogue, &mut ana), Some(Refusal::BadPracticeSignature));
}

#[test]
fn a_revoked_device_is_nobodys_any_more() {
    let practice = Practice::new();
    let (mut lee, lee_device) = practice.opened();
    let stolen = device();
    let certificate = practice.certify(OKAFOR, &stolen);
    let told = |who: Who, revoked: &DeviceKey| {
        tab(who, &device(), Some(practice.0.public()), &[revoked.public()], None, NOON)
    };
    // By who waits at the door …
    let mine = device();
    let mut wary = tab(
        LEE,
        &mine,
        Some(practice.0.public()),
        &[stolen.public()],
        Some(&practice.certify(LEE, &mine)),
        NOON,
    );
    wary.open_group(&mine, &[]);
    let thief = certified_rogue(OKAFOR, &stolen, certificate);
    assert_eq!(refusal(wary.member.admit(&thief.key_package, NOON)), Some(Refusal::DeviceRevoked));
    // … by who is asked to join its group, and by who follows a commit that brings it in.
    let mut ana = told(ANA, &lee_device);
    let output = lee.member.admit(&ana.key_package, NOON).unwrap();
    assert_eq!(refusal(ana.member.join(&output.welcome, NOON)), Some(Refusal::DeviceRevoked));
    lee.member.clear_pending();
    let mut ben = told(BEN, &stolen);
    admit(&mut lee, &mut ben, &mut []);
    let brought = lee.member.admit(&thief.key_package, NOON).unwrap();
    assert_eq!(refusal(ben.process(&brought.commit)), Some(Refusal::DeviceRevoked));
    // Its own client does not even knock.
    let mut own = curtain_e2ee::Member::new(&OKAFOR.leaf(&stolen), NOON).unwrap();
    own.trust(Some(practice.0.public()), &[stolen.public()]).unwrap();
    assert_eq!(refusal(own.certify(&certificate, NOON)), Some(Refusal::DeviceRevoked));
}

#[test]
fn a_commit_that_brings_in_another_practices_clinician_is_not_followed() {
    let (practice, other) = (Practice::new(), Practice::new());
    let (mut lee, _) = rogue_clinician(&practice, &|_, _| {});
    let mut ana = practice.patient(ANA);
    let (_, welcome) = lee.commit(|commit| commit.add_member(message(&ana.key_package)).unwrap());
    lee.group().apply_pending_commit().unwrap();
    ana.member.join(&welcome, NOON).unwrap();
    let theirs = device();
    let okafor = certified_rogue(OKAFOR, &theirs, other.certify(OKAFOR, &theirs));
    let (commit, _) = lee.commit(|commit| commit.add_member(message(&okafor.key_package)).unwrap());
    assert_eq!(refusal(ana.process(&commit)), Some(Refusal::BadPracticeSignature));
    assert_eq!(ana.epoch(), 1);
}

/// A clinician's changed client with an open group of this practice; the test may spoil the policy before it is signed.
fn rogue_clinician(
    practice: &Practice,
    spoil: &dyn Fn(&mut Policy, &DeviceKey),
) -> (Rogue<impl MlsConfig + use<>>, DeviceKey) {
    let device = device();
    let certificate = practice.certify(LEE, &device);
    let mut lee = certified_rogue(LEE, &device, certificate);
    let mut draft = policy(LEE, &device);
    draft.practice_key_hash = practice.hash();
    draft.certificate = Some(certificate);
    spoil(&mut draft, &device);
    let group_id = [visit().as_bytes().as_slice(), &[7; 8]].concat();
    lee.open(&group_id, sign_policy(draft, &device).encode(), None);
    (lee, device)
}

fn drawn_in(host: &mut Rogue<impl MlsConfig>, ana: &mut Tab) -> Option<Refusal> {
    let (_, welcome) = host.commit(|commit| commit.add_member(message(&ana.key_package)).unwrap());
    refusal(ana.member.join(&welcome, NOON))
}

#[test]
fn a_policy_that_the_practice_does_not_stand_behind_keeps_the_patient_out() {
    type Spoil = fn(&Practice, &mut Policy, &DeviceKey);
    let spoils: [(Spoil, Option<Refusal>); 7] = [
        (|_, _, _| {}, None),
        (|_, it, _| it.practice_key_hash = [0; 32], Some(Refusal::OtherPractice)),
        (|_, it, _| it.certificate = None, Some(Refusal::NotCertified)),
        (
            |_, it, device| it.certificate = Some(Practice::new().certify(LEE, device)),
            Some(Refusal::BadPracticeSignature),
        ),
        (
            |practice, it, device| it.certificate = Some(practice.certify(OKAFOR, device)),
            Some(Refusal::BadPracticeSignature),
        ),
        (
            |practice, it, device| {
                it.certificate = Some(practice.certify_as(device, LEE.id(), LEE.2, 1 << 2));
            },
            Some(Refusal::RoleNotCertified),
        ),
        (
            |practice, it, device| {
                let ended = Timestamp::from_unix_millis(NOON.unix_millis() - 301_000);
                it.certificate = Some(practice.certify_until(ended, device, LEE.id(), LEE.2, STAFF));
            },
            Some(Refusal::CertificateExpired),
        ),
    ];
    for (spoil, reason) in spoils {
        let practice = Practice::new();
        let (mut lee, _) = rogue_clinician(&practice, &|draft, device| spoil(&practice, draft, device));
        assert_eq!(drawn_in(&mut lee, &mut practice.patient(ANA)), reason);
    }
}

#[test]
fn a_group_of_a_practice_without_a_key_is_not_joined_by_who_knows_one() {
    let device = device();
    let mut lee = rogue_with(credential(LEE, &device, NOON), &device, NOON, HONEST);
    let group_id = [visit().as_bytes().as_slice(), &[7; 8]].concat();
    lee.open(&group_id, sign_policy(policy(LEE, &device), &device).encode(), None);
    let mut ana = Practice::new().patient(ANA);
    assert_eq!(drawn_in(&mut lee, &mut ana), Some(Refusal::OtherPractice));
}

#[test]
fn a_patients_own_device_says_which_key_it_was_told_and_can_not_be_made_to_say_another() {
    let practice = Practice::new();
    let (mut lee, _) = practice.opened();
    let mine = device();
    let mut told_nothing = credential(ANA, &mine, NOON);
    let statement = told_nothing.leaf_to_sign(&[5; 32]).unwrap();
    if let Proof::Own(own) = &mut told_nothing.proof {
        own.practice_key_hash = practice.hash();
    }
    assert!(told_nothing.leaf_to_sign(&[5; 32]).unwrap() != statement, "the device signs the hash");
    let role = Who(ANA.0, VisitRole::Clinician, "Dr Nobody");
    let clinician = credential(role, &mine, NOON);
    let knocking = rogue_with(clinician, &mine, NOON, HONEST);
    assert_eq!(refusal(lee.member.admit(&knocking.key_package, NOON)), Some(Refusal::OtherPractice));
}

#[test]
fn trust_comes_before_the_leaf_is_signed() {
    let practice = Practice::new();
    let mut ana = practice.patient(ANA);
    assert_eq!(refusal(ana.member.trust(None, &[])), Some(Refusal::AlreadyInGroup));
}
