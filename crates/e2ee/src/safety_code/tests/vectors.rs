//! Known answers, computed from the text of docs/protocol.md by a script of another language (Python's hashlib), so that
//! another client can be written from that text.

use curtain_domain::{VisitId, VisitRole};

use super::*;
use crate::roster::{Entry, long_code, roster_hash};
use crate::safety_code::hashes::Tag;

const ROSTER: &str = "cbbef1a98eeef93e7f9f00816899acee69a820dc949db8eeb113b1b19912536e";
const COMMITMENT: &str = "a31662d0c4dbef600680c3c4f69f2f6caa5d951eb28e988d72f20717b22a5e64";
const COMMITMENTS: &str = "31357739e1b7965da782ec2e99a5dfc6b3e57a9b6eb4879396cf857736306637";
const CODE: &str = "136018";
const LONG_CODE: &str = "097122573129306180550457481769";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn visit() -> VisitId {
    VisitId::from_uuid(Uuid::from_bytes(core::array::from_fn(|at| u8::try_from(at).unwrap())))
}

fn group_id() -> Vec<u8> {
    [visit().as_bytes().as_slice(), &[0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7]].concat()
}

fn entries() -> Vec<Entry> {
    let entry = |role, credential: &str, key| Entry {
        role,
        credential: credential.as_bytes().to_vec(),
        leaf_key: [key; 32],
    };
    vec![
        entry(VisitRole::Clinician, "credential one", 0x22),
        entry(VisitRole::Patient, "credential two", 0x11),
        entry(VisitRole::Guest, "credential three", 0x33),
    ]
}

#[test]
fn the_hashes_are_those_of_the_protocol() {
    let suite = Suite::new().unwrap();
    let roster = roster_hash(&suite, visit(), &group_id(), entries()).unwrap();
    assert_eq!(hex(&roster), ROSTER);
    let tag = Tag { roster, since: 5, round: 1 };
    // In the order of the leaf keys: 11, 22, 33.
    let nonces = [[0xC2; 32], [0xC1; 32], [0xC3; 32]];
    let keys = [[0x11; 32], [0x22; 32], [0x33; 32]];
    let commitments: Vec<_> =
        keys.iter().zip(&nonces).map(|(key, nonce)| tag.commitment(&suite, key, nonce).unwrap()).collect();
    assert_eq!(hex(&commitments[1]), COMMITMENT);
    let all = tag.commitments(&suite, commitments.iter()).unwrap();
    assert_eq!(hex(&all), COMMITMENTS);
    assert_eq!(tag.code(&suite, &all, nonces.iter()).unwrap(), CODE);
    assert_eq!(long_code(&suite, &roster).unwrap(), LONG_CODE);
}

#[test]
fn three_members_come_to_the_known_code_by_the_machine() {
    let suite = Suite::new().unwrap();
    let roster = roster_hash(&suite, visit(), &group_id(), entries()).unwrap();
    let members: Vec<_> = [0x11, 0x22, 0x33].map(|who| ([who; 32], person(who))).into();
    let nonces = [[0xC2; 32], [0xC1; 32], [0xC3; 32]];
    let mut sides: Vec<SafetyCode> = (0..3).map(|_| SafetyCode::new(suite.clone())).collect();
    for round in 0..2 {
        for (side, ((me, _), nonce)) in sides.iter_mut().zip(members.iter().zip(nonces)) {
            let moment = Moment { now: NOON, nonce };
            if round == 0 {
                let circle = Circle { roster, since: 5, members: members.clone(), me: *me };
                side.enter(circle, moment).unwrap();
                side.take_outbox();
            } else {
                side.tick(Moment { now: NOON + TOO_LONG, nonce }).unwrap();
            }
        }
    }
    for _ in 0..2 {
        let said: Vec<_> = sides.iter_mut().map(SafetyCode::take_outbox).collect();
        for (from, messages) in members.iter().zip(&said) {
            for side in &mut sides {
                for message in messages {
                    let origin = Origin { leaf_key: from.0, epoch: 5 };
                    side.hear(origin, message, Moment { now: NOON, nonce: [0; 32] }).unwrap();
                }
            }
        }
    }
    for side in &sides {
        assert!(side.view().state == SafetyState::Code(CODE.to_owned()));
    }
}
