//! A sealed value opens unchanged in its place, and in no other way (CR1, T4).

use std::sync::Arc;

use curtain_auth::{
    AnyPrincipal, Clinician, NewSession, Principal, StoredSession, StoredSessionRow, TotpSecret,
};
use curtain_domain::{
    AccountId, ClinicalNote, DataKeyId, KeyEncryptionKeyId, NoteId, NoteVersion, PersonName, PracticeId,
    Role, Sealed, SeededEntropy, Timestamp, WrappedDataKey,
};
use curtain_vault::{ClinicalText, CredentialContext, KeyEncryptionKey, RecordContext, Vault, VaultError};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_unix_millis(1_700_000_000_000);
/// `version | scheme | key id | salt | nonce`: what stands before the ciphertext.
const HEADER: usize = 1 + 1 + 16 + 16 + 12;
/// `tag | commitment`: what stands after it.
const TRAILER: usize = 16 + 32;

struct Desk {
    vault: Vault,
    lee: Principal<Clinician>,
    practice: PracticeId,
    patient: AccountId,
    note: NoteId,
    key: WrappedDataKey,
}

impl Desk {
    fn new() -> Self {
        let entropy = SeededEntropy::new(1);
        let practice = PracticeId::new(NOW, &entropy);
        let patient = AccountId::new(NOW, &entropy);
        let note = NoteId::new(NOW, &entropy);
        let vault = Vault::new(kek(1), practice, Arc::new(SeededEntropy::new(2)));
        let key = vault.new_data_key(Some(patient), NOW).unwrap();
        Self { lee: clinician_of(practice), vault, practice, patient, note, key }
    }

    fn context(&self, version: u32) -> RecordContext {
        RecordContext::note(self.key.clone(), self.patient, self.note, NoteVersion(version))
    }

    fn seal(&self, text: &str) -> Sealed<ClinicalNote> {
        self.vault.seal(&self.lee, &self.context(1), ClinicalText::new(text.to_owned())).unwrap()
    }

    fn open(&self, context: &RecordContext, sealed: &[u8]) -> Result<String, VaultError> {
        let sealed = Sealed::from_bytes(sealed.to_vec());
        self.vault.open(&self.lee, context, &sealed).map(|text| exposed(&text))
    }
}

#[expect(clippy::disallowed_methods, reason = "compares what came out with what went in")]
fn exposed(text: &ClinicalText) -> String {
    text.expose().to_owned()
}

fn kek(seed: u64) -> KeyEncryptionKey {
    let text = KeyEncryptionKey::generate_hex(&SeededEntropy::new(seed));
    KeyEncryptionKey::from_hex(&text).unwrap_or_else(|error| panic!("{error}"))
}

#[expect(clippy::disallowed_methods, reason = "a person without a database")]
fn clinician_of(practice: PracticeId) -> Principal<Clinician> {
    let entropy = SeededEntropy::new(3);
    let NewSession { id, token, times, .. } = NewSession::issue(Role::Clinician, NOW, &entropy);
    let session = StoredSession::from_row(StoredSessionRow {
        id,
        token_hash: *token.hash().as_bytes(),
        account: AccountId::new(NOW, &entropy),
        name: PersonName::parse("Dr Maya Lee").unwrap(),
        role: Role::Clinician,
        practice,
        practice_name: "Practice".to_owned(),
        times,
    });
    session.admit(&token, NOW).ok().and_then(AnyPrincipal::into_clinician).expect("a clinician")
}

#[test]
fn the_layout_is_the_one_that_is_written_down() {
    let desk = Desk::new();
    let sealed = desk.seal("words");
    let bytes = sealed.as_bytes();
    assert_eq!(bytes.len(), HEADER + 5 + TRAILER);
    assert_eq!(bytes[..2], [1, 1], "version and scheme");
    assert_eq!(&bytes[2..18], desk.key.id.as_bytes());
}

#[test]
fn the_same_words_never_look_the_same() {
    let desk = Desk::new();
    assert_ne!(desk.seal("words").as_bytes(), desk.seal("words").as_bytes());
}

#[test]
fn every_bit_of_a_value_matters() {
    let desk = Desk::new();
    let mut mutations = 0;
    for text in ["", "w", "Feels better since Tuesday.", &"long ".repeat(60)] {
        let sealed = desk.seal(text);
        for bit in 0..sealed.as_bytes().len() * 8 {
            let mut changed = sealed.as_bytes().to_vec();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(desk.open(&desk.context(1), &changed), Err(VaultError::DoesNotOpen), "bit {bit}");
            mutations += 1;
        }
        assert_eq!(desk.open(&desk.context(1), sealed.as_bytes()).as_deref(), Ok(text));
    }
    report(&format!("vault: {mutations} single bits flipped, none opened"));
}

#[test]
fn a_value_cut_or_lengthened_does_not_open() {
    let desk = Desk::new();
    let sealed = desk.seal("Feels better since Tuesday.");
    let bytes = sealed.as_bytes();
    for length in 0..bytes.len() {
        assert_eq!(
            desk.open(&desk.context(1), &bytes[..length]),
            Err(VaultError::DoesNotOpen),
            "first {length}"
        );
        assert_eq!(
            desk.open(&desk.context(1), &bytes[length + 1..]),
            Err(VaultError::DoesNotOpen),
            "after {length}"
        );
    }
    let longer = [bytes, &[0]].concat();
    assert_eq!(desk.open(&desk.context(1), &longer), Err(VaultError::DoesNotOpen));
}

#[test]
fn a_value_opens_in_no_other_place() {
    let desk = Desk::new();
    let sealed = desk.seal("words");
    let other = SeededEntropy::new(9);
    let patient = AccountId::new(NOW, &other);
    let note = NoteId::new(NOW, &other);
    let second_key = desk.vault.new_data_key(Some(desk.patient), NOW).unwrap();
    let key_of_another = desk.vault.new_data_key(Some(patient), NOW).unwrap();
    let renamed = WrappedDataKey { id: DataKeyId::new(NOW, &other), ..desk.key.clone() };
    let places = [
        ("another row", RecordContext::note(desk.key.clone(), desk.patient, note, NoteVersion(1))),
        ("an older version", desk.context(0)),
        ("a newer version", desk.context(2)),
        ("another patient", RecordContext::note(desk.key.clone(), patient, desk.note, NoteVersion(1))),
        ("another's key", RecordContext::note(key_of_another, patient, desk.note, NoteVersion(1))),
        ("another key of theirs", RecordContext::note(second_key, desk.patient, desk.note, NoteVersion(1))),
        ("a key under another name", RecordContext::note(renamed, desk.patient, desk.note, NoteVersion(1))),
    ];
    for (place, context) in places {
        assert_eq!(desk.open(&context, sealed.as_bytes()), Err(VaultError::DoesNotOpen), "{place}");
    }
    assert_eq!(desk.open(&desk.context(1), sealed.as_bytes()).as_deref(), Ok("words"));
}

#[test]
fn a_note_is_no_seed_and_a_seed_no_note() {
    let desk = Desk::new();
    let key = desk.vault.new_data_key(None, NOW).unwrap();
    let context = CredentialContext::totp(key.clone(), desk.patient, 1);
    let seed = TotpSecret::new(&SeededEntropy::new(4));
    let sealed = desk.vault.seal_totp(&context, &seed).unwrap();
    let opened = desk.vault.open_totp(&context, &sealed);
    assert!(opened.is_ok_and(|opened| opened.as_bytes() == seed.as_bytes()));
    // The same row id, the same data key: only the column differs.
    let as_note = RecordContext::note(
        key.clone(),
        desk.patient,
        NoteId::from_uuid(desk.patient.as_uuid()),
        NoteVersion(1),
    );
    assert_eq!(desk.open(&as_note, sealed.as_bytes()), Err(VaultError::DoesNotOpen));
    let elsewhere = [
        CredentialContext::totp(key.clone(), desk.patient, 2),
        CredentialContext::totp(key, AccountId::new(NOW, &SeededEntropy::new(5)), 1),
    ];
    for context in elsewhere {
        assert_eq!(desk.vault.open_totp(&context, &sealed).err(), Some(VaultError::DoesNotOpen));
    }
}

#[test]
fn another_practice_opens_nothing() {
    let desk = Desk::new();
    let sealed = desk.seal("words");
    let other = PracticeId::new(NOW, &SeededEntropy::new(6));
    let neighbour = Vault::new(kek(1), other, Arc::new(SeededEntropy::new(7)));
    // The same key-encryption key, were a host to use one for two practices: still nothing, by key and by person.
    let theirs = neighbour.open(&clinician_of(other), &desk.context(1), &sealed);
    assert_eq!(theirs.err(), Some(VaultError::DoesNotOpen));
    let guest = desk.vault.open(&clinician_of(other), &desk.context(1), &sealed);
    assert_eq!(guest.err(), Some(VaultError::DoesNotOpen));
    assert_ne!(desk.practice, other);
}

#[test]
fn a_stolen_database_opens_nothing() {
    let desk = Desk::new();
    let sealed = desk.seal("words");
    let thief = Vault::new(kek(2), desk.practice, Arc::new(SeededEntropy::new(8)));
    let opened = thief.open(&desk.lee, &desk.context(1), &sealed);
    assert_eq!(opened.err(), Some(VaultError::OtherKeyEncryptionKey));
    let forged = WrappedDataKey { wrapped_by: kek(2).id().clone(), ..desk.key.clone() };
    let context = RecordContext::note(forged, desk.patient, desk.note, NoteVersion(1));
    assert_eq!(thief.open(&desk.lee, &context, &sealed).err(), Some(VaultError::DoesNotOpen));
    assert!(matches!(&desk.key.wrapped_by, KeyEncryptionKeyId(id) if id.starts_with("file:")));
}

#[test]
fn a_new_key_encryption_key_takes_over_without_opening_a_value() {
    let desk = Desk::new();
    let sealed = desk.seal("words");
    let rotated = Vault::new(kek(2), desk.practice, Arc::new(SeededEntropy::new(10)));
    let rewrapped = rotated.rewrap(&kek(1), Some(desk.patient), &desk.key).unwrap();
    assert_eq!(rewrapped.id, desk.key.id);
    let context = RecordContext::note(rewrapped, desk.patient, desk.note, NoteVersion(1));
    assert!(rotated.open(&desk.lee, &context, &sealed).is_ok_and(|text| exposed(&text) == "words"));
    let wrong_patient = rotated.rewrap(&kek(1), None, &desk.key);
    assert_eq!(wrong_patient.err(), Some(VaultError::DoesNotOpen));
}

#[test]
fn every_bit_of_a_wrapped_key_matters() {
    let desk = Desk::new();
    let sealed = desk.seal("words");
    for bit in 0..desk.key.bytes.len() * 8 {
        let mut changed = desk.key.clone();
        changed.bytes[bit / 8] ^= 1 << (bit % 8);
        let context = RecordContext::note(changed, desk.patient, desk.note, NoteVersion(1));
        assert_eq!(desk.open(&context, sealed.as_bytes()), Err(VaultError::DoesNotOpen), "bit {bit}");
    }
    for length in 0..desk.key.bytes.len() {
        let cut = WrappedDataKey { bytes: desk.key.bytes[..length].to_vec(), ..desk.key.clone() };
        let context = RecordContext::note(cut, desk.patient, desk.note, NoteVersion(1));
        assert_eq!(desk.open(&context, sealed.as_bytes()), Err(VaultError::DoesNotOpen), "first {length}");
    }
}

#[test]
fn a_text_beyond_a_mebibyte_is_not_sealed() {
    let desk = Desk::new();
    let longest = ClinicalText::new("x".repeat(1 << 20));
    assert!(desk.vault.seal(&desk.lee, &desk.context(1), longest).is_ok());
    let longer = ClinicalText::new("x".repeat((1 << 20) + 1));
    assert_eq!(desk.vault.seal(&desk.lee, &desk.context(1), longer).err(), Some(VaultError::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_comes_back_as_it_was(text in any::<String>(), version in any::<u32>()) {
        let desk = Desk::new();
        let context = desk.context(version);
        let sealed = desk.vault.seal(&desk.lee, &context, ClinicalText::new(text.clone())).unwrap();
        prop_assert_eq!(desk.open(&context, sealed.as_bytes()), Ok(text));
    }

    /// A hundred mutations of each of two hundred values: several bytes changed, pieces moved, two values spliced.
    #[test]
    fn no_mutation_opens(text in "\\PC{0,40}", seed in any::<u64>()) {
        let desk = Desk::new();
        let (sealed, other) = (desk.seal(&text), desk.seal("another value of the same note"));
        let mut chance = TestRng::deterministic_rng(seed);
        for _ in 0..100 {
            let changed = mutate(sealed.as_bytes(), other.as_bytes(), &mut chance);
            if changed != sealed.as_bytes() && changed != other.as_bytes() {
                prop_assert_eq!(desk.open(&desk.context(1), &changed), Err(VaultError::DoesNotOpen));
            }
        }
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let desk = Desk::new();
        prop_assert_eq!(desk.open(&desk.context(1), &bytes), Err(VaultError::DoesNotOpen));
    }
}

/// Repeatable chance, so that a failing seed can be tried again.
struct TestRng(SeededEntropy);

impl TestRng {
    const fn deterministic_rng(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    fn below(&self, limit: usize) -> usize {
        let mut bytes = [0; 8];
        curtain_domain::Entropy::fill(&self.0, &mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % u64::try_from(limit.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}

fn mutate(sealed: &[u8], other: &[u8], chance: &mut TestRng) -> Vec<u8> {
    let mut bytes = sealed.to_vec();
    match chance.below(4) {
        0 => {
            for _ in 0..=chance.below(4) {
                let at = chance.below(bytes.len());
                bytes[at] = u8::try_from(chance.below(256)).unwrap_or(0);
            }
        }
        1 => bytes.rotate_left(1 + chance.below(sealed.len() - 1)),
        2 => {
            let (from, to) = (chance.below(bytes.len()), chance.below(bytes.len()));
            bytes.swap(from, to);
        }
        _ => {
            // A header, ciphertext or trailer of another value of the same place.
            let cut = chance.below(bytes.len().min(other.len()));
            bytes.truncate(cut);
            bytes.extend_from_slice(&other[cut..]);
        }
    }
    bytes
}

/// Prints a figure of a passing test.
#[expect(clippy::print_stdout, reason = "the figure belongs into the log of the test run")]
fn report(line: &str) {
    println!("{line}");
}
