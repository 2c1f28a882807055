//! The API on one page.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post, put};
use tower_http::catch_panic::CatchPanicLayer;

use crate::alerts::guard_log::note_guesses;
use crate::audit::denials::note_denials;
use crate::realtime::open_socket;
use crate::routes::account::{
    authenticator, devices, fresh_factor, fresh_passkey, passkeys, password, sessions, summary,
};
use crate::routes::administration::{
    access_reset, alerts, care_team, changes, import, outbox, people as members, policy, practice_key,
};
use crate::routes::{
    about, activation, audit, health, notes, people, practice_key as practice, session, sign_in, visits,
};
use crate::{ApiError, House, layers, openapi, origin, security_headers, static_files};

/// Bodies of people who aren't signed in (OP2).
const SIGN_IN_BYTES: usize = 64 * 1024;
/// All other bodies (OP2).
const BODY_BYTES: usize = 256 * 1024;
/// A note of 100 000 characters: four bytes each in UTF-8, and room for the escapes of JSON.
const NOTE_BYTES: usize = 768 * 1024;

/// Everybody may call these.
fn for_everybody() -> Routes {
    Routes::taking_up_to(SIGN_IN_BYTES)
        .post("/sign-in", sign_in::check_password)
        .post("/sign-in/code", sign_in::check_code)
        .post("/sign-in/recovery-code", sign_in::recovery::check_recovery_code)
        .post("/sign-in/authenticator", sign_in::recovery::check_new_authenticator)
        .post("/sign-in/passkey", sign_in::passkey::check_passkey)
        .post("/sign-in/passkey/options", sign_in::passkey::ask_for_passkey)
        .post("/sign-in/new-passkey", sign_in::passkey_due::add_due_passkey)
        .post("/sign-in/new-passkey/options", sign_in::passkey_due::ask_for_due_passkey)
        .post("/activation", activation::open_link)
        .post("/activation/password", activation::choose_password)
        .post("/activation/confirm", activation::confirm_code)
        .get("/about", about::tell)
        .get("/livez", health::live)
        .get("/readyz", health::ready)
        .get("/openapi.json", openapi::serve)
        .get("/outbox", outbox::read_outbox)
}

/// These begin with `SignedIn`.
fn for_the_signed_in() -> Routes {
    Routes::taking_up_to(BODY_BYTES)
        .post("/sign-out", session::sign_out)
        .get("/me", session::me)
        .get("/visits", visits::list)
        .post("/visits", visits::schedule)
        .get("/visits/{id}", visits::show)
        .get("/visits/{id}/socket", open_socket)
        .post("/visits/{id}/colleagues", visits::add_colleague)
        .get("/patients", people::patients)
        .get("/colleagues", people::colleagues)
        .get("/practice-key", practice::practice_identity)
}

/// The audit log.
fn for_readers_of_the_audit_log() -> Routes {
    Routes::taking_up_to(BODY_BYTES)
        .get("/audit", audit::search)
        .get("/audit/people", audit::people)
        .post("/audit/verify", audit::verify)
        .get("/audit/export", audit::export)
        .get("/alerts", alerts::list_alerts)
}

/// What people change about their own way in.
fn for_ones_own_account() -> Routes {
    Routes::taking_up_to(SIGN_IN_BYTES)
        .get("/session/fresh-factor", fresh_factor::has_fresh_factor)
        .post("/session/fresh-factor", fresh_factor::show_fresh_factor)
        .post("/session/fresh-factor/passkey", fresh_passkey::show_fresh_passkey)
        .post("/session/fresh-factor/passkey/options", fresh_passkey::ask_for_fresh_passkey)
        .get("/account/factors", summary::own_factors)
        .post("/account/password", password::change_password)
        .post("/account/authenticator", authenticator::new_authenticator)
        .post("/account/authenticator/confirm", authenticator::confirm_authenticator)
        .post("/account/passkeys", passkeys::add_passkey)
        .post("/account/passkeys/options", passkeys::ask_for_new_passkey)
        .post("/account/passkeys/{id}/remove", passkeys::remove_passkey)
        .post("/account/recovery-codes", authenticator::new_recovery_codes)
        .get("/account/sessions", sessions::own_sessions)
        .post("/account/sessions/{id}/end", sessions::end_session)
        .post("/account/sessions/end-others", sessions::end_other_sessions)
        .get("/account/devices", devices::own_devices)
        .post("/account/devices", devices::register_device)
        .post("/account/devices/{id}/revoke", devices::revoke_own_device)
}

/// What administrators do.
fn for_administrators() -> Routes {
    Routes::taking_up_to(BODY_BYTES)
        .get("/people", members::list_people)
        .post("/people", members::invite)
        .post("/people/import/preview", import::preview)
        .post("/people/import", import::import)
        .post("/people/{id}/link", members::renew_link)
        .post("/people/{id}/role", changes::change_role)
        .post("/people/{id}/suspend", changes::suspend)
        .post("/people/{id}/reactivate", changes::reactivate)
        .post("/people/{id}/end-sessions", changes::end_sessions)
        .post("/people/{id}/reset-second-factor", changes::reset_second_factor)
        .post("/people/{id}/access-reset", access_reset::request)
        .post("/people/{id}/access-reset/approve", access_reset::approve)
        .post("/people/{id}/access-reset/withdraw", access_reset::withdraw)
        .get("/people/{id}/care-team", care_team::care_team)
        .post("/people/{id}/care-team", care_team::add_to_care_team)
        .post("/people/{id}/care-team/end", care_team::end_care)
        .get("/policy", policy::read_policy)
        .put("/policy", policy::save_policy)
        .post("/alerts/{id}/seen", alerts::see_alert)
        .get("/practice-keys", practice_key::practice_keys)
        .post("/practice-keys", practice_key::make_practice_key)
        .get("/devices", practice_key::list_devices)
        .post("/devices/certificates", practice_key::certify_devices)
        .post("/devices/{id}/revoke", practice_key::revoke_device)
}

/// The clinician's note.
fn for_notes() -> Routes {
    Routes::taking_up_to(NOTE_BYTES)
        .get("/visits/{id}/note", notes::read)
        .put("/visits/{id}/note", notes::save)
}

/// The whole server: API, web client, and what stands round every request, outermost last.
pub fn router(house: House) -> Router {
    let api = for_everybody()
        .and(for_the_signed_in())
        .and(for_ones_own_account())
        .and(for_administrators())
        .and(for_notes())
        .and(for_readers_of_the_audit_log())
        .router
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .fallback(async || ApiError::NotFound);
    Router::new()
        .nest("/api/v1", api)
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(static_files::serve)
        .layer(from_fn_with_state(house.clone(), note_guesses))
        .layer(from_fn_with_state(house.clone(), note_denials))
        .layer(from_fn_with_state(house.clone(), origin::same_origin_only))
        .layer(from_fn(layers::end_in_time))
        .layer(CatchPanicLayer::custom(layers::answer_panic))
        .layer(from_fn_with_state(house.clone(), security_headers::add_security_headers))
        .layer(from_fn_with_state(house.clone(), layers::name_and_log))
        .with_state(house)
}

/// Every route, as method and path under `/api/v1`: what the OpenAPI document must describe.
pub fn listed_routes() -> Vec<(&'static str, &'static str)> {
    for_everybody()
        .and(for_the_signed_in())
        .and(for_ones_own_account())
        .and(for_administrators())
        .and(for_notes())
        .and(for_readers_of_the_audit_log())
        .listed
}

/// Routes of one body limit, and the list of them.
struct Routes {
    router: Router<House>,
    listed: Vec<(&'static str, &'static str)>,
    bytes: usize,
}

impl Routes {
    fn taking_up_to(bytes: usize) -> Self {
        Self { router: Router::new(), listed: Vec::new(), bytes }
    }

    fn get<H: Handler<T, House>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.route("GET", path, get(handler))
    }

    fn post<H: Handler<T, House>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.route("POST", path, post(handler))
    }

    fn put<H: Handler<T, House>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.route("PUT", path, put(handler))
    }

    fn route(mut self, method: &'static str, path: &'static str, handler: MethodRouter<House>) -> Self {
        self.router = self.router.route(path, handler.layer(DefaultBodyLimit::max(self.bytes)));
        self.listed.push((method, path));
        self
    }

    fn and(mut self, more: Self) -> Self {
        self.router = self.router.merge(more.router);
        self.listed.extend(more.listed);
        self
    }
}
