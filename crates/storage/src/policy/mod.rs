//! The practice's policy: one row for everybody and one for each role, read and written as one value.

use curtain_auth::{
    FactorRule, GraceDays, PasswordMinimum, PerRole, PolicyChoice, PracticePolicy, RolePolicy, RoleRule,
    SecondFactor, SessionLimits,
};
use curtain_domain::{AccountId, Role, Timestamp};
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::StorageError;
use crate::query::damaged;

const DAMAGED: StorageError = StorageError::Damaged("policy");

/// The policy that holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPolicy {
    /// How often it was changed, and one.
    pub version: u32,
    /// What it says.
    pub policy: PracticePolicy,
    /// When it was changed last; `None` while it is as it came.
    pub changed_at: Option<Timestamp>,
    /// By whom; `None` while nobody did, or when it was not done by an administrator in Curtain.
    pub changed_by: Option<AccountId>,
}

/// What became of saving a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicySave {
    /// It holds.
    Saved,
    /// Another administrator saved one in between: nothing was written.
    Changed,
}

#[derive(FromRow)]
struct PolicyRow {
    version: i32,
    password_minimum: i32,
    changed_at: Option<OffsetDateTime>,
    changed_by: Option<Uuid>,
    role: String,
    #[sqlx(flatten)]
    rule: RuleRow,
    idle_minutes: i32,
    absolute_minutes: i32,
}

/// The second factor of a role, in a row.
#[derive(FromRow)]
pub(crate) struct RuleRow {
    second_factor: String,
    grace_days: i32,
    required_since: Option<OffsetDateTime>,
}

impl RuleRow {
    pub(crate) fn rule(&self) -> Result<RoleRule, StorageError> {
        let factor = match (self.second_factor.parse(), self.required_since) {
            (Ok(SecondFactor::Any), None) => FactorRule::Any,
            (Ok(SecondFactor::Passkey), Some(since)) => {
                FactorRule::Passkey { since: Timestamp::from_date_time(since) }
            }
            _ => return Err(DAMAGED),
        };
        let grace = u8::try_from(self.grace_days).map_err(damaged("policy"))?;
        Ok(RoleRule { factor, grace: GraceDays::new(grace).map_err(damaged("policy"))? })
    }
}

/// The policy, for whoever may read it.
pub(crate) async fn read(connection: &mut PgConnection) -> Result<StoredPolicy, StorageError> {
    let rows: Vec<PolicyRow> = sqlx::query_as(
        "select p.version, p.password_minimum, p.changed_at, p.changed_by, r.role, r.second_factor, r.grace_days, \
             r.required_since, r.idle_minutes, r.absolute_minutes \
         from curtain.practice_policy p cross join curtain.role_policy r",
    )
    .fetch_all(connection)
    .await?;
    let first = rows.first().ok_or(DAMAGED)?;
    let (version, changed_at) = (first.version, first.changed_at.map(Timestamp::from_date_time));
    let changed_by = first.changed_by.map(AccountId::from_uuid);
    let minimum = u8::try_from(first.password_minimum).map_err(damaged("policy"))?;
    let password_minimum = PasswordMinimum::new(minimum).map_err(damaged("policy"))?;
    let roles = PerRole::try_from_fn(|role| {
        let of_role = rows.iter().find(|row| row.role == role.as_str()).ok_or(DAMAGED)?;
        role_policy(role, of_role)
    })?;
    Ok(StoredPolicy {
        version: u32::try_from(version).map_err(damaged("policy"))?,
        policy: PracticePolicy { password_minimum, roles },
        changed_at,
        changed_by,
    })
}

fn role_policy(role: Role, row: &PolicyRow) -> Result<RolePolicy, StorageError> {
    let minutes = |minutes| u16::try_from(minutes).map_err(damaged("policy"));
    let limits = SessionLimits::new(role, minutes(row.idle_minutes)?, minutes(row.absolute_minutes)?);
    Ok(RolePolicy { rule: row.rule.rule()?, limits: limits.map_err(damaged("policy"))? })
}

/// Puts a choice in the place of the policy of this version. Who did it and when, the database writes down itself.
pub(crate) async fn save(
    connection: &mut PgConnection,
    expected: u32,
    choice: &PolicyChoice,
) -> Result<PolicySave, StorageError> {
    let Ok(expected) = i32::try_from(expected) else { return Ok(PolicySave::Changed) };
    let saved = sqlx::query("update curtain.practice_policy set password_minimum = $2 where version = $1")
        .bind(expected)
        .bind(i32::from(choice.password_minimum.characters()))
        .execute(&mut *connection)
        .await?;
    if saved.rows_affected() != 1 {
        return Ok(PolicySave::Changed);
    }
    for role in Role::ALL {
        let of_role = choice.roles.of(role);
        sqlx::query(
            "update curtain.role_policy set second_factor = $2, grace_days = $3, idle_minutes = $4, \
                 absolute_minutes = $5 where role = $1",
        )
        .bind(role.as_str())
        .bind(of_role.second_factor.as_str())
        .bind(i32::from(of_role.grace.days()))
        .bind(i32::from(of_role.limits.idle_minutes()))
        .bind(i32::from(of_role.limits.absolute_minutes()))
        .execute(&mut *connection)
        .await?;
    }
    Ok(PolicySave::Saved)
}
