//! Signed heads of the audit log: they survive their file, and nothing else passes for one.

use curtain_domain::{PracticeId, SeededEntropy, Timestamp};
use curtain_vault::{
    Checkpoint, CheckpointKey, CheckpointVerifier, KeyEncryptionKey, audit_genesis, audit_link,
};

fn practice(seed: u64) -> PracticeId {
    PracticeId::new(Timestamp::from_unix_millis(1), &SeededEntropy::new(seed))
}

fn key(kek: u64, of: PracticeId) -> CheckpointKey {
    let text = KeyEncryptionKey::generate_hex(&SeededEntropy::new(kek));
    KeyEncryptionKey::from_hex(&text).and_then(|key| key.checkpoint_key(of)).expect("a key")
}

fn checkpoint(number: u64) -> Checkpoint {
    let hash = audit_link(&audit_genesis(practice(1)), &number.to_be_bytes());
    Checkpoint { number, hash, at: Timestamp::from_unix_millis(1_763_766_000_000 + number) }
}

#[test]
fn a_file_of_notes_is_read_back_and_counts() {
    let key = key(1, practice(1));
    let signed: Vec<_> = (1..4).map(|number| key.sign(checkpoint(number))).collect();
    let file: String = signed.iter().map(|one| key.note(one)).collect();
    let read = key.parse_notes(&file).expect("notes");
    assert_eq!(read, signed);
    assert!(read.iter().all(|one| key.signed(one)));
    assert!(key.verifier().starts_with("curtain-audit/"));
}

#[test]
fn every_change_of_what_was_signed_is_noticed() {
    let key = key(1, practice(1));
    let signed = key.sign(checkpoint(7));
    let mut changed = [signed.clone(), signed.clone(), signed.clone(), signed.clone()];
    changed[0].checkpoint.number += 1;
    changed[1].checkpoint.hash[31] ^= 1;
    changed[2].checkpoint.at = Timestamp::from_unix_millis(0);
    changed[3].signature.pop();
    for (place, wrong) in changed.iter().enumerate() {
        assert!(!key.signed(wrong), "{place}");
    }
}

#[test]
fn another_key_or_another_practice_signs_nothing_here() {
    let ours = key(1, practice(1));
    assert!(!ours.signed(&key(2, practice(1)).sign(checkpoint(1))));
    let theirs = key(1, practice(2));
    assert!(!ours.signed(&theirs.sign(checkpoint(1))));
    assert_eq!(ours.parse_notes(&theirs.note(&theirs.sign(checkpoint(1)))), Err(1));
}

#[test]
fn a_public_key_tells_what_its_key_signed_and_nothing_else() {
    let (key, other) = (key(1, practice(1)), key(2, practice(1)));
    let public = CheckpointVerifier::parse(&key.verifier(), practice(1)).expect("a verifier line");
    assert!(public.signed(&key.sign(checkpoint(3))));
    assert!(!public.signed(&other.sign(checkpoint(3))));
}

#[test]
fn only_a_whole_line_of_this_practice_is_a_public_key() {
    let line = key(1, practice(1)).verifier();
    assert!(CheckpointVerifier::parse(&format!(" {line}\n"), practice(1)).is_ok());
    let other_hash = line.replacen('+', "+0", 1);
    for wrong in
        ["", "+", "curtain-audit/", &line[..line.len() - 4], other_hash.as_str(), &line.to_uppercase()]
    {
        assert!(CheckpointVerifier::parse(wrong, practice(1)).is_err(), "{wrong}");
    }
    assert!(CheckpointVerifier::parse(&line, practice(2)).is_err(), "another practice's");
}

#[test]
fn what_is_no_note_is_named_by_its_place() {
    let key = key(1, practice(1));
    let good = key.note(&key.sign(checkpoint(1)));
    assert_eq!(key.parse_notes(""), Ok(vec![]));
    assert_eq!(key.parse_notes(&format!("{good}half a note\n")), Err(2));
    assert_eq!(key.parse_notes(&good.replace("curtain-audit", "other-log")), Err(1));
}
