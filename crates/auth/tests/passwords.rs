//! What may be chosen as a password, and that checking one is right, dear and the same for everybody.

use std::time::Instant;

use curtain_auth::{
    NewPassword, Password, PasswordCheck, PasswordCost, PasswordHasher, PasswordMinimum, PasswordPhc,
    PasswordRefusal, Pepper,
};
use curtain_domain::SeededEntropy;

/// Cheap, so that the tests are fast; the default is tried once.
const CHEAP: PasswordCost = PasswordCost { memory_kib: 64, passes: 1, lanes: 1 };
const PHRASE: &str = "correct horse battery staple";
const TWELVE: PasswordMinimum = PasswordMinimum::DEFAULT;

fn hasher(cost: PasswordCost) -> PasswordHasher {
    PasswordHasher::new(cost, &SeededEntropy::new(1)).unwrap_or_else(|error| panic!("{error}"))
}

fn chosen(text: &str) -> NewPassword {
    NewPassword::choose(text, TWELVE, &[]).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn hashed(hasher: &PasswordHasher, text: &str, seed: u64) -> PasswordPhc {
    hasher.hash(&chosen(text), &SeededEntropy::new(seed)).unwrap_or_else(|error| panic!("{error}"))
}

fn refusal(text: &str, context: &[&str]) -> Option<PasswordRefusal> {
    NewPassword::choose(text, TWELVE, context).err()
}

#[test]
fn twelve_characters_are_enough_and_128_the_most() {
    assert_eq!(refusal("abcdefghijk", &[]), Some(PasswordRefusal::TooShort(TWELVE)));
    assert_eq!(refusal("abkdpfgqijcl", &[]), None);
    let long: String = ('a'..='z').cycle().take(128).collect();
    assert_eq!(refusal(&long, &[]), None);
    assert_eq!(refusal(&format!("{long}a"), &[]), Some(PasswordRefusal::TooLong));
}

#[test]
fn a_practice_may_ask_for_more() {
    let fifteen = PasswordMinimum::new(15).unwrap_or_else(|refusal| panic!("{refusal}"));
    let refused = NewPassword::choose("quiet harbours", fifteen, &[]).err();
    assert_eq!(refused, Some(PasswordRefusal::TooShort(fifteen)));
    let told = PasswordRefusal::TooShort(fifteen).to_string();
    assert!(told.starts_with("Use at least 15 characters."), "{told}");
    assert!(NewPassword::choose("quiet harbours.", fifteen, &[]).is_ok());
}

#[test]
fn characters_are_counted_not_bytes_and_any_script_will_do() {
    assert_eq!(refusal("слово за словом", &[]), None);
    assert_eq!(refusal("🐎🔋📎🌧🎻🪁🧭🧦🥨🛶🎈", &[]), Some(PasswordRefusal::TooShort(TWELVE)));
    assert_eq!(refusal("🐎🔋📎🌧🎻🪁🧭🧦🥨🛶🎈🍋", &[]), None);
    assert_eq!(refusal("no digits no capitals", &[]), None, "no rules of composition");
}

#[test]
fn what_others_would_try_first_is_refused() {
    assert_eq!(refusal("aaaaaaaaaaaa", &[]), Some(PasswordRefusal::Repetitive));
    assert_eq!(refusal("kdpkdpkdpkdp", &[]), Some(PasswordRefusal::Repetitive));
    assert_eq!(refusal("kdpfkdpfkdpf", &[]), None, "four different characters");
    let context = ["Dr Maya Lee", "lee@practice.example", "Riverside Practice"];
    for guessable in [
        "RiversidePractice",
        "maya lee maya lee 1",
        "curtain-password",
        "lee.practice.example",
        "PRACTICE!!!practice",
    ] {
        assert_eq!(refusal(guessable, &context), Some(PasswordRefusal::Guessable), "{guessable}");
    }
    assert_eq!(refusal("maya sails at riverside", &context), None, "a sentence may use a name");
    assert_eq!(refusal("riverside kdp", &context), Some(PasswordRefusal::Guessable));
    assert_eq!(refusal("riverside kdpf", &context), None, "four characters of one's own");
}

#[test]
fn a_refusal_is_told_in_plain_words() {
    let told = PasswordRefusal::TooShort(TWELVE).to_string();
    assert!(told.starts_with("Use at least 12 characters."), "{told}");
}

#[test]
fn the_same_letters_typed_on_another_machine_are_the_same_password() {
    let hasher = hasher(CHEAP);
    // é as one code point, and as e with a combining accent (Unicode TR15).
    let stored = hashed(&hasher, "caf\u{e9} au lait please", 2);
    assert_eq!(
        hasher.verify(&Password::typed("cafe\u{301} au lait please"), Some(&stored)),
        PasswordCheck::Right
    );
}

#[test]
fn only_the_whole_password_is_right() {
    let hasher = hasher(CHEAP);
    let stored = hashed(&hasher, PHRASE, 3);
    assert_eq!(hasher.verify(&Password::typed(PHRASE), Some(&stored)), PasswordCheck::Right);
    for wrong in
        ["", "correct horse battery stapl", "correct horse battery staple ", "Correct horse battery staple"]
    {
        assert_eq!(hasher.verify(&Password::typed(wrong), Some(&stored)), PasswordCheck::Wrong, "{wrong}");
    }
}

#[test]
fn a_text_too_long_to_be_one_is_wrong_even_where_its_start_is_right() {
    let hasher = hasher(CHEAP);
    let stored = hashed(&hasher, PHRASE, 4);
    let endless = PHRASE.repeat(2_000);
    assert_eq!(hasher.verify(&Password::typed(&endless), Some(&stored)), PasswordCheck::Wrong);
}

#[test]
fn nobody_and_a_damaged_hash_are_wrong_like_any_other() {
    let hasher = hasher(CHEAP);
    assert_eq!(hasher.verify(&Password::typed(PHRASE), None), PasswordCheck::Wrong);
    for damaged in ["", "$argon2id$", "plain", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ"] {
        let damaged = PasswordPhc::from_text(damaged.to_owned());
        assert_eq!(hasher.verify(&Password::typed(PHRASE), Some(&damaged)), PasswordCheck::Wrong);
    }
}

#[test]
fn two_people_with_one_password_have_two_hashes() {
    let hasher = hasher(CHEAP);
    assert_ne!(hashed(&hasher, PHRASE, 5).as_str(), hashed(&hasher, PHRASE, 6).as_str());
}

#[test]
fn a_password_hashed_at_another_cost_is_right_but_old() {
    let stored = hashed(&hasher(CHEAP), PHRASE, 7);
    let dearer = hasher(PasswordCost { passes: 2, ..CHEAP });
    assert_eq!(dearer.verify(&Password::typed(PHRASE), Some(&stored)), PasswordCheck::RightButOld);
    let again =
        dearer.rehash(&Password::typed(PHRASE), &SeededEntropy::new(8)).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(dearer.verify(&Password::typed(PHRASE), Some(&again)), PasswordCheck::Right);
}

#[test]
fn a_peppered_hash_is_nothing_without_its_pepper() {
    let (plain, peppered) = (hasher(CHEAP), hasher(CHEAP).with_pepper(Pepper::new(&[1; 32])));
    let stored = hashed(&peppered, PHRASE, 11);
    let check = |hasher: &PasswordHasher, text| hasher.verify(&Password::typed(text), Some(&stored));
    assert_eq!(check(&peppered, PHRASE), PasswordCheck::Right);
    assert_eq!(check(&peppered, "correct horse battery stapler"), PasswordCheck::Wrong);
    assert_eq!(check(&plain, PHRASE), PasswordCheck::Wrong);
    assert_eq!(check(&hasher(CHEAP).with_pepper(Pepper::new(&[2; 32])), PHRASE), PasswordCheck::Wrong);
}

#[test]
fn a_new_pepper_is_used_from_then_on_and_those_before_still_check() {
    let (first, second) = (Pepper::new(&[1; 32]), Pepper::new(&[2; 32]));
    let unpeppered = hashed(&hasher(CHEAP), PHRASE, 12);
    let earlier = hashed(&hasher(CHEAP).with_pepper(first.clone()), PHRASE, 13);
    let hasher = hasher(CHEAP).with_pepper(first).with_pepper(second);
    for old in [&unpeppered, &earlier] {
        assert_eq!(hasher.verify(&Password::typed(PHRASE), Some(old)), PasswordCheck::RightButOld);
        assert_eq!(hasher.verify(&Password::typed("another phrase"), Some(old)), PasswordCheck::Wrong);
    }
    let stored = hashed(&hasher, PHRASE, 14);
    assert_eq!(hasher.verify(&Password::typed(PHRASE), Some(&stored)), PasswordCheck::Right);
}

#[test]
fn the_default_cost_is_the_one_that_was_decided() {
    let hasher = hasher(PasswordCost::default());
    let stored = hashed(&hasher, PHRASE, 9);
    assert!(stored.as_str().starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{}", stored.as_str());
    assert_eq!(hasher.verify(&Password::typed(PHRASE), Some(&stored)), PasswordCheck::Right);
}

#[test]
fn a_cost_that_argon2_refuses_is_told_at_the_start() {
    let nothing = PasswordCost { memory_kib: 0, passes: 0, lanes: 0 };
    assert!(PasswordHasher::new(nothing, &SeededEntropy::new(1)).is_err());
}

/// Not a statistic (that is a benchmark's business): only that an unknown address costs a hash at all.
#[test]
#[expect(clippy::disallowed_methods, reason = "measures real work")]
fn an_unknown_address_costs_as_much_as_a_known_one() {
    let hasher = hasher(PasswordCost { memory_kib: 8 * 1_024, passes: 3, lanes: 1 });
    let stored = hashed(&hasher, PHRASE, 10);
    let time = |stored: Option<&PasswordPhc>| {
        let fastest = (0..9).map(|_| {
            let start = Instant::now();
            assert_eq!(
                hasher.verify(&Password::typed("something else entirely"), stored),
                PasswordCheck::Wrong
            );
            start.elapsed()
        });
        fastest.min().unwrap_or_default()
    };
    let (known, unknown) = (time(Some(&stored)), time(None));
    assert!(unknown * 4 > known && known * 4 > unknown, "known {known:?}, unknown {unknown:?}");
}
