//! The API as an OpenAPI document: the web client's types are made from it, and so are the tests that try every route
//! as everybody. `docs/api/openapi.json` is a copy that a test keeps fresh.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use utoipa::OpenApi;

use crate::{realtime, routes};

/// The list of operations. A route that is missing here fails `tests/openapi.rs`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Curtain",
        description = "The HTTP interface of one practice. Errors are application/problem+json with a stable `code`. \
                       State-changing requests need the practice's own Origin and the header `x-curtain: 1`.",
    ),
    paths(
        routes::sign_in::check_password,
        routes::sign_in::check_code,
        routes::sign_in::recovery::check_recovery_code,
        routes::sign_in::recovery::check_new_authenticator,
        routes::sign_in::passkey::ask_for_passkey,
        routes::sign_in::passkey::check_passkey,
        routes::sign_in::passkey_due::ask_for_due_passkey,
        routes::sign_in::passkey_due::add_due_passkey,
        routes::session::sign_out,
        routes::session::me,
        routes::account::fresh_factor::has_fresh_factor,
        routes::account::fresh_factor::show_fresh_factor,
        routes::account::fresh_passkey::ask_for_fresh_passkey,
        routes::account::fresh_passkey::show_fresh_passkey,
        routes::account::summary::own_factors,
        routes::account::password::change_password,
        routes::account::authenticator::new_authenticator,
        routes::account::authenticator::confirm_authenticator,
        routes::account::authenticator::new_recovery_codes,
        routes::account::passkeys::ask_for_new_passkey,
        routes::account::passkeys::add_passkey,
        routes::account::passkeys::remove_passkey,
        routes::account::sessions::own_sessions,
        routes::account::sessions::end_session,
        routes::account::sessions::end_other_sessions,
        routes::activation::open_link,
        routes::activation::choose_password,
        routes::activation::confirm_code,
        routes::visits::list,
        routes::visits::schedule,
        routes::visits::show,
        routes::visits::add_colleague,
        routes::people::patients,
        routes::people::colleagues,
        routes::administration::alerts::list_alerts,
        routes::administration::alerts::see_alert,
        routes::administration::people::list_people,
        routes::administration::people::invite,
        routes::administration::people::renew_link,
        routes::administration::changes::change_role,
        routes::administration::changes::suspend,
        routes::administration::changes::reactivate,
        routes::administration::changes::end_sessions,
        routes::administration::changes::reset_second_factor,
        routes::administration::access_reset::request,
        routes::administration::access_reset::approve,
        routes::administration::access_reset::withdraw,
        routes::administration::care_team::care_team,
        routes::administration::care_team::add_to_care_team,
        routes::administration::care_team::end_care,
        routes::administration::import::preview,
        routes::administration::import::import,
        routes::administration::outbox::read_outbox,
        routes::administration::policy::read_policy,
        routes::administration::policy::save_policy,
        routes::administration::practice_key::practice_keys,
        routes::administration::practice_key::make_practice_key,
        routes::administration::practice_key::list_devices,
        routes::administration::practice_key::certify_devices,
        routes::administration::practice_key::revoke_device,
        routes::account::devices::own_devices,
        routes::account::devices::register_device,
        routes::account::devices::revoke_own_device,
        routes::practice_key::practice_identity,
        routes::notes::read,
        routes::notes::save,
        routes::audit::search,
        routes::audit::people,
        routes::audit::verify,
        routes::audit::export,
        realtime::open_socket,
        routes::about::tell,
        routes::health::live,
        routes::health::ready,
        serve,
    ),
    components(schemas(crate::Problem))
)]
struct Document;

/// The document as JSON, indented, with a line end: the bytes of `docs/api/openapi.json`.
///
/// # Panics
/// Never: plain structs always have a JSON form.
pub fn document() -> String {
    let mut document = Document::openapi();
    // utoipa writes the licence of Cargo.toml, which names none.
    document.info.license = None;
    let mut text = document.to_pretty_json().expect("plain structs always have a JSON form");
    text.push('\n');
    text
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "service",
    responses((status = 200, content_type = "application/json")))]
pub(crate) async fn serve() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], document()).into_response()
}
