//! The practice's policy: what administrators decide about passwords, second factors and sessions, within the bounds that
//! `curtain_auth` and the database hold. Each value that changes stands in the audit log, in the same transaction.

use axum::extract::State;
use curtain_auth::{
    Administrator, GraceDays, PasswordMinimum, PerRole, PolicyChoice, PolicyRefusal, RoleChoice,
    SecondFactor, SessionLimits,
};
use curtain_domain::{AccountId, Role, Timestamp};
use curtain_storage::{AccountState, AdminScope, AuditEvent, Member, PolicySave, StoredPolicy};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::extract::{Json, SignedIn, SteppedUp};
use crate::{ApiError, House, Problem};

/// The smallest and the largest number that may be chosen.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bounds {
    /// At least.
    least: u16,
    /// At most.
    most: u16,
}

/// What holds for the people of one role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PolicyOfRole {
    /// Whose.
    #[schema(value_type = String, example = "clinician")]
    role: Role,
    /// `any`, or `passkey` where nothing else will do.
    second_factor: &'static str,
    /// What can be chosen.
    second_factors: Vec<&'static str>,
    /// Since when a passkey is required; null where it is not.
    #[serde(with = "time::serde::rfc3339::option")]
    required_since: Option<OffsetDateTime>,
    /// For how many days somebody may do without, from then or from their first day in the role.
    grace_days: u8,
    /// What can be chosen.
    grace_bounds: Bounds,
    /// Minutes without use after which they are signed out.
    idle_minutes: u16,
    /// What can be chosen.
    idle_bounds: Bounds,
    /// Minutes after which they are signed out in any case.
    absolute_minutes: u16,
    /// What can be chosen.
    absolute_bounds: Bounds,
    /// How many people are active in this role.
    people: usize,
    /// How many of them have no passkey.
    lacking: usize,
}

/// The policy that holds now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Policy {
    /// Whoever saves another one says that they had this one before them.
    version: u32,
    /// When it was changed last; null while it is as it came.
    #[serde(with = "time::serde::rfc3339::option")]
    changed_at: Option<OffsetDateTime>,
    /// Who changed it.
    changed_by: Option<String>,
    /// How many passkeys the asking administrator has.
    own_passkeys: u32,
    /// How many characters a password needs that is chosen from now on.
    password_minimum: u8,
    /// What can be chosen.
    password_bounds: Bounds,
    /// One for each role.
    roles: Vec<PolicyOfRole>,
}

/// What shall hold for the people of one role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChooseForRole {
    /// Whose.
    #[schema(value_type = String, example = "clinician")]
    role: Role,
    /// `any` or `passkey`.
    second_factor: String,
    /// For how many days somebody may do without a passkey that is required.
    grace_days: u8,
    /// Minutes without use after which they are signed out.
    idle_minutes: u16,
    /// Minutes after which they are signed out in any case.
    absolute_minutes: u16,
}

/// What shall hold from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChoosePolicy {
    /// The version that this one replaces.
    version: u32,
    /// How many characters a password needs that is chosen from now on.
    password_minimum: u8,
    /// One for each role.
    roles: Vec<ChooseForRole>,
}

impl PolicyOfRole {
    fn of(role: Role, house: &House, stored: &StoredPolicy, members: &[Member]) -> Self {
        let (of_role, most) = (stored.policy.roles.of(role), SessionLimits::ceiling(role));
        let active = |member: &&Member| member.role == role && member.state == AccountState::Active;
        Self {
            role,
            second_factor: of_role.rule.second_factor().as_str(),
            second_factors: SecondFactor::ALL
                .iter()
                .filter_map(|factor| factor.available(house.has_passkeys()).ok().map(SecondFactor::as_str))
                .collect(),
            required_since: of_role.rule.required_since().map(Timestamp::to_date_time),
            grace_days: of_role.rule.grace.days(),
            grace_bounds: Bounds { least: 0, most: GraceDays::MOST.into() },
            idle_minutes: of_role.limits.idle_minutes(),
            idle_bounds: Bounds { least: SessionLimits::LEAST_IDLE, most: most.idle_minutes() },
            absolute_minutes: of_role.limits.absolute_minutes(),
            absolute_bounds: Bounds { least: SessionLimits::LEAST_ABSOLUTE, most: most.absolute_minutes() },
            people: members.iter().filter(active).count(),
            lacking: members.iter().filter(active).filter(|member| member.passkeys == 0).count(),
        }
    }
}

impl ChooseForRole {
    fn choice(&self, house: &House) -> Result<RoleChoice, ApiError> {
        let factor: SecondFactor = self.second_factor.parse().map_err(|_| {
            ApiError::Unprocessable("The field second_factor isn't one of those known here.".to_owned())
        })?;
        Ok(RoleChoice {
            second_factor: factor.available(house.has_passkeys()).map_err(refused)?,
            grace: GraceDays::new(self.grace_days).map_err(refused)?,
            limits: SessionLimits::new(self.role, self.idle_minutes, self.absolute_minutes)
                .map_err(refused)?,
        })
    }
}

impl ChoosePolicy {
    /// Every role once, everything within its bounds.
    fn choice(&self, house: &House) -> Result<PolicyChoice, ApiError> {
        let once = || ApiError::Unprocessable("The field roles must name every role once.".to_owned());
        if self.roles.len() != Role::ALL.len() {
            return Err(once());
        }
        let password_minimum = PasswordMinimum::new(self.password_minimum).map_err(refused)?;
        let roles = PerRole::try_from_fn(|role| {
            self.roles.iter().find(|one| one.role == role).ok_or_else(once)?.choice(house)
        })?;
        Ok(PolicyChoice { password_minimum, roles })
    }
}

fn refused(refusal: PolicyRefusal) -> ApiError {
    ApiError::Unprocessable(refusal.to_string())
}

const fn changed_in_between() -> ApiError {
    ApiError::Conflict(
        "policy_changed",
        "Another administrator saved the policy in the meantime. Nothing of yours was saved.",
    )
}

async fn shown(house: &House, scope: &mut AdminScope, to: AccountId) -> Result<Policy, ApiError> {
    let (stored, members) = (scope.policy().await?, scope.members(house.clock.now()).await?);
    let member = |account| members.iter().find(|member| member.account == account);
    Ok(Policy {
        version: stored.version,
        changed_at: stored.changed_at.map(Timestamp::to_date_time),
        changed_by: stored.changed_by.and_then(member).map(|by| by.name.as_str().to_owned()),
        own_passkeys: member(to).map_or(0, |own| own.passkeys),
        password_minimum: stored.policy.password_minimum.characters(),
        password_bounds: Bounds { least: PasswordMinimum::LEAST.into(), most: PasswordMinimum::MOST.into() },
        roles: Role::ALL.iter().map(|role| PolicyOfRole::of(*role, house, &stored, &members)).collect(),
    })
}

/// Tells the policy that holds, and what can be chosen.
#[utoipa::path(get, path = "/api/v1/policy", tag = "administration", responses(
    (status = 200, body = Policy),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: administrators only")))]
pub(crate) async fn read_policy(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
) -> Result<Json<Policy>, ApiError> {
    let mut scope = house.store.admin(&administrator).begin().await?;
    Ok(Json(shown(&house, &mut scope, administrator.account()).await?))
}

/// Puts another policy in the place of the one that the administrator had before them. Session times count at once, also
/// for sessions that are open.
#[utoipa::path(put, path = "/api/v1/policy", tag = "administration", request_body = ChoosePolicy, responses(
    (status = 200, body = Policy),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: administrators only; or fresh_factor_needed"),
    (status = 409, body = Problem, description = "policy_changed: another administrator saved one in between"),
    (status = 422, body = Problem, description = "unprocessable: out of bounds; detail says which")))]
pub(crate) async fn save_policy(
    SteppedUp(administrator): SteppedUp<Administrator>,
    State(house): State<House>,
    Json(form): Json<ChoosePolicy>,
) -> Result<Json<Policy>, ApiError> {
    let (choice, now) = (form.choice(&house)?, house.clock.now());
    let mut scope = house.store.admin(&administrator).begin().await?;
    let before = scope.policy().await?;
    if before.version != form.version {
        return Err(changed_in_between());
    }
    let changes = before.policy.changes(&choice);
    if !changes.is_empty() {
        if scope.save_policy(form.version, &choice).await? == PolicySave::Changed {
            return Err(changed_in_between());
        }
        for change in &changes {
            scope.record(&AuditEvent::PolicyChanged(*change), now).await?;
        }
    }
    let policy = shown(&house, &mut scope, administrator.account()).await?;
    scope.commit().await?;
    tracing::info!(by = %administrator.account(), changes = changes.len(), "the policy was saved");
    Ok(Json(policy))
}
