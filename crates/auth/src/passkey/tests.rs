//! What a practice takes from a device, and everything close to it that it doesn't.

use curtain_domain::{AccountId, EmailAddress, PersonName, SeededEntropy, Timestamp};
use proptest::prelude::*;

use super::*;

const ORIGIN: &str = "https://visits.test";
const NOW: Timestamp = Timestamp::from_unix_millis(1_700_000_000_000);

fn practice() -> RelyingParty {
    RelyingParty::at(ORIGIN, "Elm Practice").expect("a domain")
}

fn device() -> SoftwareAuthenticator {
    SoftwareAuthenticator::new(ORIGIN, "visits.test")
}

fn ask_for_new(practice: &RelyingParty) -> (RegistrationOptions, RegistrationState) {
    let whom = AskedOf {
        account: AccountId::new(NOW, &SeededEntropy::new(1)),
        email: &EmailAddress::parse("ana@b.example").unwrap(),
        name: &PersonName::parse("Ana").unwrap(),
    };
    practice.ask_for_new(whom, Vec::new()).unwrap()
}

/// A device with a passkey for Ana, and the passkey.
fn registered() -> (SoftwareAuthenticator, Passkey) {
    let (practice, mut device) = (practice(), device());
    device.counter = 1;
    let (options, state) = ask_for_new(&practice);
    let made = device.create(&options.challenge, &options.user_handle);
    (device, practice.judge_new(&state, &made).expect("a good passkey"))
}

/// What becomes of a passkey that a device shows once it was changed like this.
fn shown(change: impl FnOnce(&mut SoftwareAuthenticator)) -> Result<Passkey, PasskeyRefusal> {
    let (mut device, stored) = registered();
    let practice = practice();
    let (options, state) = practice.ask().unwrap();
    change(&mut device);
    practice.judge(&state, &stored, &device.show(&options.challenge))
}

#[test]
fn a_passkey_is_made_kept_and_shown() {
    let (mut device, passkey) = registered();
    assert_eq!(passkey.credential_id(), device.credential_id);
    let stored = Passkey::from_stored(&passkey.to_stored().unwrap()).unwrap();
    let practice = practice();
    let (options, state) = practice.ask().unwrap();
    let state = AssertionState::from_stored(state.as_stored().to_owned());
    assert_eq!(options.rp_id, "visits.test");
    practice.judge(&state, &stored, &device.show(&options.challenge)).expect("the same passkey");
}

#[test]
fn the_account_is_what_a_device_remembers() {
    let (options, _) = ask_for_new(&practice());
    assert_eq!(options.user_handle, AccountId::new(NOW, &SeededEntropy::new(1)).as_bytes());
    assert_eq!((options.rp_id.as_str(), options.rp_name.as_str()), ("visits.test", "Elm Practice"));
    assert!(options.algorithms.contains(&-7), "ES256: {:?}", options.algorithms);
}

#[test]
fn a_passkey_for_another_page_or_domain_or_of_nobody_verified_is_refused() {
    assert!(shown(|_| ()).is_ok());
    assert_eq!(shown(|device| device.verifies = false).err(), Some(PasskeyRefusal::Wrong));
    for origin in
        ["https://evil.test", "http://visits.test", "https://visits.test:444", "https://a.visits.test"]
    {
        let refused = shown(|device| origin.clone_into(&mut device.origin)).err();
        assert_eq!(refused, Some(PasskeyRefusal::Wrong), "{origin}");
    }
    let refused = shown(|device| "evil.test".clone_into(&mut device.rp_id)).err();
    assert_eq!(refused, Some(PasskeyRefusal::Wrong));
}

#[test]
fn making_a_passkey_wants_the_person_verified_as_well() {
    let practice = practice();
    for change in [
        (|device: &mut SoftwareAuthenticator| device.verifies = false) as fn(&mut SoftwareAuthenticator),
        |device| "https://evil.test".clone_into(&mut device.origin),
        |device| "evil.test".clone_into(&mut device.rp_id),
    ] {
        let mut device = device();
        change(&mut device);
        let (options, state) = ask_for_new(&practice);
        let made = device.create(&options.challenge, &options.user_handle);
        assert_eq!(practice.judge_new(&state, &made).err(), Some(PasskeyRefusal::Wrong));
    }
}

#[test]
fn an_answer_to_another_question_is_refused() {
    let (mut device, stored) = registered();
    let practice = practice();
    let (first, _) = practice.ask().unwrap();
    let (_, second) = practice.ask().unwrap();
    let refused = practice.judge(&second, &stored, &device.show(&first.challenge)).err();
    assert_eq!(refused, Some(PasskeyRefusal::Wrong));
}

#[test]
fn a_counter_that_does_not_grow_tells_of_a_copy() {
    let (mut device, stored) = registered();
    let practice = practice();
    let mut show = |stored: &Passkey, counter: u32| {
        let (options, state) = practice.ask().unwrap();
        device.counter = counter;
        practice.judge(&state, stored, &device.show(&options.challenge))
    };
    let renewed = show(&stored, 7).expect("eight is more than one");
    assert_eq!(show(&renewed, 7).err(), Some(PasskeyRefusal::Copied), "eight again");
    assert_eq!(show(&renewed, 3).err(), Some(PasskeyRefusal::Copied));
    assert!(show(&renewed, 8).is_ok());
}

#[test]
fn a_state_of_one_kind_is_no_state_of_the_other() {
    let (mut device, stored) = registered();
    let practice = practice();
    let (new, registration) = ask_for_new(&practice);
    let as_assertion = AssertionState::from_stored(registration.as_stored().to_owned());
    let refused = practice.judge(&as_assertion, &stored, &device.show(&new.challenge)).err();
    assert_eq!(refused, Some(PasskeyRefusal::Wrong));
    let (options, assertion) = practice.ask().unwrap();
    let as_registration = RegistrationState::from_stored(assertion.as_stored().to_owned());
    let made = device.create(&options.challenge, &new.user_handle);
    assert_eq!(practice.judge_new(&as_registration, &made).err(), Some(PasskeyRefusal::Wrong));
}

#[test]
fn a_practice_without_a_domain_has_no_passkeys() {
    for origin in ["https://192.0.2.7", "https://[2001:db8::1]:8443", "http://127.0.0.1:8080", "no origin"] {
        assert!(RelyingParty::at(origin, "P").is_none(), "{origin}");
    }
    assert!(RelyingParty::at("http://localhost:8443", "P").is_some());
}

#[test]
fn a_damaged_row_is_an_error() {
    for text in ["", "{}", "null", "[1]"] {
        assert_eq!(Passkey::from_stored(text).err(), Some(AuthError::BadPasskey));
    }
}

proptest! {
    /// Whatever bytes a stranger sends, they are refused and nothing falls over.
    #[test]
    fn any_bytes_are_refused(
        client_data in prop::collection::vec(any::<u8>(), 0..200),
        data in prop::collection::vec(any::<u8>(), 0..400),
        signature in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let practice = practice();
        let (_, state) = ask_for_new(&practice);
        let made = NewCredential { credential_id: vec![7; 32], client_data: client_data.clone(), attestation: data.clone() };
        prop_assert!(practice.judge_new(&state, &made).is_err());
        let (_, stored) = registered();
        let (_, state) = practice.ask().unwrap();
        let shown = Assertion {
            credential_id: stored.credential_id().to_vec(), client_data, authenticator_data: data, signature,
            user_handle: None,
        };
        prop_assert!(practice.judge(&state, &stored, &shown).is_err());
    }

    /// A right answer with one bit changed anywhere is a wrong answer.
    #[test]
    fn one_changed_bit_is_refused(part in 0..3_usize, at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let (mut device, stored) = registered();
        let practice = practice();
        let (options, state) = practice.ask().unwrap();
        let mut shown = device.show(&options.challenge);
        let bytes = match part {
            0 => &mut shown.client_data,
            1 => &mut shown.authenticator_data,
            _ => &mut shown.signature,
        };
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(practice.judge(&state, &stored, &shown).is_err());
    }
}
