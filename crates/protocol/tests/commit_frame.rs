//! The frame of a commit is read as RFC 9420 writes it, and nothing else passes for one.

use curtain_protocol::{Commit, CommitFrame, Epoch, NotACommit};
use proptest::prelude::*;

/// RFC 9420 §2.1.2, with as few bytes as the length needs.
fn vector(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("small");
    let head = match length {
        0..=0x3F => vec![length.to_be_bytes()[3]],
        0x40..=0x3FFF => (0x4000 | length).to_be_bytes()[2..].to_vec(),
        _ => (0x8000_0000 | length).to_be_bytes().to_vec(),
    };
    [head.as_slice(), bytes].concat()
}

/// A frame with every part exchangeable: version, wire format, sender type, content type.
fn written(kinds: (u16, u16, u8, u8), group: &[u8], epoch: u64, leaf: u32, rest: &[u8]) -> Vec<u8> {
    let (version, wire_format, sender, content) = kinds;
    [
        version.to_be_bytes().as_slice(),
        &wire_format.to_be_bytes(),
        &vector(group),
        &epoch.to_be_bytes(),
        &[sender],
        &leaf.to_be_bytes(),
        &vector(&[]),
        &[content],
        &vector(rest),
    ]
    .concat()
}

const A_MEMBERS_COMMIT: (u16, u16, u8, u8) = (1, 1, 1, 3);

fn read(bytes: Vec<u8>) -> Result<(Vec<u8>, u64, u32), NotACommit> {
    let commit = Commit::new(bytes).expect("within the limit");
    commit.frame().map(|CommitFrame { group_id, epoch, leaf }| (group_id.to_vec(), epoch.0, leaf))
}

#[test]
fn only_a_members_commit_in_the_open_is_one() {
    let with = |kinds| read(written(kinds, b"group", 7, 2, b"proposals"));
    assert_eq!(with(A_MEMBERS_COMMIT), Ok((b"group".to_vec(), 7, 2)));
    for (what, kinds) in [
        ("another version", (2, 1, 1, 3)),
        ("a private message", (1, 2, 1, 3)),
        ("a welcome", (1, 3, 1, 3)),
        ("an external sender", (1, 1, 2, 3)),
        ("a new member's proposal", (1, 1, 3, 3)),
        ("a new member's own commit", (1, 1, 4, 3)),
        ("what somebody says", (1, 1, 1, 1)),
        ("a standalone proposal", (1, 1, 1, 2)),
    ] {
        assert_eq!(with(kinds), Err(NotACommit), "{what}");
    }
}

#[test]
fn a_length_is_written_as_short_as_it_can_be() {
    let mut padded = vec![0, 1, 0, 1, 0x40, 5];
    padded.extend(b"group");
    let rest = written(A_MEMBERS_COMMIT, b"", 7, 2, b"");
    padded.extend(&rest[5..]);
    assert_eq!(read(padded), Err(NotACommit), "two bytes where one would do");
    assert_eq!(read(vec![0, 1, 0, 1, 0xC0, 0, 0, 0, 0]), Err(NotACommit), "a form that does not exist");
}

proptest! {
    #[test]
    fn a_frame_is_read_as_it_was_written(
        group in prop::collection::vec(any::<u8>(), 0..300),
        epoch: u64,
        leaf: u32,
        rest in prop::collection::vec(any::<u8>(), 0..18_000),
    ) {
        let bytes = written(A_MEMBERS_COMMIT, &group, epoch, leaf, &rest);
        prop_assert_eq!(read(bytes), Ok((group, epoch, leaf)));
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(bytes);
    }

    #[test]
    fn a_frame_that_is_cut_short_is_none(length in 0_usize..60) {
        let whole = written(A_MEMBERS_COMMIT, &[7; 24], 1, 0, &[9; 30]);
        prop_assume!(length < whole.len());
        prop_assert_eq!(read(whole[..length].to_vec()), Err(NotACommit));
    }
}

#[test]
fn an_epoch_is_told_as_such() {
    let commit = Commit::new(written(A_MEMBERS_COMMIT, b"g", u64::MAX, 0, b"")).expect("small");
    assert_eq!(commit.frame().map(|frame| frame.epoch), Ok(Epoch(u64::MAX)));
}
