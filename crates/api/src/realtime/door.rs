//! Who may open a socket: checked before the upgrade, so that strangers never hold one (lesson L6).

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use curtain_domain::VisitId;
use curtain_protocol::Limits;
use http::request::Parts;

use super::hub::{people_of, person_of};
use super::socket::{Guest, serve};
use crate::extract::{ClientAddress, PathId, SignedInAny};
use crate::routes::visits;
use crate::{ApiError, House, Problem};

/// Seconds until somebody with too many sockets may try again.
const COME_BACK_AFTER: u64 = 10;
/// What is read from a socket at once. The library's default of 128 KiB would cost 128 MB for a thousand people.
const READ_BUFFER: usize = 8 * 1024;
/// What may wait to be written inside the library; our own queue stands before it.
const WRITE_BUFFER: usize = 512 * 1024;
/// What the library refuses by itself. Above our own limit, so that a message just too large still gets an answer.
const HARD_LIMIT: usize = 2 * Limits::MESSAGE_BYTES;

/// The page that opens the socket is ours. Browsers always send `Origin` here; whoever doesn't is no browser (RT2).
#[derive(Debug)]
pub struct FromOurPage;

impl FromRequestParts<House> for FromOurPage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, ApiError> {
        if house.settings.public_origin.sent(&parts.headers) { Ok(Self) } else { Err(ApiError::WrongOrigin) }
    }
}

/// The visit's WebSocket; docs/protocol.md says what is spoken on it.
///
/// Whose visit it isn't gets the answer of one that isn't there.
#[utoipa::path(get, path = "/api/v1/visits/{id}/socket", tag = "visits",
    params(("id" = uuid::Uuid, Path, description = "The visit.")),
    responses(
        (status = 101, description = "The socket is open; JSON text frames follow."),
        (status = 400, description = "Not a WebSocket request.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Signed out.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not from the practice's own page.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such visit, or not yours.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many sockets.", body = Problem, content_type = "application/problem+json")))]
pub async fn open_socket(
    State(house): State<House>,
    FromOurPage: FromOurPage,
    SignedInAny(principal): SignedInAny,
    PathId(id): PathId<VisitId>,
    ClientAddress(address): ClientAddress,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let account = principal.identity().account();
    let reading = house.hub.next_reading();
    let visit = visits::find(&house, &principal, id).await?.ok_or(ApiError::NotFound)?;
    let who = visit.place_of(account).map(person_of).ok_or(ApiError::NotFound)?;
    let upgrade = upgrade.map_err(|_| ApiError::Malformed("not a WebSocket request".to_owned()))?;
    let seat = house.hub.inner().seats.take(account, address);
    let seat = seat.ok_or(ApiError::TooManyAttempts(COME_BACK_AFTER))?;

    let guest = Guest {
        connection: house.hub.next_connection(),
        people: people_of(&visit),
        reading,
        mail: house.hub.enter(&visit),
        hub: house.hub.clone(),
        who,
        session: principal.identity().session(),
        seat,
    };
    let upgrade = upgrade
        .max_message_size(HARD_LIMIT)
        .max_frame_size(HARD_LIMIT)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER);
    Ok(upgrade.on_upgrade(move |socket| serve(socket, guest)))
}
