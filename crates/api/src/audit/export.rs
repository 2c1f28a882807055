//! The log as a file: one JSON object a line, or a FHIR R4 bundle of `AuditEvent` (hl7.org/fhir/R4/auditevent.html).
//!
//! Written page by page, so that a log of years needs no more memory than one of a day. Ids and codes only: no name leaves
//! with an export.

use axum::body::Body;
use bytes::Bytes;
use curtain_storage::{AuditFilter, AuditRow, ExportForm};
use futures_util::stream;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::routes::audit::AuditReader;
use crate::{ApiError, House};

/// Events read at once.
const PAGE: u32 = 500;

/// The media type of a form.
pub(crate) const fn media_type(form: ExportForm) -> &'static str {
    match form {
        ExportForm::Ndjson => "application/x-ndjson",
        ExportForm::Fhir => "application/fhir+json",
    }
}

enum Next {
    Start,
    After(Option<Uuid>),
    End,
}

/// The body of an export. A page that can't be read breaks it off: half a log must not look like a whole one.
pub(crate) fn export(house: House, reader: AuditReader, form: ExportForm, filter: AuditFilter) -> Body {
    let begin = (house, reader, filter, Next::Start, true);
    Body::from_stream(stream::try_unfold(begin, move |(house, reader, filter, next, first)| async move {
        let after = match next {
            Next::Start => None,
            Next::After(after) => after,
            Next::End => return Ok::<_, ApiError>(None),
        };
        let begins = matches!(next, Next::Start);
        let rows = reader.search(&house, &filter, after, PAGE).await?;
        let ends = rows.len() < PAGE as usize;
        let mut text = String::new();
        if begins && form == ExportForm::Fhir {
            text.push_str(r#"{"resourceType":"Bundle","type":"collection","entry":["#);
        }
        let mut first = first;
        for row in &rows {
            match form {
                ExportForm::Ndjson => {
                    text.push_str(&line(row).to_string());
                    text.push('\n');
                }
                ExportForm::Fhir => {
                    let entry =
                        json!({"fullUrl": format!("urn:uuid:{}", row.event.id), "resource": resource(row)});
                    text.push_str(if first { "" } else { "," });
                    text.push_str(&entry.to_string());
                }
            }
            first = false;
        }
        if ends && form == ExportForm::Fhir {
            text.push_str("]}\n");
        }
        let next = if ends { Next::End } else { Next::After(rows.last().map(|row| row.event.id)) };
        Ok(Some((Bytes::from(text), (house, reader, filter, next, first))))
    }))
}

/// An event as one line.
fn line(row: &AuditRow) -> Value {
    let event = &row.event;
    json!({
        "number": row.number,
        "id": event.id,
        "at": event.at.format(&Rfc3339).unwrap_or_default(),
        "recorded_at": event.recorded_at.format(&Rfc3339).unwrap_or_default(),
        "action": event.kind,
        "outcome": event.outcome,
        "actor": event.actor,
        "actor_role": event.actor_role,
        "session": event.session,
        "subject": event.subject,
        "patient": event.patient,
        "visit": event.visit,
        "detail": event.detail,
    })
}

/// An event as a FHIR R4 `AuditEvent`. Our own words are codes of our own systems; the type says what they are a kind of.
fn resource(row: &AuditRow) -> Value {
    let event = &row.event;
    let (kind, display, action) = fhir_type(&event.kind);
    let mut agent = json!({"requestor": true});
    agent["who"] = match event.actor {
        Some(actor) => json!({"identifier": {"system": "urn:curtain:person", "value": actor}}),
        None => json!({"display": "Curtain, or somebody unknown"}),
    };
    if let Some(role) = &event.actor_role {
        agent["role"] = json!([{"coding": [{"system": "urn:curtain:role", "code": role}]}]);
    }
    let identified = |system: &str, value: Uuid| json!({"identifier": {"system": system, "value": value}});
    let mut entity = Vec::new();
    if let Some(patient) = event.patient {
        entity.push(json!({
            "what": identified("urn:curtain:person", patient),
            "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-entity-type", "code": "1"},
            "role": {"system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "1"},
        }));
    }
    if let Some(subject) = event.subject {
        entity.push(json!({"what": identified("urn:curtain:person", subject)}));
    }
    if let Some(visit) = event.visit {
        entity.push(json!({"what": identified("urn:curtain:visit", visit)}));
    }
    if let Some(detail) = &event.detail {
        entity.push(json!({"detail": [{"type": "code", "valueString": detail}]}));
    }
    let mut resource = json!({
        "resourceType": "AuditEvent",
        "id": event.id,
        "type": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": kind, "display": display},
        "subtype": [{"system": "urn:curtain:audit-action", "code": event.kind}],
        "action": action,
        "recorded": event.at.format(&Rfc3339).unwrap_or_default(),
        "outcome": match event.outcome.as_str() { "success" => "0", "failure" => "4", _ => "8" },
        "agent": [agent],
        "source": {"observer": {"display": "Curtain"}},
    });
    if !entity.is_empty() {
        resource["entity"] = Value::Array(entity);
    }
    resource
}

/// The DICOM code (PS3.16 CID 400) that our word is a kind of, and the CRUDE action of FHIR.
fn fhir_type(kind: &str) -> (&'static str, &'static str, &'static str) {
    const USER_AUTHENTICATION: (&str, &str) = ("110114", "User Authentication");
    const SECURITY_ALERT: (&str, &str) = ("110113", "Security Alert");
    const AUDIT_LOG_USED: (&str, &str) = ("110101", "Audit Log Used");
    const PATIENT_RECORD: (&str, &str) = ("110110", "Patient Record");
    let ((code, display), action) = match kind {
        "note_read" | "note_unreadable" => (PATIENT_RECORD, "R"),
        "note_written" | "colleague_added" | "care_team_changed" => (PATIENT_RECORD, "U"),
        "visit_created" => (PATIENT_RECORD, "C"),
        "audit_read" | "audit_exported" => (AUDIT_LOG_USED, "R"),
        "audit_verified" => (AUDIT_LOG_USED, "E"),
        "person_invited" => (SECURITY_ALERT, "C"),
        "access_denied" => (SECURITY_ALERT, "E"),
        kind if kind.starts_with("visit_") => (PATIENT_RECORD, "E"),
        kind if kind.starts_with("sign_in") || kind.starts_with("session") || kind.starts_with("step_up") => {
            (USER_AUTHENTICATION, "E")
        }
        "code_wrong" | "recovery_code_used" => (USER_AUTHENTICATION, "E"),
        _ => (SECURITY_ALERT, "U"),
    };
    (code, display, action)
}
