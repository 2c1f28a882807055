//! Changing somebody's account: role, suspension, sessions, second factor. Never one's own, the database refuses that too.
//!
//! The database ends sessions in the same transaction; open sockets are closed right after it, so that a socket let in at
//! that moment finds its session gone (SE5). Doing a thing twice changes nothing.

use axum::extract::State;
use curtain_auth::{Administrator, Principal};
use curtain_domain::{AccountId, Role, SessionId, Timestamp};
use curtain_storage::{
    AccountState, AdminScope, AuditEvent, EndCause, FactorReset, IdentityCheck, LinkKind, Member,
    StorageError,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::people::{FreshLink, HandedLink, MemberOfPractice, shown};
use crate::extract::{Json, PathId, SignedIn, SteppedUp};
use crate::mail::notices::{self, Notice};
use crate::{ApiError, House, Problem};

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
pub(super) fn refusal(error: StorageError) -> ApiError {
    match error {
        StorageError::Constraint(name) if name == "account_last_administrator" => ApiError::Conflict(
            "last_administrator",
            "This is the last administrator. Somebody must be left who can manage accounts.",
        ),
        StorageError::Constraint(name) if name.ends_with("_fkey") => ApiError::Conflict(
            "has_visits",
            "This person has visits, a record or a care team in the role they have. Invite them anew, with another address, \
             instead.",
        ),
        error => error.into(),
    }
}

/// What becomes of the open sessions of somebody who was changed.
#[derive(Clone, Copy)]
enum Sessions {
    Stay,
    /// Ended for a cause that is still to be written down.
    End(EndCause),
    /// The event says so itself.
    Ended,
}

/// One change to somebody else's account: who they were is looked up, the change is made, written down with what it ended,
/// and stored; then every open socket that it ended closes.
pub(super) struct Changing<'a> {
    house: &'a House,
    pub(super) scope: AdminScope,
    by: AccountId,
    pub(super) before: Member,
}

impl<'a> Changing<'a> {
    pub(super) async fn begin(
        house: &'a House,
        by: &Principal<Administrator>,
        id: AccountId,
    ) -> Result<Self, ApiError> {
        of_another(by, id)?;
        let mut scope = house.store.admin(by).begin().await?;
        let before = scope.member(id, house.clock.now()).await?.ok_or(ApiError::NotFound)?;
        Ok(Self { house, scope, by: by.account(), before })
    }

    /// `done` is whether the account was there to change; `change` is what happened and what the person is told of it, if
    /// anything changed.
    async fn finish(
        mut self,
        done: Result<bool, StorageError>,
        change: Option<(AuditEvent, Option<Notice>)>,
        sessions: Sessions,
    ) -> Result<Json<MemberOfPractice>, ApiError> {
        if !done.map_err(refusal)? {
            return Err(ApiError::NotFound);
        }
        let (id, now) = (self.before.account, self.house.clock.now());
        if let Some((event, notice)) = &change {
            self.scope.record(event, now).await?;
            tracing::info!(by = %self.by, account = %id, change = %event.kind(), "an account was changed");
            if let Sessions::End(cause) = sessions {
                record_ended(&mut self.scope, &self.before, cause, now).await?;
            }
            if let Some(notice) = *notice {
                notices::queue(self.house, self.scope.post(), id, notice, now).await?;
            }
        }
        let member = shown(&mut self.scope, id, now).await?;
        self.scope.commit().await?;
        if !matches!(sessions, Sessions::Stay) {
            self.house.hub.revoke_person(id);
        }
        Ok(Json(member))
    }

    /// Ends a change that took factors away: the link that sets them up anew goes out, what happened is written down, and
    /// the person is signed out everywhere.
    pub(super) async fn hand_over(
        mut self,
        link: FreshLink,
        kind: LinkKind,
        practice: &str,
        event: &AuditEvent,
    ) -> Result<Json<HandedLink>, ApiError> {
        let (id, now) = (self.before.account, self.house.clock.now());
        let to = (&self.before.name, &self.before.email);
        let letter = link.letter(self.house, kind, practice, to, now)?;
        self.scope.post().queue(&letter, now).await?;
        self.scope.record(event, now).await?;
        record_ended(&mut self.scope, &self.before, EndCause::FactorChanged, now).await?;
        self.scope.commit().await?;
        self.house.hub.revoke_person(id);
        Ok(Json(link.handed_to(id, now)))
    }
}

/// How an administrator recognised somebody.
pub(super) fn identity_check(text: &str) -> Result<IdentityCheck, ApiError> {
    text.parse().map_err(|_| {
        ApiError::Unprocessable("The field identity_check isn't one of those known here.".to_owned())
    })
}

/// Writes down that somebody's sessions ended with a change, if they had any.
async fn record_ended(
    scope: &mut AdminScope,
    before: &Member,
    cause: EndCause,
    now: Timestamp,
) -> Result<(), ApiError> {
    let count = u64::from(before.open_sessions);
    if count > 0 {
        let ended = AuditEvent::SessionsEnded { person: before.account, cause, count };
        scope.record(&ended, now).await?;
    }
    Ok(())
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
    let mut changing = Changing::begin(&house, &administrator, id).await?;
    let (from, to) = (changing.before.role, form.role);
    let done = changing.scope.change_role(id, to).await;
    let event = AuditEvent::RoleChanged { person: id, from, to };
    let change = (from != to).then_some((event, Some(Notice::RoleChanged { to })));
    changing.finish(done, change, Sessions::End(EndCause::RoleChanged)).await
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
    let mut changing = Changing::begin(&house, &administrator, id).await?;
    let done = changing.scope.suspend(id).await;
    let is_new = changing.before.state != AccountState::Suspended;
    let change = is_new.then_some((AuditEvent::PersonSuspended { person: id }, Some(Notice::Suspended)));
    changing.finish(done, change, Sessions::End(EndCause::Suspended)).await
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
    let mut changing = Changing::begin(&house, &administrator, id).await?;
    let done = changing.scope.reactivate(id).await;
    let was_off = changing.before.state == AccountState::Suspended;
    let change = was_off.then_some((AuditEvent::PersonReactivated { person: id }, Some(Notice::Reactivated)));
    changing.finish(done, change, Sessions::Stay).await
}

/// Ends every session of somebody else. They can sign in again.
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
    let mut changing = Changing::begin(&house, &administrator, id).await?;
    let (count, cause) = (u64::from(changing.before.open_sessions), EndCause::ByAdministrator);
    let done = changing.scope.end_sessions(id, house.clock.now()).await.map(|_| true);
    let change = (count > 0).then_some((AuditEvent::SessionsEnded { person: id, cause, count }, None));
    changing.finish(done, change, Sessions::Ended).await
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
    let identity_check = identity_check(&form.identity_check)?;
    let now = house.clock.now();
    let mut changing = Changing::begin(&house, &administrator, id).await?;
    let link = FreshLink::new(&house, now);
    let record = SessionId::new(now, house.entropy.as_ref());
    let reset = FactorReset { account: id, identity_check, link: link.stored, record };
    if !changing.scope.reset_second_factor(&reset, now).await.map_err(refusal)? {
        return Err(ApiError::Conflict(
            "no_second_factor",
            "Only an active account has a second factor to reset.",
        ));
    }
    let event = AuditEvent::FactorReset { person: id, check: identity_check };
    let practice = administrator.identity().practice_name();
    let handed = changing.hand_over(link, LinkKind::NewFactor, practice, &event).await?;
    tracing::info!(by = %administrator.account(), account = %id, check = identity_check.as_str(), "a second factor was reset");
    Ok(handed)
}
