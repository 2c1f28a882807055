//! What stands round every request: a name for the log, an end to waiting, and a net under a panic.

use core::time::Duration;
use std::any::Any;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use tracing::Instrument as _;

use crate::{ApiError, House};

/// The longest a request may take, slow bodies included (OP2). Sign-in waits up to 5 s for a permit and then hashes;
/// longer than half a minute only slow attackers need.
const REQUEST: Duration = Duration::from_secs(30);

/// Names the request, in the log and in the answer, so that what a person reports can be found. Logs the route's
/// pattern and the status; never the address typed, a header or a body (CR3).
pub(crate) async fn name_and_log(State(house): State<House>, request: Request, next: Next) -> Response {
    let mut bytes = [0_u8; 8];
    house.entropy.fill(&mut bytes);
    let id = format!("{:016x}", u64::from_be_bytes(bytes));
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let span = tracing::info_span!("request", id, method = %request.method(), route);
    let begun = house.clock.now();
    async move {
        let mut response = next.run(request).await;
        let took_ms = house.clock.now().since(begun).as_millis();
        tracing::debug!(status = response.status().as_u16(), took_ms, "request answered");
        response.headers_mut().extend(HeaderValue::try_from(id).ok().map(|id| (X_REQUEST_ID, id)));
        response
    }
    .instrument(span)
    .await
}

const X_REQUEST_ID: http::HeaderName = http::HeaderName::from_static("x-request-id");

/// Ends a request that takes too long.
pub(crate) async fn end_in_time(request: Request, next: Next) -> Result<Response, ApiError> {
    tokio::time::timeout(REQUEST, next.run(request)).await.map_err(|_| ApiError::TimedOut)
}

/// A panic in one request is one person's error page, not everybody's end. Its words stay out of log and answer:
/// they may hold anything.
pub(crate) fn answer_panic(_words: Box<dyn Any + Send>) -> Response {
    ApiError::Internal("a handler panicked".into()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use http::StatusCode;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer_without_its_words() {
        let routes = Router::new()
            .route("/", get(async || -> StatusCode { panic!("zqsecret") }))
            .layer(CatchPanicLayer::custom(answer_panic));
        let response = routes.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("\"internal\"") && !body.contains("zqsecret"), "{body}");
    }
}
