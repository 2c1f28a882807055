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
