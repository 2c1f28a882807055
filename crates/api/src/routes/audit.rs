//! The audit log, for auditors and administrators: search, verify, export. **Reading it is itself written down**, in the
//! unit of work that reads.
//!
//! There is nothing clinical to see: events hold ids and codes. Names beside the ids are those of today.

use axum::extract::{FromRequestParts, Query, State};
use axum::response::{IntoResponse, Response};
use curtain_auth::{Administrator, AnyPrincipal, Auditor, Identity, Principal};
use curtain_domain::{AccountId, Timestamp};
use curtain_storage::{
    AdminScope, AlertList, AuditEvent, AuditFilter, AuditKind, AuditLog, AuditOutcome, AuditRow,
    AuditorScope, ExportForm, StorageError,
};
use http::header;
use http::request::Parts;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::alerts::report_break;
use crate::audit::{self, AuditError, Report};
use crate::extract::{Json, SignedInAny};
use crate::{ApiError, House, Problem};

/// Events of one answer: what fills a few screens.
const PAGE: u32 = 100;

/// Somebody who may read the log.
#[derive(Debug, Clone)]
pub(crate) enum AuditReader {
    Administrator(Principal<Administrator>),
    Auditor(Principal<Auditor>),
}

/// Somebody who may take the log away: a reader who showed a second factor just now (SE4).
pub(crate) struct AuditExporter(AuditReader);

/// Their unit of work.
pub(crate) enum ReaderScope {
    Administrator(AdminScope),
    Auditor(AuditorScope),
}

impl FromRequestParts<House> for AuditReader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, ApiError> {
        match SignedInAny::from_request_parts(parts, house).await?.0 {
            AnyPrincipal::Administrator(who) => Ok(Self::Administrator(who)),
            AnyPrincipal::Auditor(who) => Ok(Self::Auditor(who)),
            AnyPrincipal::Patient(_) | AnyPrincipal::Clinician(_) => Err(ApiError::NotAllowed),
        }
    }
}

/// The role comes first: whoever may not read is not asked for a code.
impl FromRequestParts<House> for AuditExporter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, ApiError> {
        let reader = AuditReader::from_request_parts(parts, house).await?;
        if !reader.identity().has_fresh_factor(house.clock.now()) {
            return Err(ApiError::FreshFactorNeeded);
        }
        Ok(Self(reader))
    }
}

impl AuditReader {
    const fn identity(&self) -> &Identity {
        match self {
            Self::Administrator(who) => who.identity(),
            Self::Auditor(who) => who.identity(),
        }
    }

    pub(crate) async fn begin(&self, house: &House) -> Result<ReaderScope, StorageError> {
        Ok(match self {
            Self::Administrator(who) => ReaderScope::Administrator(house.store.admin(who).begin().await?),
            Self::Auditor(who) => ReaderScope::Auditor(house.store.auditor(who).begin().await?),
        })
    }

    /// One page, not written down: whoever calls this has done so.
    pub(crate) async fn search(
        &self,
        house: &House,
        filter: &AuditFilter,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, ApiError> {
        Ok(self.begin(house).await?.log().search(filter, after, limit).await?)
    }
}

impl ReaderScope {
    fn log(&mut self) -> AuditLog<'_> {
        match self {
            Self::Administrator(scope) => scope.audit_log(),
            Self::Auditor(scope) => scope.audit_log(),
        }
    }

    pub(crate) fn alerts(&mut self) -> AlertList<'_> {
        match self {
            Self::Administrator(scope) => scope.alerts(),
            Self::Auditor(scope) => scope.alerts(),
        }
    }

    async fn record_and_commit(mut self, event: &AuditEvent, now: Timestamp) -> Result<(), StorageError> {
        match &mut self {
            Self::Administrator(scope) => scope.record(event, now).await?,
            Self::Auditor(scope) => scope.record(event, now).await?,
        }
        match self {
            Self::Administrator(scope) => scope.commit().await,
            Self::Auditor(scope) => scope.commit().await,
        }
    }
}

/// What to look for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditSearch {
    /// Who did it or had it done to them.
    person: Option<Uuid>,
    /// Whose record it touched.
    patient: Option<Uuid>,
    /// What happened, by its code.
    action: Option<String>,
    /// `success`, `failure` or `denied`.
    outcome: Option<String>,
    /// Not before.
    #[serde(default, with = "time::serde::rfc3339::option")]
    from: Option<OffsetDateTime>,
    /// Before.
    #[serde(default, with = "time::serde::rfc3339::option")]
    until: Option<OffsetDateTime>,
    /// The last event of the page before.
    after: Option<Uuid>,
    /// Of an export: `ndjson` (unless said otherwise) or `fhir`.
    form: Option<String>,
}

impl FromRequestParts<House> for AuditSearch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, ApiError> {
        let found = Query::<Self>::from_request_parts(parts, house).await;
        found
            .map(|Query(search)| search)
            .map_err(|_| ApiError::Malformed("The search can't be read.".to_owned()))
    }
}

impl AuditSearch {
    fn filter(&self) -> Result<AuditFilter, ApiError> {
        Ok(AuditFilter {
            person: self.person.map(AccountId::from_uuid),
            patient: self.patient.map(AccountId::from_uuid),
            kind: word::<AuditKind>("action", self.action.as_deref())?,
            outcome: word::<AuditOutcome>("outcome", self.outcome.as_deref())?,
            from: self.from.map(Timestamp::from_date_time),
            until: self.until.map(Timestamp::from_date_time),
        })
    }
}

/// A word of a closed list; no other reaches a query (L20).
fn word<T: core::str::FromStr>(field: &str, text: Option<&str>) -> Result<Option<T>, ApiError> {
    let unknown = |_| ApiError::Malformed(format!("The field {field} is none of the words known here."));
    text.map(|text| text.parse().map_err(unknown)).transpose()
}

/// Somebody in the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPerson {
    /// The account's id.
    person: Uuid,
    /// What they are called today; null when the account is gone.
    name: Option<String>,
    /// Their role: of an actor the one they acted in.
    role: Option<String>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditedEvent {
    /// Names the event.
    id: Uuid,
    /// Its place in the chain; null in the second before it is sealed.
    number: Option<i64>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    /// What happened, as a code.
    action: String,
    /// How it went: success, failure or denied.
    outcome: String,
    /// Who did it; null for the server itself and for somebody unknown.
    actor: Option<AuditPerson>,
    /// Whom it was done to.
    subject: Option<AuditPerson>,
    /// Whose record it touched.
    patient: Option<AuditPerson>,
    /// In which visit.
    visit: Option<Uuid>,
    /// The rest, in codes.
    detail: Option<String>,
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// The newest first.
    events: Vec<AuditedEvent>,
    /// What to ask for as `after` to get the next page; null at the end.
    next: Option<Uuid>,
}

/// Everybody, to search by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPeople {
    /// By name.
    people: Vec<AuditPerson>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditBreak {
    /// At which number of the chain.
    number: u64,
    /// What: `gap`, `event_missing`, `changed`, `unlinked`, `rewritten`, `cut_off` or `forged`.
    kind: &'static str,
}

/// What verifying found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditReport {
    /// Nothing is wrong.
    whole: bool,
    /// How many entries were looked at.
    entries: u64,
    /// The newest signed head.
    checkpoint: Option<u64>,
    /// When that was signed.
    #[serde(with = "time::serde::rfc3339::option")]
    checkpoint_at: Option<OffsetDateTime>,
    /// Events that wait for a number longer than they should.
    unsealed: u64,
    /// What is wrong, by number; the first hundred.
    breaks: Vec<AuditBreak>,
}

impl From<AuditRow> for AuditedEvent {
    fn from(row: AuditRow) -> Self {
        let AuditRow { event, number, actor_name, subject_name, patient_name } = row;
        let person =
            |person: Option<Uuid>, name, role| person.map(|person| AuditPerson { person, name, role });
        Self {
            id: event.id,
            number,
            at: event.at,
            action: event.kind,
            outcome: event.outcome,
            actor: person(event.actor, actor_name, event.actor_role),
            subject: person(event.subject, subject_name, None),
            patient: person(event.patient, patient_name, None),
            visit: event.visit,
            detail: event.detail,
        }
    }
}

impl From<Report> for AuditReport {
    fn from(report: Report) -> Self {
        let breaks = report.breaks.iter();
        Self {
            whole: report.is_whole(),
            entries: report.entries,
            checkpoint: report.checkpoint.map(|(number, _)| number),
            checkpoint_at: report.checkpoint.map(|(_, at)| at.to_date_time()),
            unsealed: report.unsealed,
            breaks: breaks.map(|one| AuditBreak { number: one.number, kind: one.kind.as_str() }).collect(),
        }
    }
}

impl From<AuditError> for ApiError {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Storage(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

/// Searches the log, newest first. Written down.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditSearch), responses(
    (status = 200, body = AuditPage),
    (status = 400, body = Problem, description = "malformed: a word that is not known"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: auditors and administrators only")))]
pub(crate) async fn search(
    reader: AuditReader,
    State(house): State<House>,
    search: AuditSearch,
) -> Result<Json<AuditPage>, ApiError> {
    let filter = search.filter()?;
    let mut scope = reader.begin(&house).await?;
    // One more than is shown tells whether there is another page.
    let mut rows = scope.log().search(&filter, search.after, PAGE + 1).await?;
    let more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let read = AuditEvent::AuditRead { person: filter.person, patient: filter.patient, kind: filter.kind };
    scope.record_and_commit(&read, house.clock.now()).await?;
    let next = rows.last().filter(|_| more).map(|row| row.event.id);
    Ok(Json(AuditPage { events: rows.into_iter().map(AuditedEvent::from).collect(), next }))
}

/// Lists everybody of the practice, to search the log by.
#[utoipa::path(get, path = "/api/v1/audit/people", tag = "audit", responses(
    (status = 200, body = AuditPeople),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: auditors and administrators only")))]
pub(crate) async fn people(
    reader: AuditReader,
    State(house): State<House>,
) -> Result<Json<AuditPeople>, ApiError> {
    let people = reader.begin(&house).await?.log().people().await?;
    let person = |(person, role): (curtain_storage::Person, curtain_domain::Role)| AuditPerson {
        person: person.account.as_uuid(),
        name: Some(person.name.as_str().to_owned()),
        role: Some(role.as_str().to_owned()),
    };
    Ok(Json(AuditPeople { people: people.into_iter().map(person).collect() }))
}

/// Verifies the whole chain against the signed heads. Written down.
#[utoipa::path(post, path = "/api/v1/audit/verify", tag = "audit", responses(
    (status = 200, body = AuditReport),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: auditors and administrators only")))]
pub(crate) async fn verify(
    reader: AuditReader,
    State(house): State<House>,
) -> Result<Json<AuditReport>, ApiError> {
    let mut scope = reader.begin(&house).await?;
    let found = audit::verify(scope.log(), &house.audit).await;
    // What was found is told whether or not the alert about it can be raised.
    if let Err(error) = report_break(&house, &found).await {
        tracing::error!(%error, "an alert about the audit log could not be raised");
    }
    let report = found?;
    let wrong = report.breaks.len() as u64;
    let verified = AuditEvent::AuditVerified { wrong, entries: report.entries };
    scope.record_and_commit(&verified, house.clock.now()).await?;
    Ok(Json(AuditReport::from(report)))
}

/// Exports what a search finds. Written down before the first byte leaves.
#[utoipa::path(get, path = "/api/v1/audit/export", tag = "audit", params(AuditSearch), responses(
    (status = 200, content_type = "application/x-ndjson", description = "one JSON object a line, or a FHIR R4 bundle"),
    (status = 400, body = Problem, description = "malformed: a word that is not known"),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: auditors and administrators only; or fresh_factor_needed")))]
pub(crate) async fn export(
    AuditExporter(reader): AuditExporter,
    State(house): State<House>,
    search: AuditSearch,
) -> Result<Response, ApiError> {
    let filter = search.filter()?;
    let form = word::<ExportForm>("form", search.form.as_deref())?.unwrap_or(ExportForm::Ndjson);
    let scope = reader.begin(&house).await?;
    let exported = AuditEvent::AuditExported { form, person: filter.person, patient: filter.patient };
    scope.record_and_commit(&exported, house.clock.now()).await?;
    let name = match form {
        ExportForm::Ndjson => "attachment; filename=\"audit.ndjson\"",
        ExportForm::Fhir => "attachment; filename=\"audit.fhir.json\"",
    };
    let headers = [(header::CONTENT_TYPE, audit::media_type(form)), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, audit::export(house, reader, form, filter)).into_response())
}
