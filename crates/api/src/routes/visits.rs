//! Visits as the people in them see them. A visit of others and no visit at all are the same answer (AC2).

use core::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use curtain_auth::{AnyPrincipal, Clinician};
use curtain_domain::{AccountId, Timestamp, VisitId, VisitRole, VisitState};
use curtain_storage::{AuditEvent, CareTeamChange, ColleagueAdded, Place, VisitOf};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Json, PathId, SignedIn, SignedInAny};
use crate::routes::people::Person;
use crate::{ApiError, House, Problem};

/// A visit as one of its people sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Visit {
    /// Names the visit.
    id: Uuid,
    /// Where it stands.
    #[schema(value_type = String, example = "scheduled")]
    state: VisitState,
    /// When it is due.
    #[serde(with = "time::serde::rfc3339")]
    scheduled_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
    /// What the reader is in it.
    #[schema(value_type = String, example = "patient")]
    my_role: VisitRole,
    /// Whom it is for.
    patient: Person,
    /// Who runs it.
    clinician: Person,
    /// Who else was invited.
    colleagues: Vec<Person>,
    /// Since when somebody waits to be let in.
    #[serde(with = "time::serde::rfc3339::option")]
    waiting_since: Option<OffsetDateTime>,
}

/// Several visits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Visits {
    /// The earliest first.
    visits: Vec<Visit>,
}

/// A new visit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleVisit {
    /// Whom it is for.
    patient: Uuid,
    /// When it is due; null for now.
    #[serde(default, with = "time::serde::rfc3339::option")]
    scheduled_at: Option<OffsetDateTime>,
}

/// A colleague for a visit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddColleague {
    /// Who.
    person: Uuid,
}

/// How far back "now" may lie: the clocks of browsers differ. More would let a visit be made for a day that is over.
const SKEW: Duration = Duration::from_mins(15);

impl Visit {
    /// As the reader sees it; `None` when the reader has no place in it.
    fn seen_by(reader: AccountId, visit: &curtain_storage::Visit) -> Option<Self> {
        let person = |place: &Place| Person::new(place.account, &place.name);
        Some(Self {
            id: visit.id.as_uuid(),
            state: visit.state,
            scheduled_at: visit.scheduled_at.to_date_time(),
            ended_at: visit.ended_at.map(Timestamp::to_date_time),
            my_role: visit.place_of(reader)?.role,
            patient: person(&visit.patient),
            clinician: person(&visit.clinician),
            colleagues: visit.colleagues.iter().map(person).collect(),
            waiting_since: visit.waiting_since.map(Timestamp::to_date_time),
        })
    }
}

/// Lists the visits that the reader has a place in.
#[utoipa::path(get, path = "/api/v1/visits", tag = "visits", responses(
    (status = 200, body = Visits), (status = 401, body = Problem, description = "signed_out")))]
pub(crate) async fn list(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
) -> Result<Json<Visits>, ApiError> {
    let visits = match &principal {
        AnyPrincipal::Patient(patient) => house.store.patient(patient).begin().await?.visits().await?,
        AnyPrincipal::Clinician(clinician) => {
            house.store.clinician(clinician).begin().await?.visits().await?
        }
        AnyPrincipal::Administrator(_) | AnyPrincipal::Auditor(_) => Vec::new(),
    };
    let reader = principal.identity().account();
    Ok(Json(Visits { visits: visits.iter().filter_map(|visit| Visit::seen_by(reader, visit)).collect() }))
}

/// Shows one visit that the reader has a place in.
#[utoipa::path(get, path = "/api/v1/visits/{id}", tag = "visits", params(("id" = Uuid, Path)), responses(
    (status = 200, body = Visit),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 404, body = Problem, description = "not_found")))]
pub(crate) async fn show(
    SignedInAny(principal): SignedInAny,
    State(house): State<House>,
    PathId(id): PathId<VisitId>,
) -> Result<Json<Visit>, ApiError> {
    let visit = find(&house, &principal, id).await?.ok_or(ApiError::NotFound)?;
    let seen = Visit::seen_by(principal.identity().account(), &visit);
    seen.map(Json).ok_or(ApiError::NotFound)
}

/// A visit that somebody has a place in, through the scope of their role.
pub(crate) async fn find(
    house: &House,
    principal: &AnyPrincipal,
    id: VisitId,
) -> Result<Option<curtain_storage::Visit>, ApiError> {
    Ok(match principal {
        AnyPrincipal::Patient(patient) => house.store.patient(patient).begin().await?.visit(id).await?,
        AnyPrincipal::Clinician(clinician) => {
            house.store.clinician(clinician).begin().await?.visit(id).await?
        }
        AnyPrincipal::Administrator(_) | AnyPrincipal::Auditor(_) => None,
    })
}

/// Makes a visit, for now or for later.
#[utoipa::path(post, path = "/api/v1/visits", tag = "visits", request_body = ScheduleVisit, responses(
    (status = 201, body = Visit),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: clinicians only"),
    (status = 422, body = Problem, description = "unprocessable: no such patient in your care, or a time that is over")))]
pub(crate) async fn schedule(
    SignedIn(clinician): SignedIn<Clinician>,
    State(house): State<House>,
    Json(form): Json<ScheduleVisit>,
) -> Result<Response, ApiError> {
    let now = house.clock.now();
    let scheduled_at = form.scheduled_at.map_or(now, Timestamp::from_date_time);
    if scheduled_at + SKEW < now {
        return Err(ApiError::Unprocessable("The field scheduled_at lies in the past.".to_owned()));
    }
    let patient = AccountId::from_uuid(form.patient);
    let mut scope = house.store.clinician(&clinician).begin().await?;
    let made = scope.create_visit(patient, scheduled_at, now, house.entropy.as_ref()).await?;
    let visit = made.and_then(|visit| Visit::seen_by(clinician.account(), &visit));
    let visit = visit.ok_or_else(|| {
        ApiError::Unprocessable("The field patient names no patient in your care.".to_owned())
    })?;
    let of = VisitOf { visit: VisitId::from_uuid(visit.id), patient };
    scope.record(&AuditEvent::VisitCreated(of), now).await?;
    scope.commit().await?;
    tracing::info!(visit = %visit.id, "a visit was made");
    Ok((StatusCode::CREATED, Json(visit)).into_response())
}

/// Gives a colleague a place in the visit. Doing it twice changes nothing.
#[utoipa::path(post, path = "/api/v1/visits/{id}/colleagues", tag = "visits", params(("id" = Uuid, Path)),
    request_body = AddColleague, responses(
        (status = 200, body = Visit),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: clinicians only"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 422, body = Problem, description = "unprocessable: no such colleague, or visit or care is over")))]
pub(crate) async fn add_colleague(
    SignedIn(clinician): SignedIn<Clinician>,
    State(house): State<House>,
    PathId(id): PathId<VisitId>,
    Json(form): Json<AddColleague>,
) -> Result<Json<Visit>, ApiError> {
    let mut scope = house.store.clinician(&clinician).begin().await?;
    let visit = scope.visit(id).await?.ok_or(ApiError::NotFound)?;
    if !visit.is_run_by(clinician.account()) {
        return Err(ApiError::NotFound);
    }
    let (colleague, now) = (AccountId::from_uuid(form.person), house.clock.now());
    let is_new = visit.place_of(colleague).is_none();
    let added = scope.add_colleague(id, colleague, now, house.entropy.as_ref()).await?;
    let ColleagueAdded { visit, joined_care_team } = added.ok_or_else(|| {
        ApiError::Unprocessable(
            "The field person names no colleague, or the visit or your care for the patient is over."
                .to_owned(),
        )
    })?;
    let patient = visit.patient.account;
    if is_new {
        let of = VisitOf { visit: id, patient };
        scope.record(&AuditEvent::ColleagueAdded { of, person: colleague }, now).await?;
    }
    if joined_care_team {
        let change = CareTeamChange::AddedByVisit;
        let joined = AuditEvent::CareTeamChanged { patient, clinician: colleague, change };
        scope.record(&joined, now).await?;
    }
    scope.commit().await?;
    house.hub.people_changed(id).await?;
    Visit::seen_by(clinician.account(), &visit).map(Json).ok_or(ApiError::NotFound)
}
