//! What crosses the wire: every message survives it, and nothing else gets in.

use core::time::Duration;

use curtain_domain::{AccountId, ParticipantId, Timestamp, VisitRole, VisitState};
use curtain_protocol::{
    ClientMessage, Commit, EndReason, Envelope, Epoch, GoneReason, GroupChange, GroupId, GroupState,
    KeyPackage, Limits, MediaGeneration, Mid, PersonInVisit, PrivateMessage, Refusal, RefusalCode,
    ResumeToken, Sdp, ServerMessage, Slot, TrackKind, WaitingPerson, Welcome, decode, encode,
};
use proptest::prelude::*;
use uuid::Uuid;

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..most.min(400))
}

fn participant() -> impl Strategy<Value = ParticipantId> {
    any::<u128>().prop_map(|id| ParticipantId::from_uuid(Uuid::from_u128(id)))
}

fn participants() -> impl Strategy<Value = Vec<ParticipantId>> {
    prop::collection::vec(participant(), 0..=Limits::PARTICIPANTS)
}

fn epoch() -> impl Strategy<Value = Epoch> {
    any::<u64>().prop_map(Epoch)
}

fn key_package() -> impl Strategy<Value = KeyPackage> {
    bytes(KeyPackage::MAX_BYTES).prop_map(|bytes| KeyPackage::new(bytes).unwrap())
}

fn welcome() -> impl Strategy<Value = Welcome> {
    bytes(Welcome::MAX_BYTES).prop_map(|bytes| Welcome::new(bytes).unwrap())
}

fn token() -> impl Strategy<Value = ResumeToken> {
    bytes(ResumeToken::MAX_BYTES).prop_map(|bytes| ResumeToken::new(bytes).unwrap())
}

fn group_id() -> impl Strategy<Value = GroupId> {
    bytes(GroupId::MAX_BYTES).prop_map(|bytes| GroupId::new(bytes).unwrap())
}

fn private_message() -> impl Strategy<Value = PrivateMessage> {
    bytes(PrivateMessage::MAX_BYTES).prop_map(|bytes| PrivateMessage::new(bytes).unwrap())
}

fn a_commit() -> impl Strategy<Value = Commit> {
    bytes(Commit::MAX_BYTES).prop_map(|bytes| Commit::new(bytes).unwrap())
}

fn sdp() -> impl Strategy<Value = Sdp> {
    "[ -~\r\n]{0,300}".prop_map(|text| Sdp::new(text).unwrap())
}

fn generation() -> impl Strategy<Value = MediaGeneration> {
    any::<u32>().prop_map(MediaGeneration)
}

fn change() -> impl Strategy<Value = GroupChange> {
    (epoch(), a_commit(), prop::option::of(welcome()), participants(), participants()).prop_map(
        |(epoch, commit, welcome, admits, removes)| GroupChange { epoch, commit, welcome, admits, removes },
    )
}

fn client_message() -> impl Strategy<Value = ClientMessage> {
    prop_oneof![
        key_package().prop_map(|key_package| ClientMessage::Arrive { key_package }),
        (token(), any::<u64>()).prop_map(|(token, received)| ClientMessage::Resume { token, received }),
        any::<u64>().prop_map(|received| ClientMessage::Acknowledge { received }),
        group_id().prop_map(|group_id| ClientMessage::OpenGroup { group_id }),
        change().prop_map(ClientMessage::Commit),
        epoch().prop_map(|epoch| ClientMessage::RefuseCommit { epoch }),
        (epoch(), private_message(), prop::option::of(any::<u32>()))
            .prop_map(|(epoch, message, receipt)| { ClientMessage::Application { epoch, message, receipt } }),
        participant().prop_map(|participant| ClientMessage::Decline { participant }),
        participant().prop_map(|participant| ClientMessage::RefuseReturn { participant }),
        (generation(), sdp()).prop_map(|(generation, sdp)| ClientMessage::Answer { generation, sdp }),
        Just(ClientMessage::PrepareMedia {}),
        Just(ClientMessage::RestartMedia {}),
        Just(ClientMessage::Leave {}),
        Just(ClientMessage::EndVisit {}),
    ]
}

fn person() -> impl Strategy<Value = PersonInVisit> {
    (participant(), any::<u128>(), "\\PC{0,20}", prop::sample::select(VisitRole::ALL.to_vec())).prop_map(
        |(participant, person, name, role)| PersonInVisit {
            participant,
            person: AccountId::from_uuid(Uuid::from_u128(person)),
            name,
            role,
        },
    )
}

fn waiting() -> impl Strategy<Value = WaitingPerson> {
    (person(), key_package(), any::<u64>(), any::<bool>(), any::<bool>()).prop_map(
        |(who, key_package, since, returning, connected)| WaitingPerson {
            who,
            key_package,
            since: Timestamp::from_unix_millis(since),
            returning,
            connected,
        },
    )
}

fn slots() -> impl Strategy<Value = Vec<Slot>> {
    let slot = (0_u8..18, prop::option::of(participant()), prop::sample::select(TrackKind::ALL.to_vec()))
        .prop_map(|(mid, participant, kind)| Slot { mid: Mid(mid.to_string()), participant, kind });
    prop::collection::vec(slot, 0..16)
}

fn group_state() -> impl Strategy<Value = GroupState> {
    (group_id(), epoch()).prop_map(|(group_id, epoch)| GroupState { group_id, epoch })
}

fn about_the_room() -> impl Strategy<Value = ServerMessage> {
    let roles = prop::sample::select(VisitRole::ALL.to_vec());
    let states = prop::sample::select(VisitState::ALL.to_vec());
    prop_oneof![
        (participant(), roles, token(), states, prop::option::of(group_state()), any::<bool>()).prop_map(
            |(participant, role, resume, state, group, returning)| ServerMessage::Placed {
                participant,
                role,
                resume,
                state,
                group,
                returning,
            }
        ),
        (prop::collection::vec(person(), 0..6), participants())
            .prop_map(|(people, present)| ServerMessage::People { people, present }),
        prop::collection::vec(waiting(), 0..3).prop_map(|people| ServerMessage::Waiting { people }),
        Just(ServerMessage::Resumed {}),
        Just(ServerMessage::Beat {}),
        Just(ServerMessage::Declined {}),
        Just(ServerMessage::Removed {}),
        Just(ServerMessage::TakenOver {}),
        Just(ServerMessage::Ended { reason: EndReason::ByClinician }),
        any::<bool>()
            .prop_map(|closing| ServerMessage::Refused(Refusal { code: RefusalCode::NoGroup, closing })),
    ]
}

fn about_the_group() -> impl Strategy<Value = ServerMessage> {
    prop_oneof![
        (person(), key_package(), any::<u8>()).prop_map(|(who, key_package, turn)| ServerMessage::Return {
            who,
            key_package,
            turn
        }),
        Just(ServerMessage::ReturnRefused {}),
        (epoch(), participant(), a_commit()).prop_map(|(epoch, sender, commit)| ServerMessage::Commit {
            epoch,
            sender,
            commit
        }),
        epoch().prop_map(|epoch| ServerMessage::StaleEpoch { epoch }),
        (group_state(), welcome()).prop_map(|(group, welcome)| ServerMessage::Welcome { group, welcome }),
        (participant(), epoch(), private_message())
            .prop_map(|(sender, epoch, message)| ServerMessage::Application { sender, epoch, message }),
        any::<u32>().prop_map(|receipt| ServerMessage::Taken { receipt }),
        (participant(), prop::sample::select(vec![GoneReason::Left, GoneReason::Lost]))
            .prop_map(|(participant, reason)| ServerMessage::Gone { participant, reason }),
        Just(ServerMessage::GroupRestarted {}),
        (generation(), sdp(), slots()).prop_map(|(generation, sdp, slots)| ServerMessage::Offer {
            generation,
            sdp,
            slots
        }),
        (generation(), slots()).prop_map(|(generation, slots)| ServerMessage::Slots { generation, slots }),
        (participant(), prop::sample::select(TrackKind::ALL.to_vec()))
            .prop_map(|(participant, kind)| ServerMessage::UnsealedMedia { participant, kind }),
    ]
}

/// Nothing stands for these where they are left out.
const OPTIONAL: [&str; 2] = ["welcome", "receipt"];

proptest! {
    #[test]
    fn every_client_message_survives_the_wire(message in client_message()) {
        let text = serde_json::to_string(&message).unwrap();
        prop_assert_eq!(decode(&text), Ok(message));
    }

    #[test]
    fn every_server_message_survives_the_wire(
        seq in any::<u64>(),
        message in prop_oneof![about_the_room(), about_the_group()],
    ) {
        let envelope = Envelope { seq, message };
        prop_assert_eq!(serde_json::from_str::<Envelope>(&encode(&envelope)).unwrap(), envelope);
    }

    #[test]
    fn no_field_can_be_added_to_any_message(message in client_message(), field in "[a-z_]{1,12}") {
        let mut value = serde_json::to_value(&message).unwrap();
        let fields = value.as_object_mut().unwrap();
        prop_assume!(!fields.contains_key(&field));
        fields.insert(field, serde_json::Value::Null);
        prop_assert!(decode(&value.to_string()).is_err());
    }

    #[test]
    fn no_field_can_be_left_out(message in client_message(), which in any::<prop::sample::Index>()) {
        let mut value = serde_json::to_value(&message).unwrap();
        let fields = value.as_object_mut().unwrap();
        let names: Vec<_> = fields.keys().filter(|name| !OPTIONAL.contains(&name.as_str())).cloned().collect();
        fields.remove(which.get(&names));
        prop_assert!(decode(&value.to_string()).is_err());
    }

    #[test]
    fn no_field_can_stand_twice(message in client_message(), which in any::<prop::sample::Index>()) {
        let value = serde_json::to_value(&message).unwrap();
        let fields = value.as_object().unwrap();
        let names: Vec<_> = fields.keys().collect();
        let name = which.get(&names);
        let text = value.to_string();
        let twice = format!("{},\"{name}\":{}}}", &text[..text.len() - 1], fields[*name]);
        prop_assert!(decode(&twice).is_err(), "{}", twice);
    }

    #[test]
    fn no_text_makes_decoding_panic(text in "\\PC{0,400}") {
        let _ = decode(&text);
    }
}

#[test]
fn what_a_browser_may_not_say_is_refused() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        "\"leave\"",
        r#"{"type":"placed"}"#,
        r#"{"type":"leave"} "#.repeat(2).as_str(),
        r#"{"type":"leave","type":"end_visit"}"#,
        r#"{"type":"Leave"}"#,
        r#"{"type":"decline","participant":"somebody"}"#,
        r#"{"type":"acknowledge","received":-1}"#,
        r#"{"type":"acknowledge","received":1.5}"#,
        r#"{"type":"arrive","key_package":"AAA"}"#,
    ] {
        assert_eq!(decode(text).unwrap_err().0, RefusalCode::Malformed, "{text}");
    }
}

#[test]
fn a_message_has_a_largest_size() {
    let padded = format!("{{\"type\":\"leave\"{}}}", " ".repeat(Limits::MESSAGE_BYTES - 16));
    assert_eq!(padded.len(), Limits::MESSAGE_BYTES);
    assert_eq!(decode(&padded), Ok(ClientMessage::Leave {}));
    assert_eq!(decode(&format!(" {padded}")).unwrap_err().0, RefusalCode::TooLarge);
}

#[test]
fn every_kind_of_bytes_has_its_own_limit() {
    assert!(KeyPackage::new(vec![0; Limits::KEY_PACKAGE_BYTES]).is_ok());
    assert!(KeyPackage::new(vec![0; Limits::KEY_PACKAGE_BYTES + 1]).is_err());
    assert!(Commit::new(vec![0; Limits::HANDSHAKE_BYTES + 1]).is_err());
    assert!(Welcome::new(vec![0; Limits::HANDSHAKE_BYTES + 1]).is_err());
    assert!(PrivateMessage::new(vec![0; Limits::APPLICATION_BYTES + 1]).is_err());
    assert!(GroupId::new(vec![0; 25]).is_err());
    assert!(ResumeToken::new(vec![0; 33]).is_err());
    assert!(Sdp::new("x".repeat(Limits::SDP_BYTES + 1)).is_err());
    let large = serde_json::json!({ "type": "arrive", "key_package": "A".repeat(4 * 2731 + 4) });
    assert_eq!(decode(&large.to_string()).unwrap_err().0, RefusalCode::Malformed);
}

#[test]
fn the_largest_commit_with_its_welcome_fits_one_message() {
    let id = ParticipantId::from_uuid(Uuid::from_u128(1));
    let message = ClientMessage::Commit(GroupChange {
        epoch: Epoch(u64::MAX),
        commit: Commit::new(vec![255; Limits::HANDSHAKE_BYTES]).unwrap(),
        welcome: Some(Welcome::new(vec![255; Limits::HANDSHAKE_BYTES]).unwrap()),
        admits: vec![id; Limits::PARTICIPANTS],
        removes: vec![id; Limits::PARTICIPANTS],
    });
    let text = serde_json::to_string(&message).unwrap();
    assert!(text.len() <= Limits::MESSAGE_BYTES, "{}", text.len());
    assert_eq!(decode(&text), Ok(message));
}

#[test]
fn a_commit_names_no_more_people_than_a_visit_has() {
    let id = ParticipantId::from_uuid(Uuid::from_u128(1));
    let message = ClientMessage::Commit(GroupChange {
        epoch: Epoch(0),
        commit: Commit::new(vec![1]).unwrap(),
        welcome: None,
        admits: Vec::new(),
        removes: vec![id; Limits::PARTICIPANTS + 1],
    });
    let text = serde_json::to_string(&message).unwrap();
    assert_eq!(decode(&text).unwrap_err().0, RefusalCode::Malformed);
}

#[test]
fn nothing_personal_or_secret_is_printed() {
    let who = PersonInVisit {
        participant: ParticipantId::from_uuid(Uuid::from_u128(1)),
        person: AccountId::from_uuid(Uuid::from_u128(2)),
        name: "Ana Ruiz".to_owned(),
        role: VisitRole::Patient,
    };
    let told = ServerMessage::People { people: vec![who], present: Vec::new() };
    let secret = ClientMessage::Resume { token: ResumeToken::new(vec![0x41; 32]).unwrap(), received: 0 };
    let printed = format!("{told:?} {secret:?}");
    assert!(
        !printed.contains("Ana") && !printed.contains("65, 65") && !printed.contains("AAAA"),
        "{printed}"
    );
}

#[test]
fn a_place_outlives_a_socket_that_is_declared_dead() {
    assert!(Limits::PING_EVERY * 2 < Limits::DEAD_AFTER, "one lost pong kills nobody");
    assert!(Limits::RESUME_WITHIN >= Duration::from_mins(1));
}
