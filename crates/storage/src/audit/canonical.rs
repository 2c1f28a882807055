//! The bytes of an event that its hash is made over; docs/audit.md describes them for whoever checks a log without us.
//!
//! Every field stands after its length and says whether it is there at all, so that no two different events give the same
//! bytes, and the first bytes say what this is, so that no other hash or signature of ours can be mistaken for one.

use super::StoredAuditEvent;

/// Names the encoding. Another one gets another name; the old entries keep theirs.
const DOMAIN: &[u8] = b"curtain audit event v1\0";

/// The bytes of one numbered event.
pub fn canonical(number: u64, event: &StoredAuditEvent) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(320);
    bytes.extend_from_slice(DOMAIN);
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(event.id.as_bytes());
    for time in [event.recorded_at, event.at] {
        // Postgres keeps microseconds; an i64 of them lasts beyond the year 200 000.
        let micros = i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX);
        bytes.extend_from_slice(&micros.to_be_bytes());
    }
    for id in [event.actor, event.session, event.subject, event.patient, event.visit] {
        field(&mut bytes, id.as_ref().map(|id| id.as_bytes().as_slice()));
    }
    for text in [Some(&event.kind), Some(&event.outcome), event.actor_role.as_ref(), event.detail.as_ref()] {
        field(&mut bytes, text.map(String::as_bytes));
    }
    bytes
}

/// Zero for a field that is not there; else one, the length, and the bytes.
fn field(bytes: &mut Vec<u8>, value: Option<&[u8]>) {
    let Some(value) = value else { return bytes.push(0) };
    bytes.push(1);
    // Columns hold 120 characters at most; a row that somebody tampered with may hold more, and is hashed all the same.
    bytes.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;

    fn time() -> impl Strategy<Value = OffsetDateTime> {
        (0_i64..4_000_000_000_000_000).prop_map(|micros| {
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).expect("a time")
        })
    }

    fn id() -> impl Strategy<Value = Uuid> {
        any::<[u8; 16]>().prop_map(Uuid::from_bytes)
    }

    fn some_id() -> impl Strategy<Value = Option<Uuid>> {
        proptest::option::of(id())
    }

    fn event() -> impl Strategy<Value = StoredAuditEvent> {
        let ids = (some_id(), some_id(), some_id(), some_id(), some_id());
        let texts = (".{0,9}", ".{0,9}", proptest::option::of(".{0,9}"), proptest::option::of(".{0,9}"));
        (id(), time(), time(), ids, texts).prop_map(|(id, at, recorded_at, ids, texts)| {
            let (actor, session, subject, patient, visit) = ids;
            let (kind, outcome, actor_role, detail) = texts;
            StoredAuditEvent {
                id,
                at,
                recorded_at,
                kind,
                outcome,
                actor,
                actor_role,
                session,
                subject,
                patient,
                visit,
                detail,
            }
        })
    }

    fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(count);
        *bytes = rest;
        taken
    }

    fn take_field(bytes: &mut &[u8]) -> Option<Vec<u8>> {
        if take(bytes, 1) == [0] {
            return None;
        }
        let length = u32::from_be_bytes(take(bytes, 4).try_into().expect("four"));
        Some(take(bytes, usize::try_from(length).expect("small")).to_vec())
    }

    /// Reads the bytes back, as docs/audit.md describes them: what can be read back can't be two things.
    fn read(mut bytes: &[u8]) -> (u64, StoredAuditEvent) {
        let bytes = &mut bytes;
        assert_eq!(take(bytes, DOMAIN.len()), DOMAIN);
        let number = u64::from_be_bytes(take(bytes, 8).try_into().expect("eight"));
        let id = Uuid::from_slice(take(bytes, 16)).expect("sixteen");
        let mut time = || {
            let micros = i64::from_be_bytes(take(bytes, 8).try_into().expect("eight"));
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).expect("a time")
        };
        let (recorded_at, at) = (time(), time());
        let mut id_field = || take_field(bytes).map(|id| Uuid::from_slice(&id).expect("sixteen"));
        let (actor, session, subject) = (id_field(), id_field(), id_field());
        let (patient, visit) = (id_field(), id_field());
        let mut text = || take_field(bytes).map(|text| String::from_utf8(text).expect("text"));
        let (kind, outcome) = (text().expect("a kind"), text().expect("an outcome"));
        let (actor_role, detail) = (text(), text());
        assert!(bytes.is_empty());
        let event = StoredAuditEvent {
            id,
            at,
            recorded_at,
            kind,
            outcome,
            actor,
            actor_role,
            session,
            subject,
            patient,
            visit,
            detail,
        };
        (number, event)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn the_bytes_of_an_event_can_be_read_back(number: u64, event in event()) {
            prop_assert_eq!(read(&canonical(number, &event)), (number, event));
        }
    }

    #[test]
    fn the_encoding_stays_what_it_is() {
        let event = StoredAuditEvent {
            id: Uuid::nil(),
            at: OffsetDateTime::UNIX_EPOCH,
            recorded_at: OffsetDateTime::UNIX_EPOCH,
            kind: "note_read".to_owned(),
            outcome: "success".to_owned(),
            actor: Some(Uuid::max()),
            actor_role: None,
            session: None,
            subject: None,
            patient: None,
            visit: None,
            detail: None,
        };
        let bytes = canonical(1, &event);
        assert_eq!(bytes.len(), 23 + 8 + 16 + 16 + 21 + 4 + 14 + 12 + 2);
        assert!(bytes.starts_with(b"curtain audit event v1\0\0\0\0\0\0\0\0\x01"));
    }
}
