//! The alerts, for administrators and auditors; an administrator says that they saw one, which is written down.

use axum::extract::State;
use curtain_auth::Administrator;
use curtain_domain::SessionId;
use curtain_storage::{Alert, AuditEvent, Person};
use http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Json, PathId, SignedIn};
use crate::routes::audit::AuditReader;
use crate::{ApiError, House, Problem};

/// Alerts of one answer. Who has more unseen ones has one trouble, not a hundred.
const SHOWN: u32 = 100;

/// Somebody in an alert.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertPerson {
    /// The account's id.
    person: Uuid,
    /// What others call them.
    name: String,
}

/// Something that an administrator must look at.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PracticeAlert {
    /// Names it.
    id: Uuid,
    /// `failed_sign_ins`, `failed_sign_ins_of_one`, `many_records_read`, `factor_reset` or `audit_break`.
    kind: &'static str,
    /// Whom it is about.
    about: Option<AlertPerson>,
    /// The first entry of the audit log that is wrong; 0 when the log could not be checked; null for all other kinds.
    entry: Option<u64>,
    /// How many failures, records or wrong entries, where it was worst.
    count: u64,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    first_at: OffsetDateTime,
    /// When it was last noticed.
    #[serde(with = "time::serde::rfc3339")]
    last_at: OffsetDateTime,
    /// When an administrator saw it.
    #[serde(with = "time::serde::rfc3339::option")]
    seen_at: Option<OffsetDateTime>,
    /// Who that was.
    seen_by: Option<AlertPerson>,
}

/// The alerts of the practice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PracticeAlerts {
    /// Those that nobody saw first, then the newest; a hundred at most.
    alerts: Vec<PracticeAlert>,
    /// How many nobody saw.
    unseen: u64,
}

impl From<Person> for AlertPerson {
    fn from(person: Person) -> Self {
        Self { person: person.account.as_uuid(), name: person.name.as_str().to_owned() }
    }
}

impl From<Alert> for PracticeAlert {
    fn from(alert: Alert) -> Self {
        let (seen_at, seen_by) = alert.seen.unzip();
        Self {
            id: alert.id.as_uuid(),
            kind: alert.kind.as_str(),
            about: alert.about.map(AlertPerson::from),
            entry: alert.entry,
            count: alert.count,
            first_at: alert.first_at.to_date_time(),
            last_at: alert.last_at.to_date_time(),
            seen_at: seen_at.map(curtain_domain::Timestamp::to_date_time),
            seen_by: seen_by.map(AlertPerson::from),
        }
    }
}

/// Lists the alerts of the practice.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "administration", responses(
    (status = 200, body = PracticeAlerts),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: auditors and administrators only")))]
pub(crate) async fn list_alerts(
    reader: AuditReader,
    State(house): State<House>,
) -> Result<Json<PracticeAlerts>, ApiError> {
    let mut scope = reader.begin(&house).await?;
    let alerts = scope.alerts().newest(SHOWN).await?;
    let unseen = scope.alerts().unseen().await?;
    Ok(Json(PracticeAlerts { alerts: alerts.into_iter().map(PracticeAlert::from).collect(), unseen }))
}

/// Notes that an administrator saw an alert. The first one counts.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/seen", tag = "administration", params(("id" = Uuid, Path)), responses(
    (status = 204),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "not_allowed: administrators only"),
    (status = 404, body = Problem, description = "not_found")))]
pub(crate) async fn see_alert(
    SignedIn(administrator): SignedIn<Administrator>,
    State(house): State<House>,
    PathId(id): PathId<SessionId>,
) -> Result<StatusCode, ApiError> {
    let now = house.clock.now();
    let mut scope = house.store.admin(&administrator).begin().await?;
    let found = scope.alerts().see(id, administrator.account(), now).await?.ok_or(ApiError::NotFound)?;
    if let Some((kind, person)) = found {
        scope.record(&AuditEvent::AlertSeen { kind, person }, now).await?;
        scope.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
