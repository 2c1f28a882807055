//! Writes down what was refused to somebody who is signed in: not allowed to their role, or not theirs (AC2 gives both an
//! answer, OP4 an event).
//!
//! A refusal leaves its handler as an error and its unit of work is gone, so it is told here, round the handler, in a unit
//! of work of its own. What was refused stays refused when that fails.

use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use curtain_auth::Identity;
use curtain_storage::{Actor, AuditEvent};
use http::Method;
use uuid::Uuid;

use crate::House;

/// Who asks, as soon as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct AskedBy(Arc<OnceLock<Actor>>);

impl AskedBy {
    /// The extractor of sessions tells.
    pub(crate) fn is(&self, who: &Identity) {
        // Several extractors of one request find the same person.
        let _ = self.0.set(actor(who));
    }
}

/// Marks an answer that refuses somebody something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused;

/// Who a signed-in person is, to the audit log.
pub(crate) fn actor(who: &Identity) -> Actor {
    Actor { account: who.account(), role: who.role(), session: Some(who.session()) }
}

/// Stands round every route.
pub(crate) async fn note_denials(State(house): State<House>, mut request: Request, next: Next) -> Response {
    let asked_by = AskedBy::default();
    request.extensions_mut().insert(asked_by.clone());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let event = AuditEvent::AccessDenied {
        method: known(request.method()),
        route: route.trim_start_matches("/api/v1").to_owned(),
        named: named(request.uri().path()),
    };
    let response = next.run(request).await;
    if response.extensions().get::<Refused>().is_some()
        && let Some(who) = asked_by.0.get()
        && let Err(error) = note(&house, *who, &event).await
    {
        tracing::error!(%error, "a refusal could not be written down");
    }
    response
}

async fn note(house: &House, who: Actor, event: &AuditEvent) -> Result<(), curtain_storage::StorageError> {
    let mut scope = house.store.credentials().begin().await?;
    scope.record(Some(who), event, house.clock.now()).await?;
    scope.commit().await
}

/// The methods that routes of ours have; a stranger's word is not repeated.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "OTHER",
    }
}

/// The id that stands in the path.
fn named(path: &str) -> Option<Uuid> {
    path.split('/').filter(|part| part.len() == 36).find_map(|part| part.parse().ok())
}
