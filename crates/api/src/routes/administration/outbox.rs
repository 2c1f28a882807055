//! The letters of the demo, on a page: no invented person has a mailbox. **Only a demo has it**, which by its settings can't
//! be reached from another machine; anywhere else this is an address like any that does not exist.

use axum::extract::State;
use curtain_domain::Timestamp;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::Json;
use crate::mail::{self, MailWay};
use crate::{ApiError, House, Problem};

/// More would be a page that nobody reads to its end.
const SHOWN: u32 = 50;

/// A letter.
#[derive(Serialize, ToSchema)]
pub(crate) struct OutboxMail {
    /// Names it.
    id: Uuid,
    /// Whom it goes to.
    to: String,
    /// What it is about.
    subject: String,
    /// Its words.
    text: String,
    /// When it was written.
    #[serde(with = "time::serde::rfc3339")]
    written_at: OffsetDateTime,
}

/// The letters of the demo.
#[derive(Serialize, ToSchema)]
pub(crate) struct Outbox {
    /// The newest first.
    mails: Vec<OutboxMail>,
}

/// Shows the letters of the demo.
#[utoipa::path(get, path = "/api/v1/outbox", tag = "administration", responses(
    (status = 200, body = Outbox),
    (status = 404, body = Problem, description = "not_found: this is no demo")))]
pub(crate) async fn read_outbox(State(house): State<House>) -> Result<Json<Outbox>, ApiError> {
    if house.settings.mail != MailWay::Outbox {
        return Err(ApiError::NotFound);
    }
    let waiting = house.store.worker().begin().await?.waiting_mail(SHOWN).await?;
    let show = |one: &curtain_storage::QueuedMail| {
        let message = mail::open(&house.vault, one)?;
        Ok(OutboxMail {
            id: one.id.as_uuid(),
            to: message.to,
            subject: message.subject,
            text: message.text,
            written_at: Timestamp::to_date_time(one.created_at),
        })
    };
    let mails = waiting.iter().map(show).collect::<Result<_, ApiError>>()?;
    Ok(Json(Outbox { mails }))
}
