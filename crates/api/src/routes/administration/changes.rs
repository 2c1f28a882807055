//! Changing somebody's account: role, suspension, sessions, second factor. Never one's own, the database refuses that too.
//!
//! The database ends sessions in the same transaction; open sockets are closed right after it, so that a socket let in at
//! that moment finds its session gone (SE5). Doing a thing twice changes nothing.

use axum::extract::State;
use curtain_auth::{Administrator, Principal};
use curtain_domain::{AccountId, Role, SessionId};
use curtain_storage::{
    AccountState, AdminScope, AuditEvent, EndCause, FactorReset, IdentityCheck, MailKind, Member,
    StorageError,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::people::{FreshLink, HandedLink, MemberOfPractice, shown};
use crate::extract::{Json, PathId, SignedIn, SteppedUp};
use crate::mail::notices::{self, Notice};
use crate::{ApiError, House, Problem, mail};

/// Another role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRole {
    /// What they will be.
    #[schema(value_type = String, example = "auditor")]
    role: Role,
}

/// A second factor to be reset.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetSecondFactor {
    /// How the person was recognised: `in_person`, `called_back`, `by_video` or `vouched`.
    identity_check: String,
}

/// Nobody changes their own account: a stolen session would.
fn of_another(by: &Principal<Administrator>, id: AccountId) -> Result<(), ApiError> {
    if by.account() == id {
        return Err(ApiError::Conflict(
            "own_account",
            "This is your own account. Ask another administrator to change it.",
        ));
    }
    Ok(())
}

/// What the database's own rules mean to a person.
fn refusal(error: StorageError) -> ApiError {
    match error {
        StorageError::Constraint(name) if name == "account_last_administrator" => ApiError::Conflict(
            "last_administrator",
            "This is the last administrator. Somebody must be left who can manage accounts.",
        ),
        StorageError::Constraint(name) if name.ends_with("_fkey") => ApiError::Conflict(
            "has_visits",
            "This person has visits or a record in the role they have. Invite them anew, with another address, instead.",
        ),
        error => error.into(),
    }
}

/// Somebody else, as they are before a change.
async fn other(
    house: &House,
    scope: &mut AdminScope,
    by: &Principal<Administrator>,
    id: AccountId,
) -> Result<Member, ApiError> {
    of_another(by, id)?;
    scope.member(id, house.clock.now()).await?.ok_or(ApiError::NotFound)
}

/// Writes down that somebody's sessions ended with a change, if they had any.
async fn record_ended(
    house: &House,
    scope: &mut AdminScope,
    before: &Member,
    cause: EndCause,
) -> Result<(), ApiError> {
    let count = u64::from(before.open_sessions);
    if count > 0 {
        let ended = AuditEvent::SessionsEnded { person: before.account, cause, count };
        scope.record(&ended, house.clock.now()).await?;
    }
    Ok(())
}

/// Ends the work: stored first, then every open socket of the person closes.
async fn store_and_close(
    house: &House,
    mut scope: AdminScope,
    id: AccountId,
) -> Result<Json<MemberOfPractice>, ApiError> {
    let member = shown(&mut scope, id, house.clock.now()).await?;
    scope.commit().await?;
    house.hub.revoke_person(id);
    Ok(Json(member))
}

/// Gives somebody another role. They are signed out everywhere.
#[utoipa::path(post, path = "/api/v1/people/{id}/role", tag = "administration", params(("id" = Uuid, Path)),
    request_body = ChangeRole, responses(
        (status = 200, body = MemberOfPractice),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only; or fresh_factor_needed"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "own_account, last_administrator or has_visits")))]
pub(crate) async fn change_role(
    SteppedUp(administrator): SteppedUp<Administrator>,
    State(house): State<House>,
    PathId(id): PathId<AccountId>,
    Json(form): Json<ChangeRole>,
) -> Result<Json<MemberOfPractice>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    let before = other(&house, &mut scope, &administrator, id).await?;
    if !scope.change_role(id, form.role).await.map_err(refusal)? {
        return Err(ApiError::NotFound);
    }
    if before.role != form.role {
        let changed = AuditEvent::RoleChanged { person: id, from: before.role, to: form.role };
        scope.record(&changed, house.clock.now()).await?;
        record_ended(&house, &mut scope, &before, EndCause::RoleChanged).await?;
        let told = Notice::RoleChanged { to: form.role };
        notices::queue(&house, scope.post(), id, told, house.clock.now()).await?;
    }
    tracing::info!(by = %administrator.account(), account = %id, role = %form.role, "a role was given");
    store_and_close(&house, scope, id).await
}

/// Switches an account off. The person is signed out everywhere and leaves any visit.
#[utoipa::path(post, path = "/api/v1/people/{id}/suspend", tag = "administration", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = MemberOfPractice),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "own_account or last_administrator")))]
pub(crate) async fn suspend(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    PathId(id): PathId<AccountId>,
) -> Result<Json<MemberOfPractice>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    let before = other(&house, &mut scope, &administrator, id).await?;
    if !scope.suspend(id).await.map_err(refusal)? {
        return Err(ApiError::NotFound);
    }
    if before.state != AccountState::Suspended {
        scope.record(&AuditEvent::PersonSuspended { person: id }, house.clock.now()).await?;
        record_ended(&house, &mut scope, &before, EndCause::Suspended).await?;
        notices::queue(&house, scope.post(), id, Notice::Suspended, house.clock.now()).await?;
    }
    tracing::info!(by = %administrator.account(), account = %id, "an account was suspended");
    store_and_close(&house, scope, id).await
}

/// Switches a suspended account on again, as far as it had come.
#[utoipa::path(post, path = "/api/v1/people/{id}/reactivate", tag = "administration", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = MemberOfPractice),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "own_account")))]
pub(crate) async fn reactivate(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    PathId(id): PathId<AccountId>,
) -> Result<Json<MemberOfPractice>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    let before = other(&house, &mut scope, &administrator, id).await?;
    if !scope.reactivate(id).await.map_err(refusal)? {
        return Err(ApiError::NotFound);
    }
    if before.state == AccountState::Suspended {
        scope.record(&AuditEvent::PersonReactivated { person: id }, house.clock.now()).await?;
        notices::queue(&house, scope.post(), id, Notice::Reactivated, house.clock.now()).await?;
    }
    let member = shown(&mut scope, id, house.clock.now()).await?;
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), account = %id, "an account was switched on again");
    Ok(Json(member))
}

/// Ends every session of somebody, oneself included. They can sign in again.
#[utoipa::path(post, path = "/api/v1/people/{id}/end-sessions", tag = "administration", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = MemberOfPractice),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "own_account: sign out instead")))]
pub(crate) async fn end_sessions(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    PathId(id): PathId<AccountId>,
) -> Result<Json<MemberOfPractice>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    let before = other(&house, &mut scope, &administrator, id).await?;
    let ended = scope.end_sessions(id, house.clock.now()).await?;
    record_ended(&house, &mut scope, &before, EndCause::ByAdministrator).await?;
    tracing::info!(by = %administrator.account(), account = %id, ended, "sessions were ended");
    store_and_close(&house, scope, id).await
}

/// Takes somebody's second factor away and sends the link with which they set up another. They need their password for it.
#[utoipa::path(post, path = "/api/v1/people/{id}/reset-second-factor", tag = "administration",
    params(("id" = Uuid, Path)), request_body = ResetSecondFactor, responses(
        (status = 200, body = HandedLink),
        (status = 401, body = Problem, description = "signed_out"),
        (status = 403, body = Problem, description = "not_allowed: administrators only; or fresh_factor_needed"),
        (status = 404, body = Problem, description = "not_found"),
        (status = 409, body = Problem, description = "own_account, last_administrator or no_second_factor"),
        (status = 422, body = Problem, description = "unprocessable: no such way of recognising somebody")))]
pub(crate) async fn reset_second_factor(
    SteppedUp(administrator): SteppedUp<Administrator>,
    State(house): State<House>,
    PathId(id): PathId<AccountId>,
    Json(form): Json<ResetSecondFactor>,
) -> Result<Json<HandedLink>, ApiError> {
    let identity_check: IdentityCheck = form.identity_check.parse().map_err(|_| {
        ApiError::Unprocessable("The field identity_check isn't one of those known here.".to_owned())
    })?;
    let now = house.clock.now();
    let mut scope = house.store.admin(&administrator).begin().await?;
    let member = other(&house, &mut scope, &administrator, id).await?;
    let link = FreshLink::new(&house, now);
    let record = SessionId::new(now, house.entropy.as_ref());
    let reset = FactorReset { account: id, identity_check, link: link.stored, record };
    if !scope.reset_second_factor(&reset, now).await.map_err(refusal)? {
        return Err(ApiError::Conflict(
            "no_second_factor",
            "Only an active account has a second factor to reset.",
        ));
    }
    let letter = mail::new_factor(administrator.identity().practice_name(), &member.name, &link.url);
    let letter = mail::seal(&house, MailKind::NewFactor, &member.email, letter, now)?;
    scope.queue_mail(&letter, now).await?;
    scope.record(&AuditEvent::FactorReset { person: id, check: identity_check }, now).await?;
    record_ended(&house, &mut scope, &member, EndCause::FactorChanged).await?;
    scope.commit().await?;
    house.hub.revoke_person(id);
    tracing::info!(by = %administrator.account(), account = %id, check = identity_check.as_str(), "a second factor was reset");
    Ok(Json(link.handed_to(id, now)))
}
