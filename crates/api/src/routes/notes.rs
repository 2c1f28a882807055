//! The clinician's note of a visit. Plaintext lives here between the request's body and the vault, and nowhere else.
//!
//! Every save names the version it replaces; a note that does not open is an error, never an empty text (CR1).

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use curtain_auth::{Clinician, Principal};
use curtain_domain::{AccountId, NoteId, NoteVersion, Timestamp, VisitId, WrappedDataKey};
use curtain_storage::{AuditEvent, ClinicianScope, NoteSave, StoredNote, VisitOf};
use curtain_vault::{ClinicalText, RecordContext};
use http::header;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::extract::{IfMatch, Json, PathId, SignedIn};
use crate::{ApiError, House, Problem};

/// A long note has 10 000 characters; ten times that is a pasted document, beyond it something went wrong.
const MAX_CHARS: usize = 100_000;

/// A note, opened for its author.
#[derive(Serialize, ToSchema)]
pub(crate) struct Note {
    /// The words.
    text: String,
    /// How often it was saved; 0 before the first time.
    version: u32,
    /// When it was saved last.
    #[serde(with = "time::serde::rfc3339::option")]
    saved_at: Option<OffsetDateTime>,
}

/// A note to be saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveNote {
    /// The words, at most 100 000 characters.
    text: String,
}

/// A note that was saved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoteSaved {
    /// The version that the save made.
    version: u32,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    saved_at: OffsetDateTime,
}

/// The patient of a visit that this clinician runs. Everybody else is told that there is no such visit.
async fn patient_of(
    scope: &mut ClinicianScope,
    clinician: &Principal<Clinician>,
    id: VisitId,
) -> Result<AccountId, ApiError> {
    let visit = scope.visit(id).await?.filter(|visit| visit.is_run_by(clinician.account()));
    visit.map(|visit| visit.patient.account).ok_or(ApiError::NotFound)
}

/// The note of a visit, if there is one. A record is closed to whoever no longer cares for the patient, its author included.
async fn stored_note(scope: &mut ClinicianScope, of: VisitOf) -> Result<Option<StoredNote>, ApiError> {
    let stored = scope.note(of.visit).await?;
    // Asked afterwards: care that ends in between must not make a note look like none.
    if scope.cares_for(of.patient).await? { Ok(stored) } else { Err(ApiError::NotFound) }
}

/// Opens the note for its author.
#[utoipa::path(get, path = "/api/v1/visits/{id}/note", tag = "notes", params(("id" = Uuid, Path)), responses(
    (status = 200, body = Note, headers(("ETag" = String, description = "the version, in quotes"))),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: clinicians only"),
    (status = 404, body = Problem, description = "not_found")))]
#[expect(clippy::disallowed_methods, reason = "the one place where a note is shown, to its author")]
pub(crate) async fn read(
    SignedIn(clinician): SignedIn<Clinician>,
    State(house): State<House>,
    PathId(id): PathId<VisitId>,
) -> Result<Response, ApiError> {
    let mut scope = house.store.clinician(&clinician).begin().await?;
    let of = VisitOf { visit: id, patient: patient_of(&mut scope, &clinician, id).await? };
    let (now, stored) = (house.clock.now(), stored_note(&mut scope, of).await?);
    let version = stored.as_ref().map_or(NoteVersion(0), |note| note.version);
    let Some(StoredNote { id, patient, sealed, key, saved_at, .. }) = stored else {
        scope.record(&AuditEvent::NoteRead { of, version }, now).await?;
        scope.commit().await?;
        return Ok(with_tag(version, Note { text: String::new(), version: 0, saved_at: None }));
    };
    let opened = house.vault.open(&clinician, &RecordContext::note(key, patient, id, version), &sealed);
    let event = match &opened {
        Ok(_) => AuditEvent::NoteRead { of, version },
        Err(_) => AuditEvent::NoteUnreadable { of, version },
    };
    scope.record(&event, now).await?;
    // Nobody sees a word before it stands written down that they do (OP5).
    scope.commit().await?;
    let text = opened?;
    let saved_at = Some(saved_at.to_date_time());
    Ok(with_tag(version, Note { text: text.expose().to_owned(), version: version.0, saved_at }))
}

/// Seals and saves the note as the version after the one named in If-Match.
#[utoipa::path(put, path = "/api/v1/visits/{id}/note", tag = "notes",
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "the version replaced, in quotes")),
    request_body = SaveNote, responses(
        (status = 200, body = NoteSaved, headers(("ETag" = String, description = "the new version, in quotes"))),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: clinicians only"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 412, body = Problem, description = "note_changed, with the version that stands now"),
        (status = 413, body = Problem, description = "too_large"),
        (status = 422, body = Problem, description = "unprocessable: more than 100 000 characters"),
        (status = 428, body = Problem, description = "if_match_required")))]
pub(crate) async fn save(
    SignedIn(clinician): SignedIn<Clinician>,
    State(house): State<House>,
    PathId(visit): PathId<VisitId>,
    IfMatch(expected): IfMatch,
    Json(form): Json<SaveNote>,
) -> Result<Response, ApiError> {
    let mut scope = house.store.clinician(&clinician).begin().await?;
    let patient = patient_of(&mut scope, &clinician, visit).await?;
    let text = ClinicalText::new(form.text);
    if text.chars() > MAX_CHARS {
        return Err(ApiError::Unprocessable(format!("The field text has more than {MAX_CHARS} characters.")));
    }
    let of = VisitOf { visit, patient };
    let (now, stored) = (house.clock.now(), stored_note(&mut scope, of).await?);
    let version = stored.as_ref().map_or(NoteVersion(0), |note| note.version);
    if version != expected {
        return Err(ApiError::NoteChanged(version));
    }
    let note = stored.map_or_else(|| NoteId::new(now, house.entropy.as_ref()), |note| note.id);
    let key = data_key(&house, &mut scope, patient, now).await?;
    let context = RecordContext::note(key.clone(), patient, note, expected.next());
    let sealed = house.vault.seal(&clinician, &context, text)?;
    let save = curtain_storage::SaveNote { note, visit, patient, expected, sealed, key: key.id, now };
    let version = match scope.save_note(&save).await? {
        NoteSave::Saved(version) => version,
        NoteSave::Changed(version) => return Err(ApiError::NoteChanged(version)),
    };
    scope.record(&AuditEvent::NoteWritten { of, version }, now).await?;
    scope.commit().await?;
    Ok(with_tag(version, NoteSaved { version: version.0, saved_at: now.to_date_time() }))
}

/// The data key of a patient, made when the first value about them is sealed.
async fn data_key(
    house: &House,
    scope: &mut ClinicianScope,
    patient: AccountId,
    now: Timestamp,
) -> Result<WrappedDataKey, ApiError> {
    if let Some(key) = scope.data_key(patient).await? {
        return Ok(key);
    }
    let new = house.vault.new_data_key(Some(patient), now)?;
    Ok(scope.keep_data_key(patient, &new, now).await?)
}

fn with_tag<T: Serialize>(version: NoteVersion, body: T) -> Response {
    ([(header::ETAG, format!("\"{}\"", version.0))], Json(body)).into_response()
}
