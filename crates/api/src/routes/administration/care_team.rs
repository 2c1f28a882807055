//! A patient's care team: which clinicians may see them. Administrators put it together; a visit adds to it by itself, in
//! the database. Names and dates only: why somebody cares for a patient stands nowhere here.

use core::time::Duration;

use axum::extract::State;
use curtain_auth::Administrator;
use curtain_domain::{AccountId, Timestamp};
use curtain_storage::{AdminScope, AuditEvent, CareTeamChange, CareTeamJoin, CareTeamMember};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Json, PathId, SignedIn};
use crate::{ApiError, House, Problem};

/// How far back an end may lie: the clocks of browsers differ.
const SKEW: Duration = Duration::from_mins(15);

/// A clinician in a care team, now or in the past.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaringClinician {
    /// The account's id.
    person: Uuid,
    /// What others call them.
    name: String,
    /// What brought them in: `visit` or `by_hand`.
    how: &'static str,
    /// Since when they could see the patient.
    #[serde(with = "time::serde::rfc3339")]
    since: OffsetDateTime,
    /// Until when; null while no end is set.
    #[serde(with = "time::serde::rfc3339::option")]
    until: Option<OffsetDateTime>,
    /// They can see the patient now.
    current: bool,
}

/// Everybody who cares or cared for a patient.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CareTeam {
    /// Those who do now first, each group by name.
    clinicians: Vec<CaringClinician>,
}

/// A clinician for a care team.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddToCareTeam {
    /// Who.
    clinician: Uuid,
}

/// The end of somebody's care.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndCare {
    /// Whose.
    clinician: Uuid,
    /// When; null for at once.
    #[serde(default, with = "time::serde::rfc3339::option")]
    until: Option<OffsetDateTime>,
}

impl From<CareTeamMember> for CaringClinician {
    fn from(member: CareTeamMember) -> Self {
        Self {
            person: member.clinician.account.as_uuid(),
            name: member.clinician.name.as_str().to_owned(),
            how: member.source.as_str(),
            since: member.since.to_date_time(),
            until: member.until.map(Timestamp::to_date_time),
            current: member.current,
        }
    }
}

/// The care team of a patient; whoever is none is not found.
async fn shown(scope: &mut AdminScope, patient: AccountId) -> Result<CareTeam, ApiError> {
    let members = scope.care_team(patient).await?.ok_or(ApiError::NotFound)?;
    Ok(CareTeam { clinicians: members.into_iter().map(CaringClinician::from).collect() })
}

/// Puts a clinician into a patient's care team, in the scope's own transaction. Doing it twice changes nothing.
pub(crate) async fn put_in(
    scope: &mut AdminScope,
    patient: AccountId,
    clinician: AccountId,
    now: Timestamp,
) -> Result<(), ApiError> {
    match scope.add_to_care_team(patient, clinician).await? {
        CareTeamJoin::InItAlready => Ok(()),
        CareTeamJoin::Joined => {
            let joined = AuditEvent::CareTeamChanged { patient, clinician, change: CareTeamChange::Added };
            Ok(scope.record(&joined, now).await?)
        }
        CareTeamJoin::NobodyThere => {
            Err(ApiError::Unprocessable("The field clinician names no clinician here.".to_owned()))
        }
    }
}

/// Lists who cares for a patient, and who did.
#[utoipa::path(get, path = "/api/v1/people/{id}/care-team", tag = "administration", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = CareTeam),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only"),
        (status = 404, body = Problem, description = "not_found: no such patient")))]
pub(crate) async fn care_team(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    PathId(patient): PathId<AccountId>,
) -> Result<Json<CareTeam>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    Ok(Json(shown(&mut scope, patient).await?))
}

/// Lets a clinician see a patient. Doing it twice changes nothing.
#[utoipa::path(post, path = "/api/v1/people/{id}/care-team", tag = "administration", params(("id" = Uuid, Path)),
    request_body = AddToCareTeam, responses(
        (status = 200, body = CareTeam),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only"),
        (status = 404, body = Problem, description = "not_found: no such patient"),
        (status = 422, body = Problem, description = "unprocessable: no such clinician")))]
pub(crate) async fn add_to_care_team(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    PathId(patient): PathId<AccountId>,
    Json(form): Json<AddToCareTeam>,
) -> Result<Json<CareTeam>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    shown(&mut scope, patient).await?;
    put_in(&mut scope, patient, AccountId::from_uuid(form.clinician), house.clock.now()).await?;
    let team = shown(&mut scope, patient).await?;
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), %patient, "a care team has one more clinician");
    Ok(Json(team))
}

/// Ends a clinician's care for a patient, at once or at a time to come. It stays on record.
#[utoipa::path(post, path = "/api/v1/people/{id}/care-team/end", tag = "administration", params(("id" = Uuid, Path)),
    request_body = EndCare, responses(
        (status = 200, body = CareTeam),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only"),
        (status = 404, body = Problem, description = "not_found: no such patient"),
        (status = 409, body = Problem, description = "not_in_care_team"),
        (status = 422, body = Problem, description = "unprocessable: a time that is over")))]
pub(crate) async fn end_care(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    PathId(patient): PathId<AccountId>,
    Json(form): Json<EndCare>,
) -> Result<Json<CareTeam>, ApiError> {
    let (clinician, now) = (AccountId::from_uuid(form.clinician), house.clock.now());
    let until = form.until.map(Timestamp::from_date_time);
    if until.is_some_and(|until| until + SKEW < now) {
        return Err(ApiError::Unprocessable("The field until lies in the past.".to_owned()));
    }
    let mut scope = house.store.admin(&administrator).begin().await?;
    shown(&mut scope, patient).await?;
    if !scope.end_care(patient, clinician, until).await? {
        return Err(ApiError::Conflict(
            "not_in_care_team",
            "This clinician isn't in the patient's care team, or no longer.",
        ));
    }
    let ended = AuditEvent::CareTeamChanged { patient, clinician, change: CareTeamChange::Ended };
    scope.record(&ended, now).await?;
    let team = shown(&mut scope, patient).await?;
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), %patient, "a clinician's care has an end");
    Ok(Json(team))
}
