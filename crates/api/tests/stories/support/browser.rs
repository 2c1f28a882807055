//! A browser of the tests: keeps cookies, sends what a page of ours would send, and whatever else a story asks for.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

/// The origin of every test's house.
pub(crate) const ORIGIN: &str = "https://visits.test";

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The stable code of a problem; empty when it is none.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("visible characters"))
    }

    /// Panics unless the status is this one; the body then tells why.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// Panics unless it is a problem with this status and code.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.code(), code);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        answer
    }

    /// All that two answers must share so that nobody can tell them apart: everything but the request's own name.
    pub(crate) fn indistinguishable(mut self) -> Self {
        self.headers.remove("x-request-id");
        self
    }
}

/// A browser with its cookies and its network address.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) address: SocketAddr,
    marked: Arc<Mutex<Vec<String>>>,
}

impl Browser {
    /// What it is given to keep secret is marked: no log may hold it.
    pub(crate) fn new(router: Router, address: &str, marked: Arc<Mutex<Vec<String>>>) -> Self {
        let address = SocketAddr::new(address.parse().expect("an address"), 40_000);
        Self { router, cookies: BTreeMap::new(), address, marked }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(self.request(&Method::GET, path, Body::empty())).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(self.request(&Method::POST, path, Body::from(body.to_string()))).await
    }

    pub(crate) async fn put(&mut self, path: &str, if_match: Option<&str>, body: Value) -> Answer {
        let mut request = self.request(&Method::PUT, path, Body::from(body.to_string()));
        if let Some(version) = if_match {
            request.headers_mut().insert(header::IF_MATCH, version.parse().expect("a header"));
        }
        self.send(request).await
    }

    /// A request as a page of ours would send it; a story may change it before it is sent.
    pub(crate) fn request(&self, method: &Method, path: &str, body: Body) -> Request<Body> {
        let mut request = Request::builder().method(method.clone()).uri(path);
        if *method != Method::GET {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::ORIGIN, ORIGIN)
                .header("sec-fetch-site", "same-origin")
                .header("x-curtain", "1");
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        request.body(body).expect("a well-formed request")
    }

    /// Sends any request and keeps the cookies that come back.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(self.address));
        let response = self.router.clone().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().expect("visible characters"));
        }
        Answer { status: parts.status, headers: parts.headers, body }
    }

    fn keep(&mut self, cookie: &str) {
        let (name, rest) = cookie.split_once('=').expect("name=value");
        let value = rest.split(';').next().unwrap_or_default();
        if value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
            self.marked.lock().expect("unpoisoned").push(value.to_owned());
        }
    }
}
